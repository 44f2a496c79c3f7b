"""Places where a click or a scale could go wrong: planes of a stack, hidden and moved layers, floating docks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.conftest import disks

from napari_ssrvae.session import Session

GREY = disks()[0]


def test_a_hidden_micrograph_takes_no_click(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    state = bench.session.current
    for layer in bench.viewer.layers:
        layer.visible = False
    bench.click(*bench.label_position(4))
    assert not state.by_hand.any()


def test_another_plane_of_a_stack_is_another_micrograph(bench: Any) -> None:
    bench.viewer.add_image(np.stack([GREY, GREY[::-1].copy()]), name="stack")
    first = bench.session.current
    bench.viewer.dims.set_current_step(0, 0)
    if bench.canvas.other_plane_in_view:
        bench.press(bench.workbench.bar.plane)
        first = bench.session.current
    bench.find()
    bench.viewer.dims.set_current_step(0, 1)
    assert bench.workbench.bar.plane.isVisible()
    bench.click(*bench.label_position(3))
    assert not first.by_hand.any()

    bench.press(bench.workbench.bar.plane)
    second = bench.session.current
    assert second is not first
    np.testing.assert_array_equal(second.micrograph.image, first.micrograph.image[::-1])
    assert not bench.workbench.bar.plane.isVisible()


def test_a_stack_stays_in_view_whichever_of_its_planes_is_worked_on(bench: Any) -> None:
    stack = bench.viewer.add_image(np.stack([GREY, GREY[::-1].copy()]), name="stack")
    states = {}
    for step in (0, 1, 0, 1, 0):
        bench.viewer.dims.set_current_step(0, step)
        if bench.canvas.other_plane_in_view:
            bench.press(bench.workbench.bar.plane)
        states.setdefault(step, bench.session.current)
        assert bench.session.current is states[step]
        assert stack.visible
        if states[step].labels is None:
            bench.find()
        # A look at its layer is no change of the plane.
        bench.viewer.layers.selection.active = bench.canvas.drawn_layer(states[step], "particles")
        bench.viewer.layers.selection.active = stack
        assert bench.session.current is states[step]
    bench.press(bench.workbench.segment.find)
    bench.canvas.session.set_current(states[1])
    bench.qtbot.waitUntil(lambda: not bench.canvas.segmentation.running, timeout=10_000)
    assert stack.visible


def test_pixels_that_are_replaced_are_another_micrograph(bench: Any) -> None:
    bench.open_disks()
    first = bench.session.current
    layer = bench.canvas.image_layer(first)
    layer.data = GREY[:, ::-1].copy()
    state = bench.canvas.adopt(layer)
    assert state is not first
    np.testing.assert_array_equal(state.micrograph.image, GREY[:, ::-1])


def test_a_moved_micrograph_comes_back_to_its_place(bench: Any) -> None:
    bench.viewer.add_image(
        GREY, name="moved", translate=(500, -80), scale=(2, 2), units=("nm", "nm")
    )
    bench.find()
    state = bench.session.current
    bench.viewer.layers.remove(bench.canvas.image_layer(state))
    bench.press(bench.workbench.bar.again)
    image = bench.canvas.image_layer(state)
    assert tuple(image.translate) == (500, -80)
    assert tuple(image.scale) == (2, 2)
    particles = bench.canvas.drawn_layer(state, "particles")
    assert tuple(particles.translate) == (500, -80)
    bench.viewer.reset_view()
    bench.click(*bench.label_position(6))
    assert state.by_hand[6]


def test_a_layer_in_micrometres_stays_where_it_is(bench: Any) -> None:
    bench.viewer.add_image(
        GREY, name="um", translate=(0.1, 0.2), scale=(0.002, 0.002), units=("um", "um")
    )
    bench.find()
    state = bench.session.current
    assert state.micrograph.pixel_size_nm == pytest.approx(2.0)
    image = bench.canvas.image_layer(state)
    particles = bench.canvas.drawn_layer(state, "particles")
    for layer in (image, particles):
        assert tuple(layer.translate) == pytest.approx((0.1, 0.2))
        assert tuple(layer.scale) == pytest.approx((0.002, 0.002))
        assert str(layer.units[-1]) == "micrometer"


def test_pixels_that_are_not_square_are_refused(bench: Any) -> None:
    bench.viewer.add_image(GREY, name="oblong", scale=(1, 2), units=("nm", "nm"))
    assert bench.session.current is None
    assert "1 x 2 nm" in bench.workbench.bar.hint.text()


def test_without_the_hand_a_key_only_chooses(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    bench.press(bench.workbench.label.click)
    bench.hover(*bench.label_position(2))
    bench.key("2")
    assert bench.session.active_class_id == bench.session.classes[1].class_id
    assert not bench.session.current.by_hand.any()


def test_closing_a_floating_dock_ends_nothing(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    dock, _ = bench.viewer.window.add_plugin_dock_widget("napari-ssrvae", "3 Train")
    dock.setFloating(True)
    dock.show()
    bench.qtbot.waitUntil(dock.isVisible, timeout=5000)
    abandoned: list[bool] = []
    bench.canvas.training.abandon = lambda: abandoned.append(True)  # type: ignore[method-assign]
    dock.close()
    bench.qtbot.waitUntil(lambda: not dock.isVisible(), timeout=5000)
    assert not abandoned
    del bench.canvas.training.abandon
    assert bench.session.library is not None


def test_a_result_for_another_library_is_left_out(bench: Any, tmp_path: Any) -> None:
    bench.open_disks()
    bench.find()
    session = bench.session
    state = session.current
    for number in range(1, 9):
        session.assign([int(state.particle_ids[number])], session.classes[number % 2].class_id)
    other = Session(tmp_path / "elsewhere").create_library(tmp_path / "elsewhere")
    folder = other.folder
    other.close()
    with bench.qtbot.waitSignal(bench.canvas.training.started, timeout=30_000):
        bench.press(bench.workbench.train.train)
    assert not bench.workbench.export.open.isEnabled()
    session.open_library(folder)
    bench.canvas.training.stop()
    bench.qtbot.waitUntil(lambda: not bench.canvas.training.running, timeout=60_000)
    assert session.library.models().empty


def test_particles_stay_while_the_model_trains(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    session, state = bench.session, bench.session.current
    for number in range(1, 9):
        session.assign([int(state.particle_ids[number])], session.classes[number % 2].class_id)
    with bench.qtbot.waitSignal(bench.canvas.training.started, timeout=30_000):
        bench.press(bench.workbench.train.train)
    assert not bench.workbench.segment.find.isEnabled()
    bench.press(bench.workbench.train.stop)
    bench.qtbot.waitUntil(lambda: not bench.canvas.training.running, timeout=60_000)
    assert bench.workbench.segment.find.isEnabled()


def test_the_hover_table_follows_a_typed_scale(bench: Any) -> None:
    bench.open_disks()
    bench.find()
    layer = bench.canvas.drawn_layer(bench.session.current, "particles")
    assert "diameter (px)" in layer.features
    bench.workbench.bar.pixel_size.setValue(2.0)
    assert "diameter (nm)" in layer.features
