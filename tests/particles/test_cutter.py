"""Patches against their definition, in any tiling, from anything that holds pixels, and again after an edit."""

from __future__ import annotations

import tracemalloc

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.particles import (
    PatchCutter,
    PatchParameters,
    choose_window,
    extract_patches,
    layout,
)
from tests.particles.slow_patches import slow_patches

CLOSE = {"rtol": 0, "atol": 2e-5}


@settings(max_examples=10, deadline=None)
@given(
    seed=st.integers(0, 1000),
    polarity=st.sampled_from(["bright", "dark"]),
    window=st.sampled_from([20, 33, 48, 70]),
    size=st.sampled_from([17, 48]),
    masked=st.booleans(),
    normalise=st.sampled_from(["micrograph", "particle"]),
)
def test_as_defined(seed, polarity, window, size, masked, normalise):
    # Windows smaller than an agglomerate see no whole mask, so its own bright end is another matter.
    window = max(window, 48) if normalise == "particle" else window
    m = generate_micrograph(
        12, seed=seed, polarity=polarity, sphere_diameter_px=(8, 12), gap_px=3.0, coverage=0.25
    )
    found = extract_patches(
        m.image, m.labels, size, window, masked, normalise=normalise, data_bar=m.data_bar
    )
    expected = slow_patches(m.image, m.labels, window, size, masked, normalise, m.data_bar)
    np.testing.assert_allclose(found.images, expected, **CLOSE)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
def test_any_kind_of_number(dtype):
    m = generate_micrograph(12, seed=2, sphere_diameter_px=(8, 12), data_bar=False)
    base = extract_patches(m.image, m.labels, window=48).images
    factor = 1e-3 if np.dtype(dtype).kind == "f" else 7
    image = (m.image.astype(float) * factor + 10).astype(dtype)
    np.testing.assert_allclose(
        extract_patches(image, m.labels, window=48).images, base, rtol=0, atol=2e-4
    )


@pytest.fixture(scope="module")
def wide():
    return generate_micrograph(
        150, seed=8, shape=(1600, 1200), sphere_diameter_px=(8, 12), class_fractions=(0.7, 0.3)
    )


@pytest.mark.parametrize("tile", [(60, 90), (10_000, 10_000)])
def test_the_tiling_does_not_show(wide, tile, monkeypatch):
    expected = extract_patches(wide.image, wide.labels, data_bar=wide.data_bar)
    monkeypatch.setattr(layout, "TILE_ROWS", tile[0])
    monkeypatch.setattr(layout, "TILE_COLUMNS", tile[1])
    found = extract_patches(wide.image, wide.labels, data_bar=wide.data_bar)
    np.testing.assert_allclose(found.images, expected.images, rtol=0, atol=1e-6)


class Counted:
    """A lazy image that tells how much was asked of it at once."""

    def __init__(self, pixels):
        self.pixels, self.shape, self.ndim, self.dtype = pixels, pixels.shape, 2, pixels.dtype
        self.most = 0

    def __getitem__(self, key):
        part = self.pixels[key]
        self.most = max(self.most, part.size)
        return part

    def __array__(self, *_, **__):
        raise AssertionError("the whole image was made an array")


def lazies(pixels, folder):
    yield da.from_array(pixels, chunks=(128, 200))
    yield Counted(pixels)
    path = folder / "image.npy"
    np.save(path, pixels)
    yield np.load(path, mmap_mode="r")
    try:
        import zarr
    except ImportError:
        return
    stored = zarr.create_array(
        store=zarr.storage.MemoryStore(),
        shape=pixels.shape,
        chunks=(100, 512),
        dtype=pixels.dtype,
    )
    stored[:] = pixels
    yield stored


@pytest.mark.parametrize("options", [{}, {"normalise": "particle", "mask_neighbours": False}])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_lazy_images_give_the_same(wide, tmp_path, options, dtype):
    image = wide.image.astype(dtype)
    options = {"data_bar": wide.data_bar, **options}
    expected = extract_patches(image, wide.labels, **options)
    np.save(tmp_path / "labels.npy", wide.labels)
    labels = np.load(tmp_path / "labels.npy", mmap_mode="r")
    for lazy in lazies(image, tmp_path):
        found = extract_patches(lazy, labels, **options)
        np.testing.assert_array_equal(found.images, expected.images)
        np.testing.assert_array_equal(found.label_ids, expected.label_ids)
        assert found.window_px == expected.window_px
        if isinstance(lazy, Counted):
            assert lazy.most < 0.7 * image.size


def test_a_costly_chunk_is_not_made_again_for_every_band(wide):
    made = []

    def plane(block_info=None):
        made.append(block_info)
        return wide.image

    image = da.map_blocks(plane, dtype=np.uint8, chunks=wide.image.shape, meta=np.zeros((0, 0)))
    extract_patches(image, wide.labels, data_bar=wide.data_bar)
    assert len(made) == 1


def test_memory_is_taken_for_patches_and_a_few_tiles():
    rng = np.random.default_rng(0)
    labels = np.zeros((2048, 2048), np.int32)
    rows, columns = np.meshgrid(np.arange(10, 2030, 32), np.arange(10, 2030, 32), indexing="ij")
    for i, (y, x) in enumerate(zip(rows.ravel(), columns.ravel(), strict=True), 1):
        labels[y : y + 12, x : x + 9] = i
    image = rng.integers(40, 60, labels.shape, dtype=np.uint8) + (100 * (labels > 0)).astype(
        np.uint8
    )
    tracemalloc.start()
    try:
        patches = extract_patches(image, labels, 8, 32)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(patches) == rows.size
    # A float32 picture of the whole would be 4.
    assert peak - patches.images.nbytes < 4 * image.nbytes


@settings(max_examples=15, deadline=None)
@given(data=st.data(), masked=st.booleans(), normalise=st.sampled_from(["micrograph", "particle"]))
def test_some_particles_are_cut_as_among_all(wide, data, masked, normalise):
    cutter = PatchCutter.of(
        wide.image,
        wide.labels,
        mask_neighbours=masked,
        normalise=normalise,
        data_bar=wide.data_bar,
    )
    every = cutter.cut(wide.labels)
    chosen = data.draw(st.lists(st.integers(1, 150), min_size=1, max_size=6, unique=True))
    some = cutter.cut(wide.labels, chosen)
    at = np.searchsorted(every.label_ids, sorted(chosen))
    np.testing.assert_array_equal(some.label_ids, sorted(chosen))
    np.testing.assert_allclose(some.images, every.images[at], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(some.clipped, every.clipped[at])
    rows, columns = np.nonzero(wide.labels == chosen[0])
    region = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    one = cutter.cut(wide.labels, chosen[:1], region=region)
    np.testing.assert_allclose(one.images[0], every.images[chosen[0] - 1], rtol=0, atol=1e-6)


def test_after_an_edit_the_others_stay_on_their_scale(wide):
    cutter = PatchCutter.of(wide.image, wide.labels, data_bar=wide.data_bar)
    before = cutter.cut(wide.labels)
    edited = wide.labels.copy()
    rows, columns = np.nonzero(edited == 7)
    edited[rows[columns > columns.mean()], columns[columns > columns.mean()]] = 151
    after = cutter.cut(edited, [7, 8, 151])
    np.testing.assert_array_equal(after.images[1], before.images[7])
    assert after.window_px == before.window_px
    # Two halves are on the whole as bright as what was one.
    assert after.images[[0, 2]].sum() == pytest.approx(before.images[6].sum(), rel=0.35)
    with pytest.raises(InputError, match="no particle 152"):
        cutter.cut(edited, [152])
    with pytest.raises(InputError, match="belong to this image"):
        cutter.cut(edited[1:])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), gap=st.integers(8, 30))
def test_a_neighbour_does_not_change_a_masked_picture(seed, gap):
    rng = np.random.default_rng(seed)
    labels = np.zeros((80, 120), np.int32)
    labels[30:44, 30:42] = 1
    labels[28:50, 42 + gap : 60 + gap] = 2
    image = rng.integers(30, 50, labels.shape) + 100 * (labels > 0)
    cutter = PatchCutter.of(image, labels, window=60, normalise="micrograph")
    with_neighbour = cutter.cut(labels, [1]).images
    alone = cutter.cut(np.where(labels == 1, 1, 0), [1]).images
    np.testing.assert_array_equal(with_neighbour, alone)


def test_each_particle_by_its_own_bright_end():
    labels = np.zeros((100, 200), np.int32)
    labels[40:60, 40:60], labels[40:60, 140:160] = 1, 2
    image = np.full(labels.shape, 20.0)
    image[labels == 1], image[labels == 2] = 60, 220
    together = extract_patches(image, labels, window=48).images.max(axis=(1, 2))
    apart = extract_patches(image, labels, window=48, normalise="particle").images
    assert together[0] == pytest.approx(0.2, abs=0.02)
    np.testing.assert_allclose(apart.max(axis=(1, 2)), 1.0, atol=0.02)
    np.testing.assert_allclose(apart[0], apart[1], atol=0.02)


def test_flat_and_odd_particles_make_finite_pictures():
    labels = np.zeros((60, 60), np.int32)
    labels[10:20, 10:20], labels[40, 40] = 1, 2
    for normalise in ("micrograph", "particle"):
        for image in (
            np.full((60, 60), 5),
            np.arange(3600).reshape(60, 60),
            np.where(labels == 1, -1.0, 0.0),
        ):
            images = extract_patches(image, labels, normalise=normalise).images
            assert np.isfinite(images).all()
            assert images.min() >= 0
            assert images.max() <= 1


def test_a_rare_larger_agglomerate_is_not_cut_apart():
    usual = 40 * 40
    labels = np.zeros((800, 800), np.int32)
    for i in range(usual):
        y, x = divmod(i, 40)
        labels[20 * y : 20 * y + 10, 20 * x : 20 * x + 10] = i + 1
    window = choose_window(labels)
    rows = np.arange(700, 730)
    labels[700:730, :12], labels[700:730, 12:60] = 0, 0
    labels[rows, 20:30] = usual + 1  # three in a row, 1 of 1600
    assert choose_window(labels) > window + 8
    labels[600:, :] = 0
    labels[610:790, 10:190] = usual + 2  # a flake: all others would be dots
    assert choose_window(labels) <= window + 12


def test_settings_say_what_they_do():
    fields = PatchParameters.model_fields
    assert set(fields) == {"size", "mask_neighbours", "normalise"}
    assert all(field.title and field.description for field in fields.values())
    m = generate_micrograph(5, seed=1)
    as_set = extract_patches(m.image, m.labels, **PatchParameters().model_dump())
    np.testing.assert_array_equal(as_set.images, extract_patches(m.image, m.labels).images)
    for wrong in ({"size": 2}, {"normalise": "none"}, {"window": 3}):
        with pytest.raises(ValidationError):
            PatchParameters(**wrong)
    with pytest.raises(InputError, match="normalised by"):
        extract_patches(m.image, m.labels, normalise="none")
