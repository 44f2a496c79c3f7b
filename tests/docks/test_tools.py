"""Correcting particles by strokes on the real canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.docks.strokes import crossed
from napari_ssrvae.docks.tools import Tool

# Rows and columns of the disks: 40, 120, 200 by 40, 120, 200, 280.
FIRST, SECOND = (40, 40), (40, 120)


@pytest.fixture
def found(bench: Any) -> Any:
    """A bench with the disks' particles found and the view fitted."""
    bench.open_disks()
    bench.find()
    return bench


def stroke(bench: Any, *points: tuple[float, float]) -> None:
    """Press at the first point, move through the others and let go."""
    from qtpy.QtCore import Qt

    native = bench.viewer.window._qt_viewer.canvas.native
    places = [bench.on_canvas(*point) for point in points]
    bench.qtbot.mouseMove(native, places[0])
    bench.qtbot.mousePress(native, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        bench.qtbot.mouseMove(native, place)
    bench.qtbot.mouseRelease(native, Qt.MouseButton.LeftButton, pos=places[-1])


def drawn(bench: Any) -> None:
    """Check that every layer shows what the session holds."""
    state = bench.session.current
    for role, expected in (
        ("particles", state.labels),
        ("classes", state.shown_classes(bench.session.unsure_below)[state.labels]),
        ("labels by hand", state.by_hand[state.labels]),
    ):
        layer = bench.canvas.drawn_layer(state, role)
        np.testing.assert_array_equal(np.asarray(layer.data), expected)
    features = bench.canvas.drawn_layer(state, "particles").features
    # A row for each label id, as napari's table wants it; empty where there is no particle.
    np.testing.assert_array_equal(features["index"], np.arange(len(state.particle_ids)))
    there = features["class"].notna()
    np.testing.assert_array_equal(features["index"][there], state.label_ids)


def test_a_stroke_splits_a_particle_and_undo_joins_it(found: Any) -> None:
    state, centre = found.session.current, found.viewer.scene.camera.center
    before = state.labels.copy()
    found.click(*FIRST)
    assert found.session.library.labels().size == 1
    found.press(found.workbench.segment.tools.buttons[Tool.SPLIT])
    stroke(found, (20, 38), (40, 40), (60, 42))
    assert state.n_particles == 13
    assert found.session.library.labels().empty
    assert found.viewer.scene.camera.center == centre
    left, right = state.label_at(40, 32), state.label_at(40, 48)
    assert left > 0
    assert right > 0
    assert left != right
    drawn(found)
    found.key("Ctrl+Z")
    assert state.n_particles == 12
    np.testing.assert_array_equal(state.labels > 0, before > 0)
    assert state.by_hand[state.label_at(*FIRST)]
    drawn(found)
    found.key("Ctrl+Shift+Z")
    assert state.n_particles == 13
    drawn(found)


def test_a_click_deletes_and_a_stroke_deletes_several(found: Any) -> None:
    state = found.session.current
    found.key("D")
    assert found.canvas.tools.tool is Tool.DELETE
    found.click(*FIRST)
    assert state.n_particles == 11
    assert state.label_at(*FIRST) == 0
    stroke(found, (120, 20), (120, 200))
    assert state.n_particles == 8
    drawn(found)
    found.press(found.workbench.label.undo)
    found.press(found.workbench.label.undo)
    assert state.n_particles == 12


def test_the_delete_key_deletes_what_the_mouse_points_at(found: Any) -> None:
    state = found.session.current
    found.hover(*SECOND)
    found.key("Delete")
    assert state.n_particles == 11
    assert state.label_at(*SECOND) == 0
    drawn(found)


def test_a_painted_particle_is_measured_and_cut_out_like_the_others(found: Any) -> None:
    session, state = found.session, found.session.current
    found.key("P")
    found.workbench.segment.tools.radius.setValue(7)
    assert found.canvas.tools.radius_px == 7
    stroke(found, (80, 70), (80, 90))
    assert state.n_particles == 13
    new = state.label_at(80, 80)
    area = np.count_nonzero(state.labels == new)
    assert area == pytest.approx(20 * 14 + np.pi * 49, rel=0.2)
    row = session.library.particles().loc[int(state.particle_ids[new])]
    assert row["area_px"] == area
    drawn(found)
    found.key("Ctrl+Z")
    assert state.label_at(80, 80) == 0


def test_a_stroke_merges_what_it_crosses(found: Any) -> None:
    state = found.session.current
    found.key("S")
    stroke(found, (20, 40), (60, 40))
    assert state.n_particles == 13
    found.key("M")
    stroke(found, (40, 30), (40, 50))
    assert state.n_particles == 12
    assert state.label_at(40, 32) == state.label_at(40, 48) > 0
    drawn(found)


def test_what_cannot_be_done_is_one_sentence(found: Any) -> None:
    hint = found.workbench.segment.tools.hint
    found.key("M")
    stroke(found, (40, 36), (40, 44))
    assert "one particle only" in hint.text()
    stroke(found, (80, 70), (80, 90))
    assert "no particle" in hint.text()
    found.key("S")
    stroke(found, (40, 38), (40, 42))
    assert "\u26a0" in hint.text()
    assert found.session.current.n_particles == 12


def test_a_tool_and_labelling_exclude_each_other(found: Any) -> None:
    label, tools = found.workbench.label, found.canvas.tools
    assert label.click.isChecked()
    found.key("S")
    assert not label.click.isChecked()
    found.click(*FIRST)
    assert not found.session.current.by_hand.any()
    found.key("Escape")
    assert tools.tool is None
    assert label.click.isChecked()
    found.key("S")
    found.press(label.click)
    assert tools.tool is None
    assert not found.workbench.segment.tools.buttons[Tool.SPLIT].isChecked()


def test_a_stroke_leaves_nothing_behind(found: Any) -> None:
    names = [layer.name for layer in found.viewer.layers]
    found.key("S")
    stroke(found, (20, 40), (60, 40))
    found.key("Escape")
    assert [layer.name for layer in found.viewer.layers] == names
    assert found.viewer.scene.camera.mouse_pan


def test_without_particles_there_are_no_tools(bench: Any) -> None:
    bench.open_disks()
    assert not bench.workbench.segment.tools.isVisible()
    bench.key("S")
    assert bench.canvas.tools.tool is None


def test_labels_and_training_work_with_gaps_between_the_numbers(found: Any) -> None:
    session, state = found.session, found.session.current
    found.key("D")
    found.click(*FIRST)
    found.key("Escape")
    found.click(*SECOND)
    label_id = state.label_at(*SECOND)
    assert state.by_hand[label_id] == session.active_class_id
    drawn(found)
    features = found.canvas.drawn_layer(state, "particles").features.set_index("index")
    assert features.loc[label_id, "by"] == "hand"
    assert (features["by"] == "hand").sum() == 1


def test_the_brush_grows_and_shrinks_by_key(found: Any) -> None:
    tools = found.canvas.tools
    found.key("P")
    before = tools.radius_px
    found.key("]")
    assert tools.radius_px > before
    found.key("[")
    found.key("[")
    assert tools.radius_px < before
    tools.set_radius(1)
    found.key("[")
    assert tools.radius_px == 1


@given(st.lists(st.tuples(st.floats(-20, 80), st.floats(-20, 80)), min_size=1, max_size=6))
def test_a_stroke_crosses_every_particle_that_its_points_lie_in(
    points: list[tuple[float, float]],
) -> None:
    labels = np.arange(36, dtype=np.int32).reshape(6, 6).repeat(10, 0).repeat(10, 1)
    hit = crossed(labels, np.array(points))
    ids = [label_id for label_id, _ in hit]
    assert len(set(ids)) == len(ids)
    assert 0 not in ids
    for row, column in np.rint(points).astype(int):
        if 0 <= row < 60 and 0 <= column < 60 and labels[row, column]:
            assert labels[row, column] in ids
