"""What the model sees: one particle, bright on black, at one scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.particles import choose_window, extract_patches


def discs(centres, radii, shape=(120, 140), background=40.0, height=100.0):
    y, x = np.mgrid[: shape[0], : shape[1]]
    image, labels = np.full(shape, background), np.zeros(shape, np.int32)
    for i, ((cy, cx), radius) in enumerate(zip(centres, radii, strict=True), 1):
        inside = np.hypot(y - cy, x - cx) <= radius
        image[inside] = background + height
        labels[inside] = i
    return image, labels


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 1000),
    size=st.sampled_from([16, 32, 48, 65]),
    window=st.sampled_from(["auto", 24, 41, 80]),
    masked=st.booleans(),
)
def test_values_shapes_and_order(seed, size, window, masked):
    m = generate_micrograph(12, seed=seed)
    patches = extract_patches(m.image, m.labels, size, window, masked, data_bar=m.data_bar)
    assert patches.images.shape == (12, size, size)
    assert patches.images.dtype == np.float32
    assert patches.images.min() >= 0
    assert patches.images.max() <= 1
    np.testing.assert_array_equal(patches.label_ids, np.arange(1, 13))
    assert patches.window_px == (choose_window(m.labels) if window == "auto" else window)


def test_bright_particles_reach_one_and_background_is_zero():
    m = generate_micrograph(60, seed=1)
    patches = extract_patches(m.image, m.labels, data_bar=m.data_bar)
    assert (patches.images.max(axis=(1, 2)) > 0.7).all()
    assert np.median(patches.images) == 0
    rims = [
        patches.images[:, 0],
        patches.images[:, -1],
        patches.images[:, :, 0],
        patches.images[:, :, -1],
    ]
    assert max(rim.max() for rim in rims) < 0.1


@pytest.mark.parametrize("gap", [1, 2, 4, 8])
def test_no_neighbour_leaks_in(gap):
    image, labels = discs([(60, 40), (60, 40 + 22 + gap)], [11, 11])
    image[labels == 2] = 255.0
    alone = np.where(labels == 2, 0, labels)
    window = 64
    patch = extract_patches(image, labels, window, window).images[0]
    yy, xx = np.mgrid[60 - 32 : 60 + 32, 40 - 32 : 40 + 32]
    own = np.pad(alone, 32)[yy + 32, xx + 32] > 0
    # A soft edge of three pixels and one of interpolation.
    far = ~binary_dilation(own, iterations=5)
    assert far.sum() > 1000
    assert patch[far].max() == 0
    assert patch[own].mean() > 0.3
    kept = extract_patches(image, labels, window, window, mask_neighbours=False).images[0]
    assert kept[far].max() > 0.9


def test_one_scale_for_all():
    image, labels = discs([(60, 30), (60, 100)], [6, 18])
    images = extract_patches(image, labels).images
    areas = (images > 0.5).sum(axis=(1, 2))
    assert areas[1] / areas[0] == pytest.approx(9, rel=0.25)


@settings(max_examples=20, deadline=None)
@given(cy=st.floats(40, 80), cx=st.floats(40, 80))
def test_centred_on_the_centroid(cy, cx):
    image, labels = discs([(cy, cx)], [10])
    patch = extract_patches(image, labels, 48, 48).images[0]
    at = np.arange(48) + 0.5
    assert (patch.sum(1) @ at / patch.sum(), patch.sum(0) @ at / patch.sum()) == pytest.approx(
        (24, 24), abs=0.2
    )


def test_turning_the_micrograph_turns_the_patches():
    m = generate_micrograph(10, seed=3, data_bar=False)
    patches = extract_patches(m.image, m.labels, 48, 60).images
    turned = extract_patches(np.rot90(m.image), np.rot90(m.labels), 48, 60).images
    np.testing.assert_allclose(turned, np.rot90(patches, axes=(1, 2)), atol=0.12)
    assert np.abs(turned - np.rot90(patches, axes=(1, 2))).mean() < 0.01


def test_grey_values_dark_particles_and_gradients_do_not_matter():
    m = generate_micrograph(30, seed=4, data_bar=False, gradient=0.0)
    base = extract_patches(m.image, m.labels).images
    np.testing.assert_allclose(
        extract_patches(m.image * 1e-3 + 7, m.labels).images, base, atol=1e-3
    )
    np.testing.assert_allclose(extract_patches(255 - m.image, m.labels).images, base, atol=1e-3)
    slope = np.linspace(0, 120, m.image.shape[1])
    assert np.abs(extract_patches(m.image + slope, m.labels).images - base).mean() < 0.01


def test_the_interior_is_kept():
    m = generate_micrograph(
        20, seed=5, edge=0.7, sphere_diameter_px=(30, 40), class_fractions=(1,), noise=0.01
    )
    patches = extract_patches(m.image, m.labels, 48, 48, data_bar=m.data_bar).images
    face = patches[:, 21:27, 21:27].mean(axis=(1, 2))
    assert (patches.max(axis=(1, 2)) > 1.5 * face).all()
    assert (face > 0.05).all()


def test_cut_by_the_edge_is_padded_with_background():
    image, labels = discs([(2, 70)], [12])
    patch = extract_patches(image, labels, 40, 40)
    assert patch.images[0].max() > 0.9
    assert patch.images[0, :10].max() == 0


def test_the_data_bar_does_not_shine_in():
    m = generate_micrograph(40, seed=6)
    images = extract_patches(m.image, m.labels, mask_neighbours=False, data_bar=m.data_bar).images
    without = generate_micrograph(40, seed=6)
    without.image[m.data_bar[0] :] = 60
    np.testing.assert_allclose(
        images,
        extract_patches(without.image, m.labels, mask_neighbours=False, data_bar=m.data_bar).images,
        atol=1e-6,
    )


def test_window_fits_at_any_angle_and_ignores_the_odd_giant():
    _, labels = discs([(30, 30), (30, 70), (80, 60)], [5, 5, 12])
    window = choose_window(labels)
    assert window % 2 == 0
    assert 25 <= window <= 36
    patches = extract_patches(labels * 1.0, labels)
    assert not patches.clipped.any()
    centres = [(10 + 16 * i, 10 + 16 * j) for i in range(12) for j in range(12)]
    _, labels = discs([*centres, (350, 350)], [5] * 144 + [70], shape=(440, 440))
    assert choose_window(labels) < 24
    giant = extract_patches(labels * 1.0, labels)
    assert list(giant.label_ids[giant.clipped]) == [145]
    assert choose_window(np.zeros((9, 9), int)) == 32


def test_nothing_and_everything():
    empty = extract_patches(np.random.default_rng(0).random((30, 30)), np.zeros((30, 30), int))
    assert empty.images.shape == (0, 48, 48)
    full = extract_patches(np.random.default_rng(0).random((30, 30)), np.ones((30, 30), int))
    assert np.isfinite(full.images).all()


def test_bad_input():
    image, labels = discs([(50, 50)], [9])
    with pytest.raises(InputError, match="belong to this image"):
        extract_patches(image[:-1], labels)
    with pytest.raises(InputError, match="size"):
        extract_patches(image, labels, 1)
    with pytest.raises(InputError, match="window"):
        extract_patches(image, labels, window=0)
    with pytest.raises(InputError, match="whole numbers"):
        extract_patches(image, labels / 2)
