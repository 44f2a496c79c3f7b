"""Measurements against scikit-image, one region at a time, and against what is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.draw import ellipse
from skimage.measure import regionprops
from skimage.morphology import convex_hull_image

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles import measure_particles

masks = hnp.arrays(
    np.int32, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.integers(0, 4)
)


@settings(max_examples=150, deadline=None)
@given(labels=masks, seed=st.integers(0, 100))
def test_as_scikit_image_measures(labels, seed):
    image = np.random.default_rng(seed).normal(size=labels.shape)
    table = measure_particles(image, labels)
    regions = regionprops(labels, image)
    assert list(table.index) == [region.label for region in regions]
    for region in regions:
        row = table.loc[region.label]
        assert row.area_px == region.area
        assert (row.centroid_y_px, row.centroid_x_px) == pytest.approx(region.centroid)
        box = (row.bbox_top_px, row.bbox_left_px, row.bbox_bottom_px, row.bbox_right_px)
        assert box == region.bbox
        assert row.perimeter_px == pytest.approx(region.perimeter)
        assert row.major_axis_px == pytest.approx(region.axis_major_length, abs=1e-6)
        assert row.minor_axis_px == pytest.approx(region.axis_minor_length, abs=1e-6)
        assert row.mean_intensity == pytest.approx(region.intensity_mean)
        assert row.equivalent_diameter_px == pytest.approx(region.equivalent_diameter_area)


@settings(max_examples=60, deadline=None)
@given(labels=masks)
def test_solidity_counts_the_pixels_of_the_hull(labels):
    table = measure_particles(np.zeros(labels.shape), labels)
    for region in regionprops(labels):
        if (
            min(region.image.shape) < 3
            or np.linalg.matrix_rank(region.coords - region.coords[0]) < 2
        ):
            continue  # scikit-image has no hull of a line
        hull = convex_hull_image(region.image, offset_coordinates=False).sum()
        assert table.solidity[region.label] == pytest.approx(region.area / hull)


@settings(max_examples=60, deadline=None)
@given(labels=masks)
def test_ranges(labels):
    table = measure_particles(np.zeros(labels.shape), labels, 2.0)
    assert table.solidity.between(0, 1).all()
    assert table.eccentricity.between(0, 1).all()
    assert table.circularity.between(0, 1).all()
    assert ((table.orientation_deg > -90) & (table.orientation_deg <= 90)).all()
    assert not table.isna().any().any()


@settings(max_examples=40, deadline=None)
@given(labels=masks, dy=st.integers(0, 9), dx=st.integers(0, 9))
def test_where_a_particle_lies_does_not_change_its_shape(labels, dy, dx):
    moved = np.pad(labels, ((dy + 1, 3), (dx + 1, 2)))
    before = measure_particles(np.ones(labels.shape), labels)
    after = measure_particles(np.ones(moved.shape), moved)
    shape = ["area_px", "perimeter_px", "eccentricity", "solidity", "major_axis_px"]
    np.testing.assert_allclose(after[shape], before[shape], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(after.centroid_y_px, before.centroid_y_px + dy + 1)
    assert not after.touches_border.any()


@pytest.mark.parametrize("degrees", [-60, -30, 0, 25, 80])
def test_orientation_is_counter_clockwise_on_the_screen(degrees):
    labels = np.zeros((101, 101), np.int32)
    # skimage's rotation is counter-clockwise on the screen, too; its long axis lies along columns.
    labels[ellipse(50, 50, 10, 40, rotation=np.radians(degrees))] = 1
    assert measure_particles(labels, labels).orientation_deg[1] == pytest.approx(degrees, abs=2)


def test_orientation_of_a_drawn_line():
    labels = np.eye(30, dtype=np.int32)[::-1].copy()  # from bottom left to top right
    assert measure_particles(labels, labels).orientation_deg[1] == pytest.approx(45)


def test_nanometres():
    labels = np.zeros((20, 20), np.int32)
    labels[5:10, 5:15] = 7
    table = measure_particles(labels, labels, 3.0)
    assert table.area_nm2[7] == pytest.approx(50 * 9)
    for name in ("equivalent_diameter", "perimeter", "major_axis", "minor_axis"):
        assert table[f"{name}_nm"][7] == pytest.approx(3 * table[f"{name}_px"][7])
    unknown = measure_particles(labels, labels)
    assert unknown.filter(like="_nm").isna().all().all()


def test_nothing_to_measure():
    table = measure_particles(np.ones((10, 10)), np.zeros((10, 10), int))
    assert len(table) == 0
    assert table.index.name == "label_id"
    assert "area_px" in table


def test_large_numbers_as_labels():
    labels = np.zeros((10, 10), np.int64)
    labels[2:4, 2:4], labels[6:9, 6:9] = 2_000_000_000, 5
    assert list(measure_particles(labels, labels).area_px) == [9, 4]


def test_bad_input():
    ones = np.ones((5, 5), int)
    for bad in (
        (np.ones((5, 6)), ones),
        (ones, ones * 0.5),
        (ones, -ones),
        (np.ones((5, 5, 3)), ones),
    ):
        with pytest.raises(InputError):
            measure_particles(*bad)
    with pytest.raises(InputError, match="pixel size"):
        measure_particles(ones, ones, 0.0)
