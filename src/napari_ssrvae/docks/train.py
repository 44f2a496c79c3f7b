"""Step 3: train the model in the background, see it learn, keep and choose what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.keep_learning import missing_for_training
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.models_table import ModelsTable
from napari_ssrvae.docks.train_buttons import BrokenOffLines, TrainButtons
from napari_ssrvae.docks.train_settings import Settings, TrainSettings
from napari_ssrvae.docks.train_view import TrainView
from napari_ssrvae.docks.widgets import Fold, Hint, Progress
from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.parameters import SHAPING

if TYPE_CHECKING:
    import napari

__all__ = ["TrainPanel"]

FEW = 20
"""Labels kept aside below which their share says little."""

MEANWHILE = ". Labels given meanwhile are kept; they count when you train again."


class TrainPanel(QWidget):
    """Starts, holds and ends a training, and shows how it goes."""

    title = "Training"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session
        self.run = self.canvas.training
        self.settings = TrainSettings()
        self.form, self.seed, self.device = (
            self.settings.form,
            self.settings.seed,
            self.settings.device,
        )
        self.buttons = TrainButtons(self.run, self.canvas.keep_learning)
        self.train, self.stop, self.pause = (
            self.buttons.train,
            self.buttons.stop,
            self.buttons.pause,
        )
        self.broken = BrokenOffLines(self.run)
        self.set_to = Hint()
        self.progress = Progress()
        self.hint = Hint()
        self.view = TrainView(self.canvas)
        self.models = ModelsTable(self.session, self.run)
        self.models_fold = Fold("Models", self.models)
        self.models_fold.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (
            self.broken,
            self.settings,
            self.set_to,
            self.buttons,
            self.progress,
            self.hint,
            self.view,
            self.models_fold,
        ):
            column.addWidget(widget)

        self._held_out: dict[str, Any] | None = None
        self._labelled_meanwhile = False
        self._warm = False
        self._later = Later(self._look, self)
        self.buttons.asked.connect(self.start)
        self.settings.changed.connect(self._on_settings)
        # By the hand on this panel: others, which are set otherwise, hear of the switch, too.
        self.buttons.keep.clicked.connect(self._on_settings)
        self.models.count_changed.connect(self._on_count)
        self.run.changed.connect(self.refresh)
        self.run.started.connect(self._on_started)
        for signal in (
            self.session.particles_changed,
            self.session.classes_changed,
            self.session.library_changed,
            self.session.models_changed,
            self.session.predictions_changed,
        ):
            signal.connect(self._later.ask)
        self.session.labels_changed.connect(self._on_labels)
        if self.canvas.keep_learning.settings is None:
            self._on_settings()
        self._look()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        if self.run.running:
            done = f"{round(100 * self.run.fraction)} %"
            return f"paused at {done}" if self.run.paused else done
        held_out = self._held_out
        if held_out is None:
            return "done, too few labels to judge" if self.session.library_model else "not yet"
        return f"{int(held_out['right'])} of {int(held_out['judged'])} right"

    def _look(self) -> None:
        """Read what takes a while to find out: once for each change, not at each step of a training."""
        name = self.session.library_model
        self._held_out = self.session.held_out
        self._warm = False
        told = self._settings()
        if name is not None and told is not None and not missing_for_training(self.session):
            current = next((info for info in self.session.models() if info.current), None)
            counts = self.session.counts()
            labelled = {c.class_id for c in self.session.classes if counts[c.class_id][0]}
            self._warm = (
                current is not None
                and set(current.class_ids) == labelled
                and current.preset == told.preset
                # Another network begins anew, which takes longer than the button says.
                and all(
                    current.parameters.get(field) == getattr(told.parameters, field)
                    for field in SHAPING
                )
                and bool(self.session.labels_changed_since(name))
            )
        self.refresh()

    def _settings(self) -> Settings | None:
        try:
            return self.settings.values()
        except InputError:
            return None

    def refresh(self, *_: object) -> None:
        """Show the session as it is."""
        running, missing = self.run.running, missing_for_training(self.session)
        self.buttons.show_state(ready=not missing, warm=self._warm)
        self._fold_settings(running and not self.run.automatic)
        self.progress.show_fraction(running, self.run.fraction)
        if self.run.error:
            self.hint.say(self.run.error, error=True)
        elif running:
            left = self.run.seconds_left
            known = left is not None and not self.run.stopping and not self.run.held
            rest = f", {_duration(left)} left" if known and left is not None else ""
            on = f" on the {_DEVICES[self.run.device]}" if self.run.device in _DEVICES else ""
            meanwhile = MEANWHILE if self._labelled_meanwhile else ""
            self.hint.say(f"{self.run.text}{on if rest else ''}{rest}{meanwhile}")
        elif missing:
            self.hint.say(missing)
        else:
            self.hint.say(" ".join(filter(None, (self.run.text, self._judgement()))))
        self.status_changed.emit(self.status)

    def _fold_settings(self, away: bool) -> None:
        """While it trains there is more to see than settings; a training that began by itself moves nothing."""
        self.settings.setEnabled(not self.run.running)
        self.settings.setVisible(not away)
        self.set_to.say(self.settings.words() if away else "")

    def _on_labels(self, *_: object) -> None:
        self._labelled_meanwhile = self.run.running
        # Whether it can be trained at once; whether from the current model takes a look into its files.
        self.refresh()
        self._later.ask()

    def _judgement(self) -> str:
        """Return how the model did on labels kept aside, with its uncertainty."""
        held_out = self._held_out
        if held_out is None:
            return ""
        right, judged = int(held_out["right"]), int(held_out["judged"])
        low, high = f"{held_out['low']:.0%}", f"{held_out['high']:.0%}"
        few = " Too few to say more: label more." if judged < FEW else ""
        return f"Of {judged} labels kept aside {right} were predicted right: {low} to {high} (95 %).{few}"

    def start(self, warm: bool = False) -> None:
        """Train with the values of the form; `warm`: from the current model on."""
        try:
            told = self.settings.values()
        except InputError as error:
            self.run.fail(str(error))
            return
        self.run.start(
            told.parameters, preset=told.preset, seed=told.seed, device=told.device, warm=warm
        )

    def _on_settings(self, *_: object) -> None:
        try:
            self.canvas.keep_learning.settings = self.settings.values()
        except InputError as error:
            self.hint.say(str(error), error=True)
            return
        self._later.ask()

    def _on_started(self) -> None:
        self._labelled_meanwhile = False

    def _on_count(self, count: int) -> None:
        self.models_fold.setVisible(count > 0)
        self.models_fold.setText(f"Models ({count})")


_DEVICES = {"cpu": "processor", "cuda": "graphics card", "mps": "Apple GPU"}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"
