"""Measurements against scikit-image, one region at a time, and against what is known beforehand."""

from __future__ import annotations

import tracemalloc

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.draw import ellipse
from skimage.measure import regionprops, regionprops_table
from skimage.morphology import convex_hull_image

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
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


SHAPE = ["area_px", "perimeter_px", "solidity", "circularity", "mean_intensity", "std_intensity"]


@pytest.fixture(scope="module")
def micrograph():
    return generate_micrograph(120, seed=5, sphere_diameter_px=(8, 12), noise=0.1)


def test_a_whole_micrograph_as_scikit_image_measures(micrograph):
    table = measure_particles(micrograph.image, micrograph.labels)
    names = {
        "label": "label_id",
        "area": "area_px",
        "centroid-0": "centroid_y_px",
        "centroid-1": "centroid_x_px",
        "bbox-0": "bbox_top_px",
        "bbox-1": "bbox_left_px",
        "bbox-2": "bbox_bottom_px",
        "bbox-3": "bbox_right_px",
        "perimeter": "perimeter_px",
        "axis_major_length": "major_axis_px",
        "axis_minor_length": "minor_axis_px",
        "eccentricity": "eccentricity",
        "intensity_mean": "mean_intensity",
        "intensity_std": "std_intensity",
    }
    theirs = regionprops_table(
        micrograph.labels,
        micrograph.image,
        properties=sorted({name.split("-")[0] for name in names}),
    )
    expected = pd.DataFrame(theirs).rename(columns=names).set_index("label_id")
    for name in names.values():
        if name != "label_id":
            np.testing.assert_allclose(
                table[name], expected[name], rtol=1e-9, atol=1e-6, err_msg=name
            )


@settings(max_examples=60, deadline=None)
@given(labels=masks)
def test_every_labelled_pixel_is_counted_once(labels):
    assert measure_particles(labels, labels).area_px.sum() == np.count_nonzero(labels)


@settings(max_examples=60, deadline=None)
@given(labels=masks, seed=st.integers(0, 100))
def test_a_quarter_turn_turns_places_and_keeps_shapes(labels, seed):
    image = np.random.default_rng(seed).normal(size=labels.shape)
    table = measure_particles(image, labels)
    turned = measure_particles(np.rot90(image), np.rot90(labels))
    np.testing.assert_allclose(turned[SHAPE], table[SHAPE], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        turned[["major_axis_px", "minor_axis_px"]],
        table[["major_axis_px", "minor_axis_px"]],
        atol=1e-6,
    )
    np.testing.assert_allclose(turned.centroid_x_px, table.centroid_y_px)
    np.testing.assert_allclose(turned.centroid_y_px, labels.shape[1] - 1 - table.centroid_x_px)
    long = table.major_axis_px > table.minor_axis_px + 0.1
    apart = np.abs(turned.orientation_deg - table.orientation_deg)[long]
    np.testing.assert_allclose(apart, 90, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(labels=masks, order=st.permutations([1, 2, 3, 4]), offset=st.sampled_from([0, 7, 10**9]))
def test_what_a_particle_is_called_does_not_matter(labels, order, offset):
    names = np.array([0, *order]) + offset
    names[0] = 0
    table = measure_particles(labels, labels)
    renamed = measure_particles(labels, names[labels])
    assert list(renamed.index) == sorted(names[table.index])
    pd.testing.assert_frame_equal(
        renamed.loc[names[table.index]].reset_index(drop=True), table.reset_index(drop=True)
    )


@settings(max_examples=60, deadline=None)
@given(labels=masks, chosen=st.sets(st.integers(1, 4), min_size=1))
def test_some_particles_are_measured_as_among_all(labels, chosen):
    image = np.random.default_rng(0).normal(size=labels.shape)
    table = measure_particles(image, labels, 2.0)
    if not chosen <= set(table.index):
        with pytest.raises(InputError, match="no particle"):
            measure_particles(image, labels, 2.0, label_ids=chosen)
        chosen = chosen & set(table.index)
    some = measure_particles(image, labels, 2.0, label_ids=chosen)
    pd.testing.assert_frame_equal(some, table.loc[sorted(chosen)])
    for label_id in chosen:
        row = table.loc[label_id]
        region = (
            slice(int(row.bbox_top_px), int(row.bbox_bottom_px)),
            slice(int(row.bbox_left_px), int(row.bbox_right_px)),
        )
        one = measure_particles(image, labels, 2.0, label_ids=[label_id], region=region)
        pd.testing.assert_frame_equal(one, table.loc[[label_id]])


def test_lazy_images_and_masks_on_disk_give_the_same(micrograph, tmp_path):
    table = measure_particles(micrograph.image, micrograph.labels, 2.0)
    np.save(tmp_path / "labels.npy", micrograph.labels)
    labels = np.load(tmp_path / "labels.npy", mmap_mode="r")
    for chunks in ((64, 100), (1000, 1000), (7, -1)):
        image = da.from_array(micrograph.image, chunks=chunks)
        pd.testing.assert_frame_equal(measure_particles(image, labels, 2.0), table)


def test_cut_by_the_edge_or_by_the_data_bar():
    labels = np.zeros((100, 60), np.int32)
    labels[0:5, 10:20] = 1
    labels[40:50, 0:6] = 2
    labels[70:80, 20:30] = 3  # down to the data bar
    labels[60:79, 40:50] = 4  # a row above it
    labels[90:95, 10:20] = 5  # below it
    labels[91:97, 30:40] = 6
    table = measure_particles(labels, labels, data_bar=(80, 90))
    assert list(table.touches_border) == [True, True, True, False, True, False]
    assert not measure_particles(labels, labels).touches_border[3]


def test_memory_is_taken_for_runs_not_for_pixels():
    labels = np.kron(
        np.arange(1, 1025, dtype=np.int32).reshape(32, 32), np.ones((64, 64), np.int32)
    )
    labels[::64], labels[:, ::64] = 0, 0
    image = np.ones(labels.shape, np.uint8)
    tracemalloc.start()
    try:
        table = measure_particles(image, labels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (table.area_px == 63 * 63).all()
    # A column number for every labelled pixel would be 8.
    assert peak < 6 * image.nbytes
