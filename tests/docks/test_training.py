"""Training in the window: progress, curve, Stop, errors, closing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_ssrvae.docks.fills import class_of
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.workflow import broken_off


@pytest.fixture
def labelled(bench: Any) -> Any:
    """A bench with the large disks labelled as the first class, the small ones as the second."""
    centres = bench.open_disks()
    bench.find()
    session = bench.session
    state = session.current
    for number, centre in enumerate(centres[:8]):
        particle = int(state.particle_ids[state.label_at(*centre)])
        session.assign([particle], session.classes[number % 2].class_id)
    return bench


def set_epochs(bench: Any, epochs: int) -> None:
    bench.workbench.train.form.findChild(object, "epochs").setValue(epochs)


def test_train_colours_the_class_layer(labelled: Any) -> None:
    set_epochs(labelled, 12)
    session, state = labelled.session, labelled.session.current
    with labelled.qtbot.waitSignal(session.predictions_changed, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    labelled.qtbot.waitUntil(lambda: not labelled.canvas.training.running, timeout=10_000)

    assert (state.by_model[1:] > 0).all()
    session.set_unsure_below(0.0)
    classes = labelled.canvas.drawn_layer(state, "classes")
    np.testing.assert_array_equal(class_of(classes.data), state.shown_classes()[state.labels])
    assert (classes.data[state.labels > 0] > 0).all()
    assert len(labelled.canvas.training.history) >= 1
    assert labelled.workbench.train.view.curves.isVisible()
    table = session.library.predictions()
    assert len(table) == 12
    assert list(session.library.models().index) == [session.library.current_model]


def test_one_traversal_per_class_appears_as_an_image_layer(labelled: Any) -> None:
    set_epochs(labelled, 1)
    with labelled.qtbot.waitSignal(labelled.session.traversals_changed, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    labelled.qtbot.waitUntil(lambda: len(labelled.canvas.traversals.layers()) == 2, timeout=20_000)
    layers = labelled.canvas.traversals.layers()
    assert all(layer in labelled.viewer.layers for layer in layers)
    names = [c.name for c in labelled.session.classes[:2]]
    assert all(name in layer.name for name, layer in zip(names, layers, strict=True))
    # A traversal is no micrograph: the chooser must not offer it.
    assert labelled.workbench.bar.chooser.count() == 1


def test_stop_keeps_the_best_so_far(labelled: Any) -> None:
    set_epochs(labelled, 1000)
    training = labelled.canvas.training
    with labelled.qtbot.waitSignal(training.epoch_done, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    assert labelled.workbench.train.stop.isVisible()
    with labelled.qtbot.waitSignal(labelled.session.predictions_changed, timeout=60_000):
        labelled.press(labelled.workbench.train.stop)
    labelled.qtbot.waitUntil(lambda: not training.running, timeout=10_000)
    assert len(training.history) < 1000
    assert "Stopped" in labelled.workbench.train.hint.text()
    assert (labelled.session.current.by_model[1:] > 0).all()


def test_train_says_what_is_missing(bench: Any) -> None:
    panel = bench.workbench.train
    assert not panel.train.isEnabled()
    assert "Find particles" in panel.hint.text()
    bench.open_disks()
    bench.find()
    assert "Label" in panel.hint.text()
    bench.click(*bench.label_position(1))
    assert "at least one other class" in panel.hint.text()
    assert not panel.train.isEnabled()


def test_labelling_goes_on_while_it_trains(labelled: Any) -> None:
    set_epochs(labelled, 1000)
    with labelled.qtbot.waitSignal(labelled.canvas.training.epoch_done, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    state = labelled.session.current
    free = int(np.flatnonzero(state.by_hand[1:] == 0)[0]) + 1
    labelled.click(*labelled.label_position(free))
    assert state.by_hand[free]
    assert labelled.canvas.training.running


def test_an_error_inside_the_model_arrives_as_a_sentence(
    labelled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """napari's generator workers swallow a RuntimeError; ours must not."""
    from napari_ssrvae.ssrvae import SSRVAE

    def broken(self: Any, X: Any, y: Any = None, **more: Any) -> Any:
        raise RuntimeError("out of memory")
        yield

    monkeypatch.setattr(SSRVAE, "iter_fit", broken)
    panel = labelled.workbench.train
    labelled.press(panel.train)
    labelled.qtbot.waitUntil(lambda: "memory" in panel.hint.text(), timeout=60_000)
    labelled.qtbot.waitUntil(lambda: not labelled.canvas.training.running, timeout=10_000)
    assert panel.train.isEnabled()


def test_closing_the_window_while_it_trains_ends_the_training(labelled: Any) -> None:
    set_epochs(labelled, 1000)
    training = labelled.canvas.training
    with labelled.qtbot.waitSignal(training.epoch_done, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    folder = labelled.session.library.folder
    labels = labelled.session.library.labels().to_dict()
    labelled.viewer.close()
    labelled.qtbot.waitUntil(lambda: not training.running, timeout=30_000)
    assert len(training.history) < 1000
    # The library is let go with the window: another one may write to it.
    labelled.qtbot.waitUntil(lambda: labelled.session.library is None, timeout=10_000)
    with ParticleLibrary.open(folder) as again:
        assert not again.read_only
        assert again.labels().to_dict() == labels
        # What it has learned is kept.
        assert [broken.name for broken in broken_off(again)] == ["model-1"]


def test_a_dock_opened_while_it_trains_shows_the_training(labelled: Any) -> None:
    set_epochs(labelled, 1000)
    with labelled.qtbot.waitSignal(labelled.canvas.training.epoch_done, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    _, dock = labelled.viewer.window.add_plugin_dock_widget("napari-ssrvae", "3 Train")
    assert dock.panel.stop.isEnabled()
    assert not dock.panel.train.isEnabled()
    labelled.qtbot.waitUntil(lambda: dock.panel.view.curves is not None, timeout=10_000)


def test_the_last_dock_closed_breaks_the_training_off_and_a_new_one_offers_it(
    labelled: Any,
) -> None:
    set_epochs(labelled, 1000)
    window, training = labelled.viewer.window, labelled.canvas.training
    told: list[str] = []
    training.told.connect(told.append)
    dock, train = window.add_plugin_dock_widget("napari-ssrvae", "3 Train")
    with labelled.qtbot.waitSignal(training.epoch_done, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    # Hidden is not closed, and one of two is not the last.
    dock.close()
    window.remove_dock_widget(labelled.workbench)
    labelled.qtbot.waitUntil(lambda: labelled.canvas.open_docks.count == 1, timeout=10_000)
    assert training.running
    assert not training.stopping
    window.remove_dock_widget(train)
    labelled.qtbot.waitUntil(lambda: not training.running, timeout=30_000)
    assert len(told) == 1
    assert "can go on" in told[0]
    _, again = window.add_plugin_dock_widget("napari-ssrvae", "3 Train")
    labelled.qtbot.waitUntil(again.panel.broken.isVisible, timeout=10_000)
    assert "model-1" in again.panel.broken.words.text()


def test_deleting_the_layers_while_it_trains_does_not_end_it(labelled: Any) -> None:
    set_epochs(labelled, 4)
    viewer, training = labelled.viewer, labelled.canvas.training
    with labelled.qtbot.waitSignal(training.epoch_done, timeout=120_000):
        labelled.press(labelled.workbench.train.train)
    while len(viewer.layers):
        del viewer.layers[-1]
        # Drawn in between, as by a hand: Mesa's renderer crashes otherwise.
        viewer.screenshot(flash=False)
    labelled.qtbot.waitUntil(lambda: not training.running, timeout=120_000)
    assert not training.error
    assert labelled.session.library_model == "model-1"
    assert len(labelled.session.library.predictions()) == 12
    assert not len(viewer.layers)
