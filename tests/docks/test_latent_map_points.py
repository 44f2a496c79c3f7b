"""The points of the map without a window: what is drawn where, which of them an outline means, which axes there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from napari_ssrvae.docks.latent_map.key_item import number_text
from napari_ssrvae.docks.latent_map.marks import FIRST, GREY, marks_of, number_levels, palette_of
from napari_ssrvae.docks.latent_map.picking import inside, nearest
from napari_ssrvae.docks.latent_map.quantities import SIMILARITY, quantities, values_of
from napari_ssrvae.docks.latent_map.raster import draw_points, draw_surrounds, radius_for
from napari_ssrvae.session import Catalogue

RED, GREEN, HOLE = (255, 0, 0), (0, 255, 0), (10, 20, 30)
PALETTE = palette_of({0: RED, 1: GREEN}, HOLE, (90, 90, 90))


def drawn(x: list[float], y: list[float], levels: list[int], n_filled: int | None = None, **more):
    """Draw marks on 60 x 40 pixels; red, green, blue, alpha (40, 60, 4)."""
    arguments = {"radius": 4.0, **more}
    picture = draw_points(
        np.array(x, np.float32),
        np.array(y, np.float32),
        np.array(levels, np.uint16),
        len(x) if n_filled is None else n_filled,
        PALETTE,
        (60, 40),
        **arguments,
    )
    return rgba(picture.argb)


def rgba(argb: np.ndarray) -> np.ndarray:
    return np.stack([(argb >> s) & 0xFF for s in (16, 8, 0, 24)], axis=-1).astype(int)


# --- drawing -----------------------------------------------------------------------------------


def test_a_disc_lies_where_its_particle_is_and_is_as_large_as_told() -> None:
    seen = drawn([30.5], [12.5], [FIRST], radius=6.0)
    rows, columns = np.nonzero(seen[..., 3])
    assert (rows.mean(), columns.mean()) == (12, 30)
    assert len(rows) == pytest.approx(np.pi * 6**2, rel=0.06)
    assert tuple(seen[12, 30]) == (*RED, 255)


def test_of_overlapping_discs_each_pixel_belongs_to_the_nearest() -> None:
    for order in ([FIRST, FIRST + 1], [FIRST + 1, FIRST]):
        x = [28.5, 32.5] if order[0] == FIRST else [32.5, 28.5]
        seen = drawn(x, [20.5, 20.5], order)
        assert tuple(seen[20, 28][:3]) == RED
        assert tuple(seen[20, 32][:3]) == GREEN
        assert seen[20, 25, 0] > 0 == seen[20, 25, 1]


def test_a_mark_by_hand_is_a_ring_above_the_discs() -> None:
    seen = drawn([30.5, 30.5], [20.5, 20.5], [FIRST, FIRST + 1], n_filled=1, radius=2.0)
    assert tuple(seen[20, 30][:3]) == HOLE
    assert tuple(seen[20, 33][:3]) == GREEN
    assert not (seen[..., 0] == 255).any()


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=30),
    st.integers(0, 30),
    st.floats(1.5, 9),
    st.floats(1, 3),
    st.booleans(),
)
def test_marks_anywhere_are_drawn_or_left_out(points, n_filled, radius, scale, shaded) -> None:
    x, y = ([p[i] for p in points] for i in (0, 1))
    levels = [FIRST + i % 2 for i in range(len(points))]
    n_filled = min(n_filled, len(points))
    seen = drawn(x, y, levels, n_filled, radius=radius, scale=scale, shaded=shaded)
    ground = draw_surrounds(
        np.array(x, np.float32), np.array(y, np.float32), n_filled, RED, (60, 40), radius, scale
    )
    assert seen.shape == (40, 60, 4)
    within = [0 <= a < 60 and 0 <= b < 40 for a, b in points]
    far = [not (-60 < a < 120 and -60 < b < 100) for a, b in points]
    if any(within):
        assert seen[..., 3].any()
        assert ground.any()
    if all(far):
        assert not seen[..., 3].any()
        assert not ground.any()


def test_what_stands_out_is_seen_around_its_mark() -> None:
    for n_filled in (1, 0):
        mark = drawn([30.5], [20.5], [FIRST], n_filled)[..., 3] > 0
        one = np.array([30.5], np.float32), np.array([20.5], np.float32)
        ground = draw_surrounds(*one, n_filled, (1, 2, 3), (60, 40), 4.0) > 0
        assert ground[mark].all()
        assert (ground & ~mark).sum() > 30


@given(
    st.lists(st.tuples(st.floats(-9, 69), st.floats(-9, 49)), min_size=1, max_size=8),
    st.floats(1.5, 9),
    st.floats(1, 3),
)
def test_marks_above_themselves_look_as_one(points, radius, scale) -> None:
    x, y = (np.array([p[i] for p in points], np.float32) for i in (0, 1))
    seen = []
    for times in (1, 3000):
        x_all, y_all = np.tile(x, times), np.tile(y, times)
        marks = drawn(list(x_all), list(y_all), [FIRST] * len(x_all), 0, radius=radius, scale=scale)
        ground = draw_surrounds(x_all, y_all, 0, RED, (60, 40), radius, scale)
        seen.append((marks, ground))
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])


def test_many_marks_in_one_place_are_fuller_than_few() -> None:
    x = np.r_[np.full(200, 15.5), 45.5]
    seen = drawn(list(x), [20.5] * 201, [FIRST] * 201, radius=1.5, shaded=True)
    assert seen[20, 15, 3] == 255
    assert 90 < seen[20, 45, 3] < 160
    # Premultiplied: no colour is brighter than its alpha allows.
    assert (seen[..., :3] <= seen[..., 3:]).all()


@given(st.integers(1, 10**6), st.floats(1e3, 1e7))
def test_more_marks_are_smaller_ones(n: int, area: float) -> None:
    assert radius_for(2 * n, area) <= radius_for(n, area) <= radius_for(n, 2 * area)


# --- order and colours -------------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(0, 60))
def test_marks_keep_what_belongs_together_and_the_hand_is_on_top(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, n))
    x[rng.random(n) < 0.2] = np.nan
    hand = rng.random(n) < 0.3
    levels = np.where(rng.random(n) < 0.3, GREY, FIRST + np.arange(n)).astype(np.uint16)
    marks = marks_of(np.arange(n) + 100, x, y, levels, hand)
    row = marks.rows - 100
    assert sorted(row) == list(np.flatnonzero(np.isfinite(x)))
    assert np.array_equal(marks.x, x[row])
    assert np.array_equal(marks.y, y[row])
    assert np.array_equal(marks.levels, levels[row])
    assert not hand[row[: marks.n_filled]].any()
    assert hand[row[marks.n_filled :]].all()
    grey = marks.levels[: marks.n_filled] == GREY
    assert not (grey[1:] & ~grey[:-1]).any()


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), max_size=50))
def test_larger_numbers_have_higher_colours(values: list[float]) -> None:
    numbers = np.array(values, np.float64)
    levels, scale = number_levels(numbers)
    known = np.isfinite(numbers)
    assert (levels[~known] == GREY).all()
    assert (levels[known] >= FIRST).all()
    assert (scale is None) == (not known.any())
    order = np.argsort(numbers[known])
    assert (np.diff(levels[known][order].astype(int)) >= 0).all()
    if scale is not None:
        assert scale.below == bool((numbers[known] < scale.low).any())
        assert scale.above == bool((numbers[known] > scale.high).any())


def test_a_full_turn_is_shown_whole() -> None:
    levels, scale = number_levels(np.array([-180.0, 0.0, 179.0]), (-180, 180))
    assert (scale.low, scale.high, scale.below, scale.above) == (-180, 180, False, False)
    assert levels.tolist() == [FIRST, FIRST + 128, FIRST + 254]


@pytest.mark.parametrize(
    ("value", "span", "text"),
    [
        (-0.0001, 1, "0.00"),
        (0.5, 1, "0.50"),
        (88.7, 356, "89"),
        (12345, 40_000, "12,300"),
        (0.00123, 0.01, "0.0012"),
        (3, 0, "3.000"),
        (1e-12, 1e-12, "1e-12"),
    ],
)
def test_numbers_of_a_scale_have_as_many_digits_as_it_asks_for(value, span, text) -> None:
    assert number_text(value, span) == text


# --- picking -----------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.integers(3, 12), st.booleans())
def test_an_outline_holds_the_points_in_it(seed: int, corners: int, box: bool) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 100, (2, 200)).astype(np.float32)
    outline = rng.uniform(0, 100, (corners, 2))
    if box:
        (a, b), (c, d) = outline[:2]
        found = inside(x, y, [(a, b), (c, b), (c, d), (a, d)])
        wanted = (x >= min(a, c)) & (x <= max(a, c)) & (y >= min(b, d)) & (y <= max(b, d))
    else:
        found = inside(x, y, [tuple(corner) for corner in outline])
        wanted = points_in_poly(np.column_stack([x, y]).astype(float), outline)
    assert found.tolist() == np.flatnonzero(wanted).tolist()


def test_two_corners_hold_nothing() -> None:
    x = np.zeros(3, np.float32)
    assert len(inside(x, x, [(-1, -1), (1, 1)])) == 0


@given(st.integers(0, 10_000), st.integers(0, 60), st.floats(0, 40), st.floats(0, 40))
def test_the_nearest_within_reach_is_meant(seed: int, n: int, x: float, y: float) -> None:
    points = np.random.default_rng(seed).uniform(0, 40, (2, n)).astype(np.float32)
    place = nearest(*points, (x, y), 5.0)
    distance = np.hypot(points[0] - x, points[1] - y)
    near = distance.min(initial=np.inf)
    if place < 0:
        assert near > 5 - 1e-3
    else:
        assert distance[place] == pytest.approx(near, abs=1e-3)
        assert near <= 5 + 1e-3


# --- axes --------------------------------------------------------------------------------------


def catalogue(nm: list[float]) -> Catalogue:
    """A catalogue of particles with these pixel sizes."""
    found = Catalogue()
    px, scale = np.arange(1.0, len(nm) + 1), np.array(nm)
    found.measurements = pd.DataFrame(
        {
            "micrograph_id": 1,
            "equivalent_diameter_px": px,
            "equivalent_diameter_nm": px * scale,
            "area_px": px**2,
            "area_nm2": px**2 * scale**2,
            "solidity": 0.5,
            "bbox_top_px": 3,
            "touches_border": True,
        }
    )
    found.particle_ids = np.arange(len(nm))
    return found


@pytest.mark.parametrize(
    ("nm", "units"),
    [
        ([2.0, 2.0], {"nm", "nm\u00b2"}),
        ([2.0, np.nan], {"nm", "nm\u00b2", "px", "px\u00b2"}),
        ([np.nan, np.nan], {"px", "px\u00b2"}),
    ],
)
def test_lengths_are_in_nm_where_there_is_a_scale_and_never_mixed(nm, units) -> None:
    found = [q for q in quantities(catalogue(nm)) if q.kind == "measurement"]
    assert {q.unit for q in found if q.unit} == units
    assert "solidity" in {q.label for q in found}
    assert not any("bbox" in q.key or "touches" in q.key or q.key.endswith("_id") for q in found)
    in_nm = values_of(catalogue(nm), "equivalent_diameter_nm")
    assert np.array_equal(np.isfinite(in_nm), np.isfinite(nm))


def test_what_is_not_known_is_no_number() -> None:
    found = catalogue([1.0])
    for key in ("z:0", "nothing", SIMILARITY):
        assert np.isnan(values_of(found, key)).all()
