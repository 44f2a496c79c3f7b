"""Step 3: train the model in the background, with its curve and a Stop button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.forms import ParameterForm
from napari_ssrvae.docks.widgets import Fold, Hint, Progress, primary_button
from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

if TYPE_CHECKING:
    import napari

__all__ = ["TrainPanel"]

FEW = 20
"""Labels kept aside below which their share says little."""

MEANWHILE = ". Labels given meanwhile are kept; they count when you train again."


class TrainPanel(QWidget):
    """Starts and stops a training and shows how it goes."""

    title = "Training"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session
        self.run = self.canvas.training
        self._curves: Any = None

        self.form = ParameterForm(SSRVAEParameters)
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setToolTip("The same particles, labels and seed give the same model")
        self.device = QComboBox()
        for text, device in (
            ("automatic", "auto"),
            ("processor", "cpu"),
            ("graphics card", "cuda"),
            ("Apple GPU", "mps"),
        ):
            self.device.addItem(text, device)
        self.device.setToolTip(
            "What computes; automatic takes the graphics card where there is one"
        )
        machine = QFormLayout()
        machine.setContentsMargins(0, 0, 0, 0)
        machine.addRow("Seed", self.seed)
        machine.addRow("Device", self.device)
        inside = QWidget()
        settings = QVBoxLayout(inside)
        settings.setContentsMargins(0, 0, 0, 0)
        settings.addWidget(self.form)
        settings.addLayout(machine)
        fold = Fold("Settings", inside)

        self.train = primary_button(
            "Train", "Learn the classes from your labels and from all other particles"
        )
        self.train.clicked.connect(self.start)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("End now and keep the best model so far")
        self.stop.setMinimumHeight(32)
        self.stop.clicked.connect(self.run.stop)
        buttons = QHBoxLayout()
        buttons.addWidget(self.train, 2)
        buttons.addWidget(self.stop, 1)
        self.progress = Progress()
        self.hint = Hint()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(fold)
        self._column.addLayout(buttons)
        for widget in (self.progress, self.hint):
            self._column.addWidget(widget)

        self.run.changed.connect(self.refresh)
        self.run.started.connect(self._on_started)
        self.run.epoch_done.connect(self._on_epoch)
        self._held_out: dict[str, float] | None = None
        self._labelled_meanwhile = False
        for signal in (self.session.particles_changed, self.session.classes_changed):
            signal.connect(self.refresh)
        self.session.labels_changed.connect(self._on_labels)
        for signal in (self.session.library_changed, self.session.predictions_changed):
            signal.connect(self._on_model)
        if self.run.history:
            self._on_epoch()
        self._on_model()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        if self.run.running:
            return f"{round(100 * self.run.fraction)} %"
        held_out = self._held_out
        if held_out is None:
            return "done, too few labels to judge" if self.session.library_model else "not yet"
        right, judged = int(held_out["right"]), int(held_out["judged"])
        return f"{right} of {judged} right"

    def _ready(self) -> str:
        """Return why training cannot start, empty if it can."""
        counts = self.session.counts()
        labelled = [c for c in self.session.classes if counts[c.class_id][0]]
        if self.session.library is None:
            return "Find particles first."
        if not labelled:
            return "Label a few particles of each class first."
        if len(labelled) == 1:
            return f'Only "{labelled[0].name}" has labels: label at least one other class.'
        return ""

    def refresh(self, *_: object) -> None:
        """Show the session as it is."""
        running, missing = self.run.running, self._ready()
        self.train.setEnabled(not running and not missing)
        self.stop.setVisible(running)
        self.stop.setEnabled(running and not self.run.stopping)
        self.progress.show_fraction(running, self.run.fraction)
        if self.run.error:
            self.hint.say(self.run.error, error=True)
        elif running:
            left = self.run.seconds_left
            rest = "" if left is None or self.run.stopping else f", {_duration(left)} left"
            meanwhile = MEANWHILE if self._labelled_meanwhile else ""
            self.hint.say(f"{self.run.text}{rest}{meanwhile}")
        elif missing:
            self.hint.say(missing)
        else:
            self.hint.say(" ".join(filter(None, (self.run.text, self._judgement()))))
        self.status_changed.emit(self.status)

    def _on_labels(self, *_: object) -> None:
        self._labelled_meanwhile = self.run.running
        self.refresh()

    def _on_model(self, *_: object) -> None:
        # Read once for each model, not at each click.
        self._held_out = self.session.held_out
        self.refresh()

    def _judgement(self) -> str:
        """Return how the model did on labels kept aside, with its uncertainty."""
        held_out = self._held_out
        if held_out is None:
            return ""
        right, judged = int(held_out["right"]), int(held_out["judged"])
        low, high = f"{held_out['low']:.0%}", f"{held_out['high']:.0%}"
        few = " Too few to say more: label more." if judged < FEW else ""
        return f"Of {judged} labels kept aside {right} were predicted right: {low} to {high} (95 %).{few}"

    def start(self) -> None:
        """Train with the values of the form."""
        try:
            parameters = self.form.values()
        except InputError as error:
            self.run.fail(str(error))
            return
        self.run.start(parameters, seed=self.seed.value(), device=self.device.currentData())

    def _on_started(self) -> None:
        self._labelled_meanwhile = False
        self._need_curves().clear()

    def _on_epoch(self, *_: object) -> None:
        self._need_curves().show_history(self.run.history)

    def _on_theme(self, *_: object) -> None:
        from napari.utils.theme import get_theme

        if self._curves is not None:
            self._curves.set_text_colour(get_theme(self.canvas.viewer.theme).text.as_hex())

    def _need_curves(self) -> Any:
        if self._curves is None:
            # pyqtgraph takes a good part of a second to import: not before there is something to plot.
            from napari_ssrvae.docks.curves import TrainingCurves

            self._curves = TrainingCurves(self)
            self._on_theme()
            self.canvas.viewer.events.theme.connect(self._on_theme)
            self._column.addWidget(self._curves)
        return self._curves


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"
