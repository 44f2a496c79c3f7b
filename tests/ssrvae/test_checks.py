"""The door: what is mended, what is told, what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import ClippedWarning, ResampledWarning
from napari_ssrvae.ssrvae.checks import checked_images

EDGE = st.integers(8, 40)
SEED = st.integers(0, 2**32 - 1)


def random_patches(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


@given(height=EDGE, width=EDGE, n=st.integers(1, 3), seed=SEED)
def test_patches_that_are_not_square_are_padded_about_the_centre(height, width, n, seed):
    X = random_patches(seed, n, height, width)
    Y = checked_images(X)
    edge = max(height, width)
    assert Y.shape == (n, edge, edge)
    assert Y.dtype == np.float32
    top, left = (edge - height) // 2, (edge - width) // 2
    inside = np.zeros((edge, edge), dtype=bool)
    inside[top : top + height, left : left + width] = True
    np.testing.assert_array_equal(Y[:, inside].reshape(X.shape), X)
    if height != width:
        rim = np.ones((height, width), dtype=bool)
        rim[1:-1, 1:-1] = False
        for image, padded in zip(X, Y, strict=True):
            np.testing.assert_allclose(padded[~inside], np.median(image[rim]), rtol=1e-6)


@given(X=arrays(np.float32, (2, 9, 9), elements=st.floats(0, 1, width=32)))
def test_proper_patches_pass_unchanged_and_without_a_word(X):
    before = X.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(checked_images(X, 9, clip=True), X)
    np.testing.assert_array_equal(X, before)


@given(edge=EDGE, size=EDGE, grey=st.floats(0, 1))
def test_what_is_flat_stays_flat_when_resampled(edge, size, grey):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Y = checked_images(np.full((1, edge, edge), grey), size)
    assert Y.shape == (1, size, size)
    np.testing.assert_allclose(Y, grey, atol=1e-5)


@settings(deadline=None)
@given(edge=EDGE, size=EDGE, seed=SEED, turns=st.integers(1, 3))
@pytest.mark.filterwarnings("ignore::napari_ssrvae.ssrvae.ResampledWarning")
def test_resampling_treats_rows_and_columns_alike(edge, size, seed, turns):
    X = random_patches(seed, 2, edge, edge)
    turned = checked_images(np.rot90(X, turns, axes=(1, 2)), size)
    np.testing.assert_allclose(
        turned, np.rot90(checked_images(X, size), turns, axes=(1, 2)), atol=1e-5
    )


@settings(deadline=None)
@given(edge=EDGE, size=EDGE, seed=SEED)
@pytest.mark.filterwarnings("ignore::napari_ssrvae.ssrvae.ResampledWarning")
def test_shrinking_keeps_the_mean(edge, size, seed):
    X = random_patches(seed, 2, max(edge, size), max(edge, size))
    Y = checked_images(X, min(edge, size))
    np.testing.assert_allclose(Y.mean(axis=(1, 2)), X.mean(axis=(1, 2)), atol=1e-5)


def test_shrinking_lets_no_stripes_through():
    stripes = np.tile(np.arange(48) % 2, (1, 48, 1)).astype(np.float32)
    with pytest.warns(ResampledWarning):
        np.testing.assert_allclose(checked_images(stripes, 24), 0.5, atol=1e-6)
    with pytest.warns(ResampledWarning):
        # A sample of every second or third pixel would swing between 0 and 1.
        assert np.ptp(checked_images(stripes, 20)) < 0.5


@pytest.mark.parametrize(("height", "width"), [(60, 60), (60, 40), (40, 60), (33, 33)])
@pytest.mark.parametrize("size", [24, 48, 72])
def test_a_disc_stays_round_and_in_its_place(height, width, size):
    rows, columns = np.mgrid[:height, :width] + 0.5
    row, column, radius = height / 2 - 3, width / 2 + 2, 10
    disc = 1 / (1 + np.exp(np.hypot(rows - row, columns - column) - radius))
    with pytest.warns(ResampledWarning):
        (Y,) = checked_images(disc[None], size)
    edge = max(height, width)
    zoom = size / edge
    grey = Y / Y.sum()
    y, x = np.mgrid[:size, :size] + 0.5
    centre = np.array([(grey * y).sum(), (grey * x).sum()])
    expected = np.array([row + (edge - height) / 2, column + (edge - width) / 2]) * zoom
    np.testing.assert_allclose(centre, expected, atol=0.15)
    spread = [(grey * (u - c) ** 2).sum() ** 0.5 for u, c in zip((y, x), centre, strict=True)]
    assert spread[0] == pytest.approx(spread[1], rel=0.02)
    assert Y.sum() == pytest.approx(disc.sum() * zoom**2, rel=0.02)


def test_resampling_is_told_in_one_sentence_where_it_happened():
    with pytest.warns(
        ResampledWarning, match="trained on patches of 24 pixels, these have 48"
    ) as w:
        checked_images(np.zeros((2, 48, 48)), 24)
    assert "\n" not in str(w[0].message)
    assert w[0].filename == __file__


@given(sigma=st.floats(0.01, 1.8), seed=SEED)
def test_noise_is_clipped_at_prediction_and_told(sigma, seed):
    X = random_patches(seed, 2, 12, 12) + np.random.default_rng(seed).normal(0, sigma, (2, 12, 12))
    X[0, 0, 0] = -0.5
    with pytest.warns(ClippedWarning, match="clipped") as w:
        Y = checked_images(X, 12, clip=True)
    np.testing.assert_array_equal(Y, np.clip(X.astype(np.float32), 0, 1))
    assert w[0].filename == __file__
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        checked_images(X, 12)


@pytest.mark.parametrize("value", [-10.5, 11.5, 255.0])
def test_what_no_noise_explains_is_refused(value):
    X = np.zeros((1, 12, 12))
    X[0, 3, 3] = value
    with pytest.raises(InputError, match="divide by"):
        checked_images(X, clip=True)


@pytest.mark.parametrize("brightest", [2, 255])
@pytest.mark.parametrize("clip", [False, True])
def test_whole_numbers_are_never_taken_for_noise(brightest, clip):
    X = np.full((1, 12, 12), brightest, dtype=np.uint8)
    with pytest.raises(InputError, match="divide by"):
        checked_images(X, clip=clip)


def test_masks_are_images_too():
    np.testing.assert_array_equal(checked_images(np.ones((1, 9, 9), dtype=bool)), 1)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((0, 12, 12)), "no patches"),
        (np.zeros((12, 12)), "2 dimensions"),
        (np.zeros((3, 12, 4)), "12 x 4 pixels are too small"),
        (np.zeros((3, 0, 0)), "too small"),
        (np.full((1, 12, 12), np.inf), "Patch 0 contains NaN"),
        (np.zeros((1, 12, 12), dtype=complex), "numbers"),
        ([np.zeros((12, 12)), np.zeros((13, 13))], "same size"),
    ],
)
@pytest.mark.parametrize("clip", [False, True])
def test_what_cannot_be_mended_is_refused_in_one_sentence(X, message, clip):
    with pytest.raises(InputError, match=message) as caught:
        checked_images(X, 12, clip=clip)
    assert "\n" not in str(caught.value)
