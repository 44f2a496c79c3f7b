"""Train, Pause, Stop; and what to do with trainings that were broken off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.widgets import Hint, primary_button

if TYPE_CHECKING:
    from napari_ssrvae.docks.keep_learning import KeepLearning
    from napari_ssrvae.docks.training_run import TrainingRun
    from napari_ssrvae.workflow import BrokenOffTraining

__all__ = ["BrokenOffLines", "TrainButtons"]

TRAIN, AGAIN = "Train", "Train again (seconds)"
TIP = "Learn the classes from your labels and from all other particles"
TIP_AGAIN = "Go on from the current model with the labels that were added or changed since"


class TrainButtons(QWidget):
    """Begins, holds and ends a training.

    Attributes
    ----------
    asked : Signal
        Train; True: from the current model on.
    """

    asked = Signal(bool)

    def __init__(self, run: TrainingRun, keep: KeepLearning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run, self._keep = run, keep
        self._warm = False
        self.train = primary_button(TRAIN, TIP)
        self.train.clicked.connect(lambda: self.asked.emit(self._warm))
        self.anew = QPushButton("From the start")
        self.anew.setToolTip("Forget what the current model knows and learn all anew")
        self.anew.clicked.connect(lambda: self.asked.emit(False))
        self.pause = QPushButton("Pause")
        self.pause.clicked.connect(self._on_pause)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("End now and keep the best model so far")
        self.stop.clicked.connect(run.stop)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for button, share in ((self.train, 3), (self.anew, 2), (self.pause, 1), (self.stop, 1)):
            button.setMinimumHeight(32)
            row.addWidget(button, share)
        self.keep = QCheckBox("Keep learning")
        self.keep.setToolTip("Train again by itself, for some seconds, each time you have labelled")
        self.keep.setChecked(keep.on)
        self.keep.toggled.connect(keep.switch)
        keep.switched.connect(self.keep.setChecked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.keep, 0, Qt.AlignmentFlag.AlignLeft)

    def show_state(self, *, ready: bool, warm: bool) -> None:
        """Show what can be done: `ready`, there is enough to learn from; `warm`, a model to go on from."""
        running = self.run.running
        self._warm = warm
        text, tip = (AGAIN, TIP_AGAIN) if warm else (TRAIN, TIP)
        if self.train.text() != text:
            self.train.setText(text)
            self.train.setToolTip(tip)
        self.train.setEnabled(ready and not running)
        self.train.setVisible(not running)
        self.anew.setVisible(warm and not running)
        self.anew.setEnabled(ready and not running)
        self.pause.setVisible(running)
        self.pause.setEnabled(running and not self.run.stopping)
        held = self.run.held
        self.pause.setText("Resume" if held else "Pause")
        self.pause.setToolTip("Go on with the training" if held else "Wait until you resume it")
        self.stop.setVisible(running)
        self.stop.setEnabled(running and not self.run.stopping)

    def _on_pause(self) -> None:
        if self.run.held:
            self.run.go_on()
        else:
            self.run.pause()


class BrokenOffLines(QWidget):
    """One line for the latest training that was broken off, with the two ways out; hidden without one."""

    def __init__(self, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.words = Hint()
        self.go_on = QPushButton("Go on")
        self.go_on.setToolTip("Go on with this training from its last checkpoint")
        self.go_on.clicked.connect(self._on_go_on)
        self.discard = QPushButton("Discard")
        self.discard.setToolTip("Remove what is kept of it; models and labels stay")
        self.discard.clicked.connect(self._on_discard)
        row = QHBoxLayout()
        row.addWidget(self.go_on, 1)
        row.addWidget(self.discard, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addLayout(row)
        run.broken_off_changed.connect(self.show_state)
        run.started.connect(self.show_state)
        run.ended.connect(self.show_state)
        self.show_state()

    @property
    def first(self) -> BrokenOffTraining | None:
        """The one that is offered."""
        return self.run.broken_off[0] if self.run.broken_off else None

    def show_state(self) -> None:
        """Show the latest one."""
        broken = self.first
        self.setVisible(broken is not None and not self.run.running)
        if broken is None:
            return
        more = len(self.run.broken_off) - 1
        rest = f" ({more} more)" if more else ""
        self.go_on.setEnabled(not broken.problem)
        if broken.problem:
            self.words.say(f"{broken.problem}{rest}")
            self.go_on.setToolTip(plain_tip(broken.problem))
            return
        self.words.say(f"A training of {broken.name} was broken off in epoch {broken.epoch}{rest}:")
        self.go_on.setToolTip(
            plain_tip(
                f"Epoch {broken.epoch} of {broken.epochs}, {broken.n_labels} labels as they were on "
                f"{broken.when.astimezone():%Y-%m-%d %H:%M}; to the same result as if it had never been broken off"
            )
        )

    def _on_go_on(self) -> None:
        if self.first is not None:
            self.run.resume(self.first)

    def _on_discard(self) -> None:
        if self.first is not None:
            self.run.discard(self.first)
