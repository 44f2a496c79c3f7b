"""Counts, sizes and orientations of classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_ssrvae.workflow.distributions import class_counts, histogram, rose, sizes_of

CLASSES = arrays(np.uint8, 40, elements=st.sampled_from([0, 1, 2, 255]))
VALUES = arrays(np.float64, 40, elements=st.floats(-1e6, 1e6) | st.just(np.nan))


@given(CLASSES, CLASSES)
def test_each_particle_is_counted_once(shown: np.ndarray, hand: np.ndarray) -> None:
    by_hand = np.where(shown > 0, hand, 0)
    found = class_counts(by_hand, shown, [1, 2, 255])
    assert found.by_hand.sum() == (by_hand > 0).sum()
    assert found.by_hand.sum() + found.by_model.sum() + found.none == len(shown)
    assert found.by_model[2] == ((shown == 255) & (by_hand == 0)).sum()


@given(VALUES, CLASSES)
def test_a_histogram_holds_every_known_value(values: np.ndarray, shown: np.ndarray) -> None:
    found = histogram(values, shown, [2, 1], bars=8)
    assert (np.diff(found.edges) > 0).all()
    for k, class_id in enumerate([2, 1]):
        assert found.counts[k].sum() == np.isfinite(values[shown == class_id]).sum()


def test_rare_giants_stand_in_the_last_bar() -> None:
    values = np.append(np.linspace(10, 20, 999), 500.0)
    found = histogram(values, np.ones(1000, np.uint8), [1])
    assert found.edges[-1] < 21
    assert found.counts.sum() == 1000
    assert found.beyond >= 1


def test_sizes_of_two_units_are_never_mixed() -> None:
    px = np.array([4.0, 5.0, 6.0])
    some = sizes_of(np.array([np.nan, 50.0, np.nan]), px)
    assert some.unit == "nm"
    assert some.left_out == 2
    assert np.array_equal(some.values, [np.nan, 50.0, np.nan], equal_nan=True)
    none = sizes_of(np.full(3, np.nan), px)
    assert none.unit == "px"
    assert none.left_out == 0
    assert np.array_equal(none.values, px)


@pytest.mark.parametrize(("degrees", "sector"), [(0, 0), (95, 6), (-10, 23), (355, 23), (360, 0)])
def test_an_angle_is_in_its_sector(degrees: float, sector: int) -> None:
    found = rose(np.array([np.deg2rad(degrees)]), np.ones(1, np.uint8), [1])
    assert found.counts.shape == (1, 24)
    assert np.flatnonzero(found.counts[0]).tolist() == [sector]


@given(arrays(np.float64, 20, elements=st.floats(-10, 10)))
def test_an_axis_points_both_ways(angles: np.ndarray) -> None:
    shown = np.ones(len(angles), np.uint8)
    found = rose(angles, shown, [1], period=np.pi)
    assert found.counts.sum() == 2 * len(angles)
    assert np.array_equal(found.counts[:, :12], found.counts[:, 12:])
