"""The generated micrograph: its truth is true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph


@settings(max_examples=12, deadline=None)
@given(
    n=st.integers(1, 60),
    seed=st.integers(0, 1000),
    style=st.sampled_from(["spheres", "faceted"]),
    polarity=st.sampled_from(["bright", "dark"]),
    bar=st.booleans(),
)
def test_truth(n, seed, style, polarity, bar):
    m = generate_micrograph(n, seed=seed, style=style, polarity=polarity, data_bar=bar)
    assert m.image.dtype == np.uint8
    assert m.image.shape == m.labels.shape
    assert len(m.classes) == n == m.labels.max()
    assert set(np.unique(m.classes)) <= {1, 2, 3, 4}
    pieces, found = ndimage.label(m.labels > 0, np.ones((3, 3)))
    assert found == n, "agglomerates touch neither each other nor fall apart"
    for i in range(1, n + 1):
        assert len(np.unique(pieces[m.labels == i])) == 1
    grown = ndimage.binary_dilation(m.labels > 0, iterations=4)
    rows = slice(None) if m.data_bar is None else slice(m.data_bar[0])
    brighter = m.image[rows][m.labels[rows] > 0].mean() > m.image[rows][~grown[rows]].mean()
    assert brighter == (polarity == "bright")
    assert (m.data_bar is not None) == bar


def test_area_goes_with_the_class():
    m = generate_micrograph(200, seed=1, sphere_diameter_px=(16, 16))
    areas = np.bincount(m.labels.ravel())[1:]
    single = np.pi * 8**2
    for k in (1, 2, 3, 4):
        np.testing.assert_allclose(areas[m.classes == k], k * single, rtol=0.06)


def test_fractions_seed_and_names():
    m = generate_micrograph(200, seed=3)
    np.testing.assert_array_equal(np.bincount(m.classes)[1:], [110, 50, 24, 16])
    assert m.class_names == ("single", "dimer", "trimer", "tetramer")
    np.testing.assert_array_equal(m.image, generate_micrograph(200, seed=3).image)
    assert (m.image[:100, :100] != generate_micrograph(200, seed=4).image[:100, :100]).any()


def test_rims_are_brighter_than_faces():
    m = generate_micrograph(
        20, seed=0, sphere_diameter_px=(30, 30), class_fractions=(1,), noise=0.0
    )
    depth = ndimage.distance_transform_edt(m.labels > 0)
    rim, face = m.image[(depth > 1.5) & (depth < 4)].mean(), m.image[depth > 10].mean()
    assert rim > face + 15


def test_thousands():
    m = generate_micrograph(3000, seed=0, sphere_diameter_px=(8, 10))
    assert m.labels.max() == 3000


def test_bad_arguments():
    with pytest.raises(InputError, match="do not fit"):
        generate_micrograph(500, shape=(100, 100))
    for bad in (
        {"n_particles": 0},
        {"sphere_diameter_px": (1, 2)},
        {"class_fractions": ()},
        {"class_fractions": (0, 0)},
        {"pixel_size_nm": 0},
    ):
        with pytest.raises(InputError):
            generate_micrograph(**bad)
