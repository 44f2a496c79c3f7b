"""Odd images and settings: an answer, or a sentence that says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.particles import (
    SegmentationParameters,
    iter_segment,
    look_at,
    preview,
    segment_particles,
)


@pytest.fixture(scope="module")
def sample():
    return generate_micrograph(15, seed=5, data_bar=False).image


@pytest.mark.parametrize("pixel_size", [0.0, -1.0, float("nan"), float("inf")])
def test_a_pixel_size_that_is_none(sample, pixel_size):
    settings = SegmentationParameters(min_diameter=10, unit="nm")
    with pytest.raises(InputError, match="positive number"):
        segment_particles(sample, settings, pixel_size_nm=pixel_size)


@pytest.mark.parametrize(("pixel_size", "some"), [(1e-9, False), (1e9, True)])
def test_settings_far_beyond_the_image(sample, pixel_size, some):
    settings = SegmentationParameters(
        smoothing=1e6, background_width=1e6, min_diameter=1e6, unit="nm"
    )
    labels = segment_particles(sample[:100, :120], settings, pixel_size_nm=pixel_size)
    assert labels.any() == some


def test_a_very_wide_background_is_a_level_one(sample):
    def found(width: float) -> np.ndarray:
        return segment_particles(sample, SegmentationParameters(background_width=width)) > 0

    assert found(1e6).any()
    np.testing.assert_array_equal(found(1e6), found(5e5))


@pytest.mark.parametrize("shape", [(2, 3_000_000), (3_000_000, 3)])
def test_lines_hold_no_particles(shape):
    assert segment_particles(np.broadcast_to(np.arange(shape[1]) % 7, shape)).max() == 0


def test_an_endless_ribbon_is_refused():
    with pytest.raises(InputError, match="too narrow"):
        segment_particles(
            np.broadcast_to((np.arange(3_000_000) % 7).astype(np.uint8), (8, 3_000_000))
        )


def test_labels_are_only_written_where_they_fit(sample):
    for out in (np.zeros((3, 3), np.int32), np.zeros(sample.shape, np.uint8)):
        with pytest.raises(InputError, match="int32"):
            list(iter_segment(sample, out=out))


def test_a_preview_in_no_steps(sample):
    with pytest.raises(InputError, match="1 or more"):
        preview(sample, look_at(sample), step=0)
