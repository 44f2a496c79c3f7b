"""Particles are found where they are, whatever the picture is like, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.micrographs import read_micrograph
from napari_ssrvae.particles import SegmentationParameters, segment_particles
from tests.shared_data import shared_data

VARIETY = {
    "plain": {},
    "dark edges": {"edge": 0.7, "sphere_diameter_px": (24, 40), "n_particles": 60},
    "facets": {"style": "faceted", "sphere_diameter_px": (22, 36), "n_particles": 60},
    "dark on bright": {"polarity": "dark"},
    "dense": {"coverage": 0.3},
    "sparse": {"coverage": 0.01, "n_particles": 15},
    "gradient": {"gradient": 0.5, "contrast": 0.4},
    "low contrast": {"contrast": 0.25, "noise": 0.05},
    "noisy": {"noise": 0.15},
    "tiny": {"sphere_diameter_px": (6, 8)},
    "large": {"sphere_diameter_px": (60, 80), "n_particles": 30},
    "mixed": {"sphere_diameter_px": (8, 36)},
    "few": {"n_particles": 4},
}


@pytest.mark.parametrize("how", VARIETY.values(), ids=VARIETY)
@pytest.mark.parametrize("seed", [101, 102])
def test_generated_micrographs(seed, how):
    m = generate_micrograph(**{"n_particles": 120, "seed": seed, **how})
    found = segment_particles(m.image, data_bar=m.data_bar)
    assert match_particles(found, m.labels).f1 >= 0.95


def test_gold():
    from tifffile import imread

    truth, _ = ndimage.label(imread(shared_data("gold/nanolabels.tif")) > 0)
    truth[(np.bincount(truth.ravel()) < 10)[truth]] = 0
    found = segment_particles(read_micrograph(shared_data("gold/nanogold.tif")).image)
    assert match_particles(found, truth).f1 >= 0.95


def test_nmers():
    clean = read_micrograph(shared_data("nmers/test_binary.png")).image
    truth, _ = ndimage.label(clean > 0)
    found = segment_particles(read_micrograph(shared_data("nmers/test_noise.png")).image)
    assert match_particles(found, truth).f1 >= 0.97


@pytest.fixture(scope="module")
def sample():
    return generate_micrograph(40, seed=5, data_bar=False)


def same(a: np.ndarray, b: np.ndarray, least: float = 0.98, iou: float = 0.8) -> bool:
    return match_particles(a, b, iou=iou).f1 >= least


@pytest.mark.parametrize("factor", [1 / 255, 257.0, 1e-20, 1e30])
def test_the_unit_of_grey_values_does_not_matter(sample, factor):
    expected = segment_particles(sample.image)
    assert same(segment_particles(sample.image * factor), expected)
    assert same(segment_particles(sample.image * factor + 10 * factor), expected)


@pytest.mark.parametrize("dtype", ["u2", "i4", "f4", "f8"])
def test_dtypes(sample, dtype):
    assert same(segment_particles(sample.image.astype(dtype)), segment_particles(sample.image), 1.0)


def test_turned_over_and_inverted(sample):
    expected = segment_particles(sample.image)
    assert same(segment_particles(sample.image[::-1, ::-1])[::-1, ::-1], expected)
    assert same(segment_particles(sample.image.T).T, expected)
    assert same(segment_particles(255 - sample.image), expected, 1.0)
    inverted = segment_particles(255 - sample.image, SegmentationParameters(polarity="dark"))
    assert same(inverted, expected, 1.0)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(dy=st.integers(0, 40), dx=st.integers(0, 40))
def test_shifting_the_view_shifts_the_particles(sample, dy, dx):
    whole = segment_particles(sample.image)[dy:, dx:]
    part = segment_particles(sample.image[dy:, dx:])
    # Slivers at the new edge may come or go.
    assert same(part, whole, 0.95, iou=0.6)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), ramp=st.floats(0, 100))
def test_noise_is_no_particle(seed, ramp):
    noise = np.random.default_rng(seed).normal(100, 10, (200, 260)) + np.linspace(0, ramp, 260)
    assert segment_particles(noise).max() == 0


def test_labels_are_numbered_and_connected(sample):
    labels = segment_particles(sample.image)
    assert labels.dtype == np.int32
    n = labels.max()
    assert set(np.unique(labels)) == set(range(n + 1))
    assert ndimage.label(labels > 0)[1] == n


def test_the_data_bar_is_left_alone():
    m = generate_micrograph(40, seed=7)
    labels = segment_particles(m.image, data_bar=m.data_bar)
    start, stop = m.data_bar
    assert not labels[start:stop].any()
    assert labels.any()
    top = np.roll(m.image, stop - start, axis=0)
    assert (
        match_particles(
            segment_particles(top, data_bar=(0, stop - start)), np.roll(labels, stop - start, 0)
        ).f1
        > 0.97
    )


def test_every_setting_does_what_it_says(sample):
    base = segment_particles(sample.image)

    def found(**how):
        return segment_particles(sample.image, SegmentationParameters(**how))

    assert found(min_diameter=22.6).max() < base.max()
    areas = np.bincount(found(min_diameter=22.6).ravel())[1:]
    assert (areas >= 400).all()
    cut = sample.image[20:-20, 20:-20]
    inside = segment_particles(cut, SegmentationParameters(remove_border=True))
    assert not any(rim.any() for rim in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
    assert found(split_touching=True).max() == pytest.approx(sample.classes.sum(), rel=0.05)
    assert (
        (found(sensitivity=0.5) > 0).sum() > (base > 0).sum() > (found(sensitivity=-0.5) > 0).sum()
    )
    assert same(found(method="global"), base, 0.9)


def test_rings_are_filled_or_not():
    y, x = np.mgrid[:200, :200]
    image = np.random.default_rng(0).normal(50, 2, (200, 200))
    for cy, cx in ((50, 50), (50, 150), (150, 50), (150, 150)):
        radius = np.hypot(y - cy, x - cx)
        image += 100 * ((radius < 20) & (radius > 14))
    filled = segment_particles(image)
    hollow = segment_particles(image, SegmentationParameters(fill_holes=False))
    assert filled.max() == hollow.max() == 4
    assert filled[50, 50] > 0
    assert hollow[50, 50] == 0


def test_bad_input():
    for bad in (
        np.zeros((3, 4, 5)),
        np.zeros((0, 5)),
        np.full((20, 20), np.nan),
        np.array([["x"]]),
    ):
        with pytest.raises(InputError):
            segment_particles(bad)
    with pytest.raises(InputError, match="data bar"):
        segment_particles(np.eye(50), data_bar=(10, 80))
    assert not segment_particles(np.zeros((30, 30))).any()
    assert segment_particles(np.eye(3)).shape == (3, 3)


def test_parameters_tell_about_themselves():
    for name, field in SegmentationParameters.model_fields.items():
        assert field.title, name
        assert field.description, name
        if name.endswith("_px"):
            assert field.json_schema_extra["unit"].startswith("px"), name
    with pytest.raises(ValidationError):
        SegmentationParameters(smoothing=-1)
    with pytest.raises(ValidationError):
        SegmentationParameters(typo=1)
    with pytest.raises(ValidationError):
        SegmentationParameters().method = "local"


def test_particles_upon_particles_give_at_least_something():
    m = read_micrograph(shared_data("formats/nanoBALLS_R5_K3Me3_SiO2_3-2.TIF"))
    labels = segment_particles(m.image, data_bar=m.data_bar)
    assert labels.max() > 20
    assert 0.2 < (labels > 0).mean() < 0.7
