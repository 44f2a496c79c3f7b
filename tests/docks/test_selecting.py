"""Selecting on the micrograph: clicks, box and lasso, rings, the tip, the table, jumps."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication
from tests.conftest import disks

from napari_ssrvae.docks.outlines import MOST_PX, outline_px
from napari_ssrvae.docks.select_row import SelectRow
from napari_ssrvae.docks.selecting import particles_inside
from napari_ssrvae.docks.tip import tip_text
from napari_ssrvae.docks.tools import Tool
from napari_ssrvae.library import ParticleClass

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def found(bench: Any) -> Any:
    """A bench with the disks' particles found."""
    bench.open_disks()
    bench.find()
    bench.viewer.reset_view()
    return bench


def drag(
    bench: Any,
    *points: tuple[float, float],
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press at the first point, move through the others and let go."""
    native = bench.viewer.window._qt_viewer.canvas.native
    places = [bench.on_canvas(*point) for point in points]
    kinds = QEvent.Type

    def send(kind: QEvent.Type, at: Any, held: Qt.MouseButton) -> None:
        what = Qt.MouseButton.NoButton if kind == kinds.MouseMove else button
        there = QPointF(native.mapToGlobal(at))
        event = QMouseEvent(kind, QPointF(at), there, what, held, modifiers)
        QApplication.sendEvent(native, event)

    send(kinds.MouseButtonPress, places[0], button)
    for at in places[1:]:
        send(kinds.MouseMove, at, button)
    send(kinds.MouseButtonRelease, places[-1], Qt.MouseButton.NoButton)


def at_centres(bench: Any, *centres: tuple[int, int]) -> list[int]:
    """Return the particles at these places."""
    state = bench.session.current
    return sorted(int(state.particle_ids[state.label_at(*centre)]) for centre in centres)


def test_a_box_selects_and_labels_as_one_act(found: Any) -> None:
    session, state, camera = found.session, found.session.current, found.viewer.scene.camera
    centre, zoom = tuple(camera.center), camera.zoom
    row = SelectRow(found.canvas)
    found.qtbot.addWidget(row)
    found.press(row.buttons[Tool.BOX])
    assert found.workbench.label.click.isChecked()
    drag(found, (15, 15), (100, 100), (140, 140))
    inside = at_centres(found, (40, 40), (40, 120), (120, 40), (120, 120))
    assert session.selection.ids.tolist() == inside
    assert session.library.labels().to_dict() == dict.fromkeys(inside, session.active_class_id)
    assert (tuple(camera.center), camera.zoom) == (centre, zoom)
    found.key("Ctrl+Z")
    assert session.library.labels().empty
    found.key("Ctrl+Shift+Z")
    # With Ctrl: only added to the selection. With Alt: only selected, and napari's zoom box stays away.
    drag(found, (15, 185), (140, 215), modifiers=CONTROL)
    more = at_centres(found, (40, 200), (120, 200))
    assert session.selection.ids.tolist() == sorted([*inside, *more])
    drag(found, (15, 185), (140, 215), modifiers=ALT)
    assert session.selection.ids.tolist() == more
    assert camera.zoom == zoom
    assert len(session.library.labels()) == 4
    # The right button takes labels off, as one act.
    drag(found, (15, 15), (140, 60), button=RIGHT)
    assert sorted(session.library.labels().index) == at_centres(found, (40, 120), (120, 120))
    assert camera.zoom == zoom
    found.key("Escape")
    assert found.canvas.tools.tool is None
    assert not row.buttons[Tool.BOX].isChecked()
    assert camera.mouse_pan
    assert camera.mouse_zoom
    assert state.n_particles == 12


def test_a_lasso_takes_what_its_loop_holds_and_a_click_is_still_a_click(found: Any) -> None:
    session = found.session
    found.key("L")
    # A triangle: the disk at (120, 120) lies in its box but not in it.
    drag(found, (10, 10), (10, 300), (60, 140), (140, 10))
    wanted = at_centres(found, (40, 40), (40, 120), (40, 200), (120, 40))
    got = session.selection.ids.tolist()
    assert set(at_centres(found, (40, 40), (40, 120))) <= set(got) <= set(wanted)
    assert at_centres(found, (120, 120))[0] not in got
    found.click(*found.label_position(session.current.label_at(120, 120)))
    assert session.selection.ids.tolist() == at_centres(found, (120, 120))
    assert at_centres(found, (120, 120))[0] in session.library.labels()
    said: list[str] = []
    found.canvas.message.connect(said.append)
    drag(found, (70, 60), (90, 100), (75, 100))
    assert "No particle" in said[-1], said


def test_clicks_select_and_rings_show_it(found: Any) -> None:
    session, state = found.session, found.session.current
    rings = found.canvas.rings
    assert not rings.layer.visible
    found.click(*found.label_position(3))
    assert session.selection.focus == state.particle_ids[3]
    found.qtbot.waitUntil(lambda: rings.layer.visible, timeout=5000)
    drag(found, (120, 120), (120, 120), modifiers=CONTROL)
    added = at_centres(found, (120, 120))[0]
    assert set(session.selection.ids) == {int(state.particle_ids[3]), added}
    assert added not in session.library.labels()
    found.qtbot.waitUntil(lambda: len(rings.layer.data) == 2, timeout=5000)
    top, left, bottom, right = state.boxes[3]
    middle = ((top + bottom - 1) / 2, (left + right - 1) / 2)
    assert min(np.hypot(*(rings.layer.data - middle).T)) < 1e-6
    # Napari's table and the selection are one.
    particles = found.canvas.drawn_layer(state, "particles")
    found.qtbot.waitUntil(
        lambda: particles.selected_label == state.label_at(120, 120), timeout=5000
    )
    assert particles.features.loc[particles.selected_label, "index"] == state.label_at(120, 120)
    particles.selected_label = 10
    assert session.selection.ids.tolist() == [int(state.particle_ids[10])]
    # Labelling switched off: a click selects and labels nothing.
    labels = session.library.labels().to_dict()
    found.press(found.workbench.label.click)
    found.click(*found.label_position(5))
    assert session.selection.ids.tolist() == [int(state.particle_ids[5])]
    assert session.library.labels().to_dict() == labels
    found.key("Escape")
    found.qtbot.waitUntil(lambda: not rings.layer.visible, timeout=5000)
    # A ring layer that was deleted comes back with the next selection.
    found.viewer.layers.remove(rings.layer)
    session.selection.select([int(state.particle_ids[1])])
    found.qtbot.waitUntil(lambda: rings.layer is not None and rings.layer.visible, timeout=5000)


def test_a_jump_opens_the_micrograph_and_the_tip_says_what_is_there(
    bench: Any, tmp_path: Path
) -> None:
    import tifffile

    image, _ = disks(seed=5)
    tifffile.imwrite(tmp_path / "first.tif", image)
    bench.viewer.open(str(tmp_path / "first.tif"), plugin="napari-ssrvae")
    bench.find()
    session, state = bench.session, bench.session.current
    session.assign([int(state.particle_ids[4])], session.classes[0].class_id)
    bench.hover(*bench.label_position(4))
    tip = bench.canvas._tip.label
    bench.qtbot.waitUntil(tip.isVisible, timeout=5000)
    assert "by hand" in tip.text()
    assert session.classes[0].name in tip.text()
    assert tip.textFormat() == Qt.TextFormat.PlainText
    bench.click(*bench.label_position(4))
    assert not tip.isVisible()

    particle_id = int(state.particle_ids[11])
    bench.viewer.scene.camera.center = (0, 0)
    session.selection.jump(particle_id)
    top, left, bottom, right = state.boxes[11]
    world = bench.canvas.image_layer(state).data_to_world(
        ((top + bottom - 1) / 2, (left + right - 1) / 2)
    )
    np.testing.assert_allclose(np.asarray(bench.viewer.scene.camera.center)[-2:], world, atol=1e-6)
    assert session.selection.focus == particle_id


CLASSES = [ParticleClass(1, "<b>rod</b>", "#e69f00", 0), ParticleClass(2, "cube", "#56b4e9", 1)]


@pytest.mark.parametrize(
    ("hand", "model", "nm", "lines"),
    [
        (0, 0, 2.0, ["not labelled", "24.5 nm across"]),
        (0, 2, 2.0, ["cube 0.87, by the model", "24.5 nm across"]),
        (1, 2, None, ["<b>rod</b>, by hand", "model: cube 0.87", "12.3 px across"]),
        (1, 0, None, ["<b>rod</b>, by hand", "12.3 px across"]),
    ],
)
def test_the_tip_says_class_who_and_size(
    hand: int, model: int, nm: float | None, lines: list[str]
) -> None:
    table = pd.DataFrame(
        {"equivalent_diameter_px": [12.26], "equivalent_diameter_nm": [24.52]}, index=[77]
    )
    state: Any = SimpleNamespace(
        by_hand=np.array([0, hand]),
        by_model=np.array([0, model]),
        probability=np.array([np.nan, 0.87 if model else np.nan]),
        novelty=np.array([np.nan, 0.1 if model else np.nan]),
        particle_ids=np.array([0, 77]),
        table=table,
        micrograph=SimpleNamespace(pixel_size_nm=nm),
    )
    assert tip_text(state, 1, CLASSES).split("\n") == lines


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=20),
    st.tuples(*[st.floats(0, 100)] * 4),
)
def test_a_box_holds_exactly_the_centroids_between_its_edges(
    centroids: list[tuple[float, float]], box: tuple[float, float, float, float]
) -> None:
    y0, x0, y1, x1 = min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1:4:2])
    table = pd.DataFrame(centroids, columns=["centroid_y_px", "centroid_x_px"])
    table.index = np.arange(5, 5 + len(table))[::-1]
    outline = np.array([(y0, x0), (y0, x1), (y1, x1), (y1, x0)])
    state: Any = SimpleNamespace(table=table)
    got = particles_inside(state, outline)
    # What lies on an edge may fall to either side.
    for particle_id, (y, x) in zip(table.index, centroids, strict=True):
        deep = min(y - y0, y1 - y, x - x0, x1 - x)
        if abs(deep) > 1e-6:
            assert (particle_id in got) == (deep > 0)
    assert got.tolist() == sorted(got.tolist())


@given(st.floats(0.5, 6), st.floats(0.01, 200))
def test_outlines_are_as_wide_as_pixels_allow(on_screen: float, edge: float) -> None:
    px = outline_px(on_screen, edge)
    assert 1 <= px <= MOST_PX
    if 1 < px < MOST_PX:
        assert abs(px * edge - on_screen) <= edge / 2 + 1e-9


def test_fewer_rings_of_other_colours_come_after_none(found: Any) -> None:
    """Hidden in between, napari's layer still knows the places of the many."""
    session, rings = found.session, found.canvas.rings
    ids = session.current.particle_ids[1:]
    session.selection.select(ids)
    found.qtbot.waitUntil(lambda: rings.layer is not None and len(rings.layer.data) == len(ids))
    session.selection.clear()
    found.qtbot.waitUntil(lambda: not rings.layer.visible)
    session.selection.select(ids[:3], focus=int(ids[1]))
    found.qtbot.waitUntil(lambda: rings.layer.visible)
    assert len(rings.layer.data) == 3
    assert len({tuple(colour) for colour in rings.layer.border_color}) == 2
    session.selection.clear()
