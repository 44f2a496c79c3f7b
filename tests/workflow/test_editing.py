"""Editing a mask by hand: what becomes of the pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.editing import (
    MaskEdit,
    delete_particles,
    merge_particles,
    paint_particle,
    split_particle,
)

CORNERS = np.ones((3, 3))


def squares() -> np.ndarray:
    """1 and 2 touch, 3 is 4 px right of 2, 4 lies far away and at the edge."""
    mask = np.zeros((60, 90), np.int32)
    mask[10:20, 10:20] = 1
    mask[10:20, 20:30] = 2
    mask[10:20, 34:44] = 3
    mask[50:60, 80:90] = 4
    return mask


def after(mask: np.ndarray, edit: MaskEdit) -> np.ndarray:
    changed = mask.copy()
    edit.pixels.write(changed)
    back = changed.copy()
    edit.pixels.inverse().write(back)
    assert np.array_equal(back, mask)
    assert set(np.unique(changed)) - {0} == (
        (set(np.unique(mask)) - {0} - set(edit.removed)) | set(edit.added)
    )
    # All others keep every pixel and gain none.
    for label_id in set(np.unique(mask)) - {0} - set(edit.removed):
        assert np.array_equal(changed == label_id, mask == label_id)
    return changed


def test_deleted_particles_are_background() -> None:
    mask = squares()
    edit = delete_particles(mask, [2, 4])
    assert edit.removed == (2, 4)
    assert edit.added == ()
    changed = after(mask, edit)
    assert np.array_equal(changed, np.where(np.isin(mask, [2, 4]), 0, mask))
    assert edit.pixels.region == (slice(10, 60), slice(20, 90))


@pytest.mark.parametrize("label_ids", [[], [5], [0], [-1], [1, 99]])
def test_what_is_not_there_cannot_be_deleted(label_ids: list[int]) -> None:
    with pytest.raises(InputError, match="particle"):
        delete_particles(squares(), label_ids)
    with pytest.raises(InputError, match="particle"):
        delete_particles(squares(), label_ids, boxes=np.zeros((6, 4), np.int64))


def test_touching_particles_merge_without_a_new_pixel() -> None:
    mask = squares()
    changed = after(mask, edit := merge_particles(mask, [1, 2]))
    assert edit.added == (5,)
    assert np.array_equal(changed == 5, np.isin(mask, [1, 2]))


def test_a_gap_is_bridged_where_it_is_narrow() -> None:
    mask = squares()
    changed = after(mask, merge_particles(mask, [2, 3]))
    new = changed == 5
    assert ndimage.label(new, structure=CORNERS)[1] == 1
    bridge = new & ~np.isin(mask, [2, 3])
    row, column = np.nonzero(bridge)
    assert (row.min(), row.max()) == (10, 19)
    assert (column.min(), column.max()) == (30, 33)


def test_a_bridge_spares_the_data_bar_and_others() -> None:
    mask = squares()
    mask[12, 31:33] = 9
    changed = after(mask, merge_particles(mask, [2, 3], data_bar=(16, 60)))
    bridge = (changed == 10) & ~np.isin(mask, [2, 3])
    assert bridge.any()
    assert not bridge[16:].any()
    assert (changed == 9).sum() == 2


def test_several_are_merged_over_the_one_in_the_middle() -> None:
    mask = squares()
    edit = merge_particles(mask, [3, 1, 2])
    assert ndimage.label(after(mask, edit) == 5, structure=CORNERS)[1] == 1


@pytest.mark.parametrize(
    ("label_ids", "word"),
    [([1], "two"), ([1, 1], "two"), ([1, 4], "far apart"), ([2, 77], "77")],
)
def test_a_merge_that_makes_no_sense(label_ids: list[int], word: str) -> None:
    with pytest.raises(InputError, match=word):
        merge_particles(squares(), label_ids)


def test_a_wall_between_two_particles_keeps_them_apart() -> None:
    mask = squares()
    mask[:, 31] = 9
    with pytest.raises(InputError, match="between"):
        merge_particles(mask, [2, 3])
    assert ndimage.label(after(mask, merge_particles(mask, [2, 9, 3])) == 10, CORNERS)[1] == 1


def test_a_stroke_splits_and_leaves_no_gap() -> None:
    mask = squares()
    changed = after(mask, edit := split_particle(mask, 1, [(5, 13), (25, 13)]))
    assert edit.removed == (1,)
    assert edit.added == (5, 6)
    assert np.array_equal(np.isin(changed, [5, 6]), mask == 1)
    # The larger part is the first, and the line's own pixels lie with a neighbour.
    assert 60 <= (changed == 5).sum() <= 70
    assert (changed[10:20, 10:13] == 6).all()


@pytest.mark.parametrize(
    "points",
    [
        [(5, 14), (14, 14)],  # ends inside
        [(30, 0), (30, 80)],  # beside it
        [(15, 15)],  # no line
        [(11, 9), (9, 11)],  # off the corner: nothing is left of it
        [(5, 10), (25, 10)],  # along the edge
    ],
)
def test_a_stroke_that_does_not_divide(points: list[tuple[float, float]]) -> None:
    with pytest.raises(InputError, match="does not divide"):
        split_particle(squares(), 1, points)


@pytest.mark.parametrize("points", [[], [(1, 2, 3)], [(np.nan, 2), (3, 4)], "ab", [[1, 2], [3]]])
def test_a_stroke_that_is_none(points: object) -> None:
    with pytest.raises(InputError, match="stroke"):
        split_particle(squares(), 1, points)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="stroke"):
        paint_particle(squares(), points, 3)  # type: ignore[arg-type]


def test_a_zigzag_makes_three() -> None:
    mask = squares()
    edit = split_particle(mask, 3, [(5, 37), (25, 37), (25, 41), (5, 41)])
    assert edit.added == (5, 6, 7)
    assert np.array_equal(np.isin(after(mask, edit), [5, 6, 7]), mask == 3)


def test_fragments_are_parted_by_a_stroke_between_them() -> None:
    mask = squares()
    mask[mask == 3] = 2
    changed = after(mask, edit := split_particle(mask, 2, [(0, 32), (40, 32)]))
    assert edit.added == (5, 6)
    assert len(np.unique(changed[10:20, 20:30])) == len(np.unique(changed[10:20, 34:44])) == 1


def test_a_painted_particle_is_what_the_brush_met() -> None:
    mask = squares()
    changed = after(mask, edit := paint_particle(mask, [(40, 20), (40, 40)], 3))
    assert edit.removed == ()
    assert edit.added == (5,)
    y, x = np.mgrid[:60, :90]
    distance = np.hypot(y - 40, x - np.clip(x, 20, 40))
    assert np.array_equal(changed == 5, distance <= 3)


def test_the_brush_spares_particles_and_the_data_bar() -> None:
    mask = squares()
    changed = after(mask, paint_particle(mask, [(15, 32)], 4, data_bar=(17, 60)))
    new = changed == 5
    assert new.any()
    assert not new[17:].any()
    assert not (new & (mask > 0)).any()


def test_the_largest_piece_of_a_stroke_is_the_particle() -> None:
    mask = squares()
    changed = after(mask, paint_particle(mask, [(15, 4), (15, 32)], 2))
    _row, column = np.nonzero(changed == 5)
    assert column.max() < 10
    assert ndimage.label(changed == 5, structure=CORNERS)[1] == 1


@pytest.mark.parametrize(
    ("points", "radius", "word"),
    [
        ([(15, 15)], 3, "fewer than"),
        ([(200, 200)], 3, "fewer than"),
        ([(-1e9, -1e9)], 3, "fewer than"),
        ([(40, 40)], 0.4, "fewer than"),
        ([(40, 40)], 0, "radius"),
        ([(40, 40)], -2, "radius"),
        ([(40, 40)], np.nan, "radius"),
        ([(40, 40)], 1e9, "radius"),
    ],
)
def test_a_stroke_of_the_brush_that_makes_no_sense(
    points: list[tuple[float, float]], radius: float, word: str
) -> None:
    with pytest.raises(InputError, match=word):
        paint_particle(squares(), points, radius)


at = st.tuples(st.floats(-5, 45), st.floats(-5, 45))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 999),
    kind=st.sampled_from(["delete", "merge", "split", "paint"]),
    points=st.lists(at, min_size=1, max_size=4),
    radius=st.floats(0.5, 8),
    data=st.data(),
)
def test_any_edit_of_any_mask_keeps_the_rules(
    seed: int, kind: str, points: list[tuple[float, float]], radius: float, data: st.DataObject
) -> None:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(40, 40)), 2)
    mask = ndimage.label(noise > 0.05, structure=CORNERS)[0].astype(np.int32)
    bar = (34, 40)
    label_ids = st.integers(1, max(1, int(mask.max())))
    boxes = np.zeros((int(mask.max()) + 1, 4), np.int64)
    for i, (rows, columns) in enumerate(ndimage.find_objects(mask), start=1):
        boxes[i] = rows.start, columns.start, rows.stop, columns.stop
    try:
        if kind == "delete":
            edit = delete_particles(mask, data.draw(st.lists(label_ids, max_size=4)), boxes=boxes)
        elif kind == "merge":
            chosen = data.draw(st.lists(label_ids, min_size=2, max_size=4))
            edit = merge_particles(mask, chosen, data_bar=bar)
        elif kind == "split":
            edit = split_particle(mask, data.draw(label_ids), points, boxes=boxes)
        else:
            edit = paint_particle(mask, points, radius, data_bar=bar)
    except InputError:
        return
    changed = after(mask, edit)
    new = np.isin(changed, edit.added)
    old = np.isin(mask, edit.removed)
    if kind == "split":
        assert len(edit.added) >= 2
        assert np.array_equal(new, old)
        sizes = [int((changed == i).sum()) for i in edit.added]
        assert min(sizes) >= 5
    elif kind == "merge":
        assert not (new & ~old)[bar[0] :].any()
        assert (new | ~old).all()
        assert ndimage.label(new, structure=CORNERS)[1] == 1
    elif kind == "paint":
        assert not (new & (mask > 0)).any()
        assert not new[bar[0] :].any()
        assert ndimage.label(new, structure=CORNERS)[1] == 1
