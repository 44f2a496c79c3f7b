"""The training panel on a small library: what its buttons do, what it shows, what it offers. No window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox
from tests.session import many
from tests.session.many import many_particles, micrograph

from napari_ssrvae.docks import train
from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.session import Session

SIDE = 6


class Desk:
    """A canvas without a window, the panel on it, and a hand."""

    def __init__(self, canvas: Canvas, qtbot: Any) -> None:
        self.canvas, self.qtbot = canvas, qtbot
        self.session, self.run = canvas.session, canvas.training
        self.told: list[str] = []
        self.run.told.connect(self.told.append)
        self.panel: Any = self.new_panel()
        for name, value in (("hidden", 16), ("batch_size", 8), ("labelled_batch_size", 8)):
            self.panel.form.findChild(object, name).setValue(value)

    def new_panel(self) -> Any:
        panel = train.TrainPanel(self.canvas.viewer)
        self.qtbot.addWidget(panel)
        panel.resize(340, 900)
        panel.show()
        self.qtbot.waitExposed(panel)
        return panel

    def press(self, button: Any) -> None:
        self.qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=10_000)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def epochs(self, number: int) -> None:
        self.panel.form.findChild(object, "epochs").setValue(number)

    def label(self, *rows: int, shift: int = 0) -> None:
        ids = self.session.catalogue.particle_ids
        kinds = [c.class_id for c in self.session.classes[:2]]
        for row in rows:
            self.session.assign([int(ids[row])], kinds[(row + shift) % 2])

    def to_the_end(self) -> None:
        self.until(lambda: not self.run.running)

    def until(self, done: Any) -> None:
        self.qtbot.waitUntil(lambda: done() or bool(self.run.error), timeout=60_000)
        assert done(), self.run.error

    def train(self, epochs: int = 1) -> None:
        self.epochs(epochs)
        self.press(self.panel.train)
        self.to_the_end()


@pytest.fixture
def desk(tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # Large enough to be learned from, and no larger.
    monkeypatch.setattr(many, "EDGE", 12)
    many_particles(tmp_path / "library", 1, SIDE).close()
    viewer = ViewerModel()
    session = Session(seed=0)
    canvas = Canvas(viewer, session)
    monkeypatch.setattr(train, "canvas_of", lambda _viewer: canvas)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, SIDE))
    desk = Desk(canvas, qtbot)
    yield desk
    canvas._abandon()
    qtbot.waitUntil(lambda: not canvas.training.running, timeout=30_000)
    session.close()


@pytest.fixture
def labelled(desk: Desk) -> Desk:
    desk.label(*range(8))
    return desk


def test_it_waits_while_paused_and_goes_on(labelled: Desk) -> None:
    desk, threads = labelled, threading.active_count()
    desk.epochs(200)
    desk.press(desk.panel.train)
    desk.until(lambda: len(desk.run.history) >= 1)
    desk.press(desk.panel.pause)
    desk.until(lambda: desk.run.paused)
    assert desk.panel.pause.text() == "Resume"
    assert desk.panel.hint.text() == "Paused"
    assert "paused" in desk.panel.status
    done = len(desk.run.history)
    desk.press(desk.panel.pause)
    desk.until(lambda: len(desk.run.history) > done)
    assert desk.panel.pause.text() == "Pause"
    assert not desk.run.paused
    # A stop while it waits keeps the best so far.
    desk.press(desk.panel.pause)
    desk.until(lambda: desk.run.paused)
    desk.press(desk.panel.stop)
    desk.to_the_end()
    assert "Stopped" in desk.panel.hint.text()
    assert desk.session.library_model == "model-1"
    assert desk.session.models()[0].stopped
    assert (desk.session.catalogue.by_model > 0).all()
    assert threading.active_count() == threads


def test_curves_and_pictures_are_of_this_training(labelled: Desk) -> None:
    desk = labelled
    desk.train(3)
    view = desk.panel.view
    desk.until(lambda: view.curves is not None and view.pictures.epoch > 0)
    table = view.curves.table()
    assert list(table["epoch"]) == [event.epoch for event in desk.run.history] == [1, 2, 3]
    np.testing.assert_allclose(table["loss (nats)"], [e.loss for e in desk.run.history])
    names = [axis.labelText for plot in view.curves.plots for axis in (plot.getAxis("bottom"),)]
    assert names == ["epoch"] * 3
    legends = [
        label.text for plot in view.curves.plots for _, label in plot.getPlotItem().legend.items
    ]
    assert {"loss", "reconstruction", "KL", "classification", "labels used"} <= set(legends)
    assert desk.run.class_ids == tuple(c.class_id for c in desk.session.classes[:2])
    assert len(desk.run.pictures.templates) == 2
    # The next one starts with nothing.
    desk.epochs(100)
    desk.label(9)
    desk.press(desk.panel.buttons.anew)
    assert desk.run.history == []
    assert desk.run.pictures is None


def test_presets_fill_the_form_and_each_shows_its_own_fields(desk: Desk) -> None:
    settings = desk.panel.settings
    form = settings.form
    mirror, invariance = (form.findChild(object, name) for name in ("mirror", "invariance"))
    assert mirror.isVisible()
    assert not invariance.isVisible()
    settings.preset.setCurrentIndex(settings.preset.findData("paper"))
    assert invariance.isVisible()
    assert not mirror.isVisible()
    told = settings.values()
    assert told.preset == "paper"
    assert told.parameters == type(told.parameters).of_preset("paper")
    assert [settings.preset.itemData(k) for k in range(settings.preset.count())] == [
        "default",
        "paper",
        "ss-vae",
    ]


def test_help_stands_below_each_field_when_asked_for(desk: Desk) -> None:
    from qtpy.QtWidgets import QLabel

    from napari_ssrvae.ssrvae import SSRVAEParameters

    def seen() -> str:
        labels = desk.panel.settings.findChildren(QLabel)
        return " ".join(label.text() for label in labels if label.isVisible())

    fields = SSRVAEParameters.model_fields
    assert fields["n_latents"].description not in seen()
    desk.press(desk.panel.settings.help)
    for name in ("n_latents", "mirror", "epochs"):
        assert fields[name].description in seen()
    assert fields["invariance"].description not in seen()


def test_after_new_labels_it_trains_again_from_the_model(labelled: Desk) -> None:
    desk = labelled
    desk.train(2)
    assert desk.panel.train.text() == "Train"
    desk.label(9, 10)
    desk.until(lambda: "again" in desk.panel.train.text())
    desk.press(desk.panel.train)
    desk.to_the_end()
    newest = desk.session.models()[0]
    assert newest.warm_from == "model-1"
    assert newest.current
    assert newest.n_labels == 10
    desk.until(lambda: desk.panel.train.text() == "Train")
    desk.label(11)
    desk.press(desk.panel.buttons.anew)
    desk.to_the_end()
    assert desk.session.models()[0].warm_from is None


def test_keep_learning_trains_by_itself_and_the_list_does_not_fill(labelled: Desk) -> None:
    desk = labelled
    desk.train(1)
    keep = desk.canvas.keep_learning
    keep.wait.setInterval(1)
    desk.press(desk.panel.buttons.keep)
    desk.until(lambda: not keep.wait.isActive())
    assert not desk.run.running, "nothing is new"
    for row in (9, 10):
        with desk.qtbot.waitSignal(desk.run.ended_well, timeout=60_000) as ended:
            desk.label(row)
        assert ended.args[1], "by itself"
        desk.to_the_end()
    automatic = [info for info in desk.session.models() if info.automatic]
    assert len(automatic) == 1
    assert automatic[0].current
    assert automatic[0].n_labels == 10
    assert desk.told == []
    desk.press(desk.panel.buttons.keep)
    desk.label(11)
    assert not keep.wait.isActive()


def test_keep_learning_waits_until_nothing_is_done(labelled: Desk) -> None:
    desk = labelled
    keep = desk.canvas.keep_learning
    keep.wait.setTimerType(Qt.TimerType.PreciseTimer)
    keep.wait.setInterval(20_000)
    desk.press(desk.panel.buttons.keep)
    keep.wait.stop()
    desk.label(9)
    assert keep.wait.isActive()
    desk.qtbot.waitUntil(lambda: keep.wait.remainingTime() < 19_800, timeout=5000)
    desk.label(10)
    assert keep.wait.remainingTime() > 19_800
    assert not desk.run.running


def test_a_failure_switches_keep_learning_off(
    labelled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ssrvae.ssrvae import SSRVAE

    def broken(self: Any, X: Any, y: Any = None, **more: Any) -> Any:
        raise RuntimeError("CUDA error: device-side assert")
        yield

    desk = labelled
    desk.canvas.keep_learning.wait.setInterval(1)
    monkeypatch.setattr(SSRVAE, "iter_fit", broken)
    with desk.qtbot.waitSignal(desk.run.ended, timeout=60_000):
        desk.press(desk.panel.buttons.keep)
    assert "CUDA error" in desk.panel.hint.text()
    assert not desk.panel.buttons.keep.isChecked()
    assert not desk.canvas.keep_learning.on


def test_a_training_that_was_broken_off_is_offered_and_goes_on(labelled: Desk) -> None:
    desk = labelled
    assert not desk.panel.broken.isVisible()
    desk.epochs(6)
    desk.press(desk.panel.train)
    desk.until(lambda: len(desk.run.history) >= 2)
    desk.run.break_off("The last dock of it was closed")
    desk.to_the_end()
    assert desk.session.models() == []
    assert len(desk.told) == 1
    assert "can go on" in desk.told[0]
    assert "model-1" in desk.panel.broken.words.text()
    desk.press(desk.panel.broken.go_on)
    desk.to_the_end()
    assert not desk.run.error
    assert [info.name for info in desk.session.models()] == ["model-1"]
    assert desk.session.models()[0].epochs == 6
    assert not desk.panel.broken.isVisible()


def test_another_library_breaks_it_off_and_its_own_offers_it_again(
    labelled: Desk, tmp_path: Path
) -> None:
    desk = labelled
    own = desk.session.library.folder
    many_particles(tmp_path / "other", 1, SIDE).close()
    desk.epochs(200)
    desk.press(desk.panel.train)
    desk.until(lambda: len(desk.run.history) >= 1)
    desk.session.open_library(tmp_path / "other")
    desk.to_the_end()
    assert desk.session.models() == []
    assert desk.run.broken_off == []
    assert len(desk.told) == 1
    assert own.name in desk.told[0]
    desk.session.open_library(own)
    assert [broken.name for broken in desk.run.broken_off] == ["model-1"]
    desk.press(desk.panel.broken.discard)
    assert not desk.panel.broken.isVisible()
    assert desk.run.broken_off == []


def test_the_models_are_listed_chosen_compared_and_removed(
    labelled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = labelled
    desk.train(1)
    desk.panel.seed.setValue(5)
    desk.train(2)
    models = desk.panel.models
    desk.panel.models_fold._header.setChecked(True)
    desk.until(lambda: models.table.rowCount() == 2)
    column = [models.table.item(row, 1).text() for row in range(2)]
    assert column == ["model-2", "model-1"]
    assert "Seed 5" in models.table.item(0, 1).toolTip()
    # A click on the circle shows the other one.
    at = models.table.visualItemRect(models.table.item(1, 0)).center()
    desk.qtbot.mouseClick(models.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    desk.until(lambda: desk.session.library_model == "model-1")
    assert "model-1 is shown" in models.said.text()

    models.table.selectAll()
    desk.press(models.compare)
    desk.until(lambda: "disagree" in models.said.text())
    said = [desk.session.library.predictions(name)["class_id"] for name in ("model-1", "model-2")]
    differ = int((said[0] != said[1]).sum())
    assert f"disagree on {differ} of {SIDE * SIDE} particles" in models.said.text()
    if differ:
        desk.press(models.select)
        assert len(desk.session.selection) == differ

    models.table.clearSelection()
    models.table.selectRow(0)
    answers: list[str] = []

    def answer(self: QMessageBox) -> QMessageBox.StandardButton:
        answers.append(self.text())
        return QMessageBox.StandardButton.Yes

    monkeypatch.setattr(QMessageBox, "exec", answer)
    desk.press(models.remove)
    assert "model-2" in answers[0]
    assert [info.name for info in desk.session.models()] == ["model-1"]
    desk.until(lambda: models.table.rowCount() == 1)


def accept_made_up(desk: Desk, *made: str) -> None:
    """Let models come in that were never trained."""
    from napari_ssrvae.workflow import Predictions, Trained

    ids = desk.session.catalogue.particle_ids
    kinds = tuple(c.class_id for c in desk.session.classes[:2])
    n = len(ids)
    for name in made:
        folder = desk.session.library.model_folder(name)
        folder.mkdir(parents=True)
        p, numbers = np.full((n, 2), 0.5, np.float32), np.zeros(n, np.float32)
        p[: len(name), 0] = 0.25 + (name == "model-1")
        said = Predictions(ids, kinds, p, numbers, numbers, np.zeros((n, 2)), np.zeros((n, 2)))
        desk.session.accept_training(Trained(name, folder, said, {}))


def test_chosen_rows_stay_with_their_models(labelled: Desk) -> None:
    desk, models = labelled, labelled.panel.models
    accept_made_up(desk, "model-1")
    desk.panel.models_fold._header.setChecked(True)
    desk.until(lambda: models.table.rowCount() == 1)
    models.table.selectRow(0)
    accept_made_up(desk, "model-2")
    desk.until(lambda: models.table.rowCount() == 2)
    assert [info.name for info in models.chosen] == ["model-1"]


def test_what_was_said_of_a_choice_stays(labelled: Desk) -> None:
    desk, models = labelled, labelled.panel.models
    accept_made_up(desk, "model-1", "model-2")
    desk.until(lambda: models.table.rowCount() == 2)
    models.table.selectRow(1)
    desk.panel.models_fold._header.setChecked(True)
    desk.press(models.use)
    desk.until(lambda: models.table.item(1, 0).text() == "\u25c9")
    assert "model-1 is shown" in models.said.text()


def test_a_comparison_ends_with_its_library(labelled: Desk, tmp_path: Path) -> None:
    desk, models = labelled, labelled.panel.models
    accept_made_up(desk, "model-1", "model-2")
    desk.panel.models_fold._header.setChecked(True)
    desk.until(lambda: models.table.rowCount() == 2)
    models.table.selectAll()
    desk.press(models.compare)
    desk.until(lambda: models.select.isVisible())
    many_particles(tmp_path / "other", 1, SIDE).close()
    desk.session.open_library(tmp_path / "other")
    assert not models.select.isVisible()
    assert models.said.text() == ""
    # One that is under way does not arrive.
    desk.session.open_library(tmp_path / "library")
    desk.until(lambda: models.table.rowCount() == 2)
    models.table.selectAll()
    desk.press(models.compare)
    desk.session.open_library(tmp_path / "other")
    desk.until(lambda: not models._task.running)
    assert not models.select.isVisible()
    assert models.said.text() == ""


def test_another_panel_does_not_change_what_is_kept_learning_with(desk: Desk) -> None:
    keep = desk.canvas.keep_learning
    desk.epochs(7)
    desk.new_panel()
    assert keep.settings.parameters.epochs == 7
    desk.press(desk.panel.buttons.keep)
    assert keep.on
    assert keep.settings.parameters.epochs == 7


def test_another_network_is_not_promised_in_seconds(labelled: Desk) -> None:
    desk = labelled
    desk.train(1)
    desk.label(9)
    desk.until(lambda: "again" in desk.panel.train.text())
    latents = desk.panel.form.findChild(object, "n_latents")
    latents.setValue(latents.value() + 1)
    desk.until(lambda: desk.panel.train.text() == "Train")
    latents.setValue(latents.value() - 1)
    desk.until(lambda: "again" in desk.panel.train.text())


def test_a_damaged_checkpoint_is_offered_for_discarding_only(labelled: Desk) -> None:
    desk = labelled
    checkpoint = desk.session.library.folder / "models" / ".model-1.training"
    checkpoint.mkdir(parents=True)
    (checkpoint / "training.json").write_text("no")
    desk.run.look_for_broken_off()
    assert "damaged" in desk.panel.broken.words.text()
    assert not desk.panel.broken.go_on.isEnabled()
    desk.press(desk.panel.broken.discard)
    assert not checkpoint.exists()
    assert not desk.panel.broken.isVisible()


def test_a_library_left_at_the_last_moment_is_no_failure(
    labelled: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ssrvae.library import ParticleLibrary

    desk, own = labelled, labelled.session.library.folder
    reached, go_on = threading.Event(), threading.Event()
    add_model = ParticleLibrary.add_model

    def late(self: ParticleLibrary, *given: Any, **more: Any) -> None:
        reached.set()
        go_on.wait(30)
        add_model(self, *given, **more)

    monkeypatch.setattr(ParticleLibrary, "add_model", late)
    many_particles(tmp_path / "other", 1, SIDE).close()
    desk.epochs(1)
    desk.press(desk.panel.train)
    desk.until(reached.is_set)
    desk.session.open_library(tmp_path / "other")
    go_on.set()
    desk.to_the_end()
    assert not desk.run.error
    assert len(desk.told) == 1
    assert own.name in desk.told[0]
    desk.session.open_library(own)
    assert [broken.name for broken in desk.run.broken_off] == ["model-1"]


def test_it_shows_in_the_activity_dock_and_is_gone_however_it_ends(labelled: Desk) -> None:
    from napari.utils import progress

    desk = labelled

    def bars() -> list[str]:
        return [str(bar.desc) for bar in progress._all_instances]

    desk.epochs(100)
    desk.press(desk.panel.train)
    desk.until(lambda: any("Training" in words for words in bars()))
    desk.press(desk.panel.stop)
    desk.to_the_end()
    assert bars() == []
    desk.epochs(100)
    desk.press(desk.panel.train)
    desk.until(lambda: bool(bars()))
    desk.run.abandon()
    assert bars() == []
    desk.to_the_end()
