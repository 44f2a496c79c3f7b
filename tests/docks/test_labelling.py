"""Labels by mouse and keyboard on the real canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.fixture
def found(bench: Any) -> Any:
    """A bench with the disks' particles found."""
    bench.open_disks()
    bench.find()
    return bench


def label_at(bench: Any, centre: np.ndarray) -> int:
    state = bench.session.current
    return state.label_at(*centre)


def test_find_fills_an_instance_layer_and_a_class_layer(found: Any) -> None:
    state = found.session.current
    particles = found.canvas.drawn_layer(state, "particles")
    classes = found.canvas.drawn_layer(state, "classes")
    assert state.n_particles == 12
    np.testing.assert_array_equal(particles.data, state.labels)
    assert classes.data.shape == state.labels.shape
    assert not classes.data.any()


def test_click_gives_the_active_class_and_again_takes_it_off(found: Any) -> None:
    session = found.session
    label_id = 5
    row, column = found.label_position(label_id)
    first, second = (c.class_id for c in session.classes[:2])

    found.click(row, column)
    state = session.current
    assert state.by_hand[label_id] == first
    classes = found.canvas.drawn_layer(state, "classes")
    assert (classes.data[state.labels == label_id] == first).all()
    assert (classes.data[state.labels != label_id] == 0).all()
    assert session.library.labels().to_dict() == {int(state.particle_ids[label_id]): first}

    session.set_active_class(second)
    found.click(row, column)
    assert state.by_hand[label_id] == second
    found.click(row, column)
    assert state.by_hand[label_id] == 0
    assert session.library.labels().empty


def test_right_click_takes_the_label_off(found: Any) -> None:
    row, column = found.label_position(3)
    found.click(row, column)
    assert found.session.current.by_hand[3]
    found.click(row, column, button="right")
    assert not found.session.current.by_hand[3]


def test_a_drag_pans_and_labels_nothing(found: Any) -> None:
    row, column = found.label_position(3)
    found.click(row, column, to=(40, 25))
    assert not found.session.current.by_hand.any()


def test_a_click_on_the_background_does_nothing(found: Any) -> None:
    found.click(80, 80)
    assert not found.session.current.by_hand.any()


def test_keys_choose_and_assign_under_the_mouse(found: Any) -> None:
    session = found.session
    row, column = found.label_position(7)
    found.hover(row, column)
    found.key("2")
    assert session.active_class_id == session.classes[1].class_id
    assert session.current.by_hand[7] == session.classes[1].class_id
    found.key("0")
    assert session.current.by_hand[7] == 0


@pytest.mark.parametrize("role", ["image", "particles", "classes", "labels by hand"])
def test_keys_work_whatever_layer_is_active(found: Any, role: str) -> None:
    state = found.session.current
    layer = (
        found.canvas.image_layer(state)
        if role == "image"
        else found.canvas.drawn_layer(state, role)
    )
    found.viewer.layers.selection.active = layer
    row, column = found.label_position(2)
    found.hover(row, column)
    found.key("3")
    assert state.by_hand[2] == found.session.classes[2].class_id
    assert str(layer.mode) == "pan_zoom"


def test_undo_and_redo_by_key_and_button(found: Any) -> None:
    state = found.session.current
    found.click(*found.label_position(1))
    found.click(*found.label_position(2))
    found.key("Ctrl+Z")
    assert (state.by_hand[1] > 0, state.by_hand[2] > 0) == (True, False)
    found.press(found.workbench.label.undo)
    assert not state.by_hand.any()
    found.key("Ctrl+Shift+Z")
    found.press(found.workbench.label.redo)
    assert (state.by_hand[[1, 2]] > 0).all()
    classes = found.canvas.drawn_layer(state, "classes")
    assert set(np.unique(state.labels[classes.data > 0])) == {1, 2}


def test_labelling_can_be_switched_off(found: Any) -> None:
    found.press(found.workbench.label.click)
    found.click(*found.label_position(1))
    assert not found.session.current.by_hand.any()


def test_counts_beside_each_class(found: Any) -> None:
    for label_id in (1, 2, 3):
        found.click(*found.label_position(label_id))
    cell = found.workbench.label.table.model().index(0, 2)
    found.qtbot.waitUntil(lambda: cell.data() == "3", timeout=5000)
    assert found.workbench.label.status == "3 by hand"


def test_clicks_hit_the_same_particle_in_nm(bench: Any) -> None:
    bench.open_disks()
    bench.workbench.bar.pixel_size.setValue(2.5)
    bench.find()
    layer = bench.canvas.image_layer(bench.session.current)
    assert tuple(layer.scale) == (2.5, 2.5)
    assert str(layer.units[-1]) == "nanometer"
    bench.viewer.reset_view()
    bench.click(*bench.label_position(4))
    assert bench.session.current.by_hand[4]
    table = bench.session.library.particles()
    np.testing.assert_allclose(table["area_nm2"], table["area_px"] * 2.5**2, rtol=1e-6)


def test_a_renamed_class_keeps_its_labels(found: Any) -> None:
    found.click(*found.label_position(1))
    names = found.workbench.label.table.model()
    assert names.setData(names.index(0, 1), "rod")
    assert found.session.classes[0].name == "rod"
    assert found.session.current.by_hand[1] == found.session.classes[0].class_id
    found.canvas.hand.undo()
    assert found.session.classes[0].name != "rod"
    assert names.index(0, 1).data() == found.session.classes[0].name


def test_two_classes_cannot_share_a_name(found: Any) -> None:
    names = [c.name for c in found.session.classes]
    table = found.workbench.label.table.model()
    assert not table.setData(table.index(0, 1), names[1])
    assert [c.name for c in found.session.classes] == names
    assert names[1] in found.workbench.label.hint.text()
    assert table.index(0, 1).data() == names[0]


def test_the_second_of_two_quick_clicks_counts_and_does_not_zoom(found: Any) -> None:
    from qtpy.QtCore import Qt

    state, camera = found.session.current, found.viewer.scene.camera
    zoom, at = camera.zoom, found.on_canvas(*found.label_position(3))
    native = found.viewer.window._qt_viewer.canvas.native
    found.click(*found.label_position(3))
    assert state.by_hand[3]
    found.qtbot.mouseDClick(native, Qt.MouseButton.LeftButton, pos=at)
    assert not state.by_hand[3]
    assert camera.zoom == zoom
    found.click(80, 80)
    assert "no particle here" in found.workbench.bar.hint.text()
    # On the background it is napari's zoom.
    found.qtbot.mouseDClick(native, Qt.MouseButton.LeftButton, pos=found.on_canvas(80, 80))
    assert camera.zoom > zoom
