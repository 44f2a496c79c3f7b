"""Training again by itself after labels changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from napari_ssrvae.docks.train_settings import Settings
    from napari_ssrvae.docks.training_run import TrainingRun
    from napari_ssrvae.session import Session

__all__ = ["KeepLearning", "missing_for_training"]

WAIT_MS = 1500
"""Whoever labels gives the next label within this time; the training begins when he has stopped."""


def missing_for_training(session: Session) -> str:
    """Return in a sentence why training cannot start, empty if it can."""
    if session.library is None:
        return "Find particles first."
    if session.library.read_only:
        return f"This library is open read-only: {session.library.read_only_reason}"
    counts = session.counts()
    labelled = [c for c in session.classes if counts[c.class_id][0]]
    if not labelled:
        return "Label a few particles of each class first."
    if len(labelled) == 1:
        return f'Only "{labelled[0].name}" has labels: label at least one other class.'
    return ""


class KeepLearning(QObject):
    """Starts a warm training once labels have changed and nothing was done for a while.

    It takes no focus and tells nothing but what the panel shows; a failure switches it off.

    Parameters
    ----------
    busy : callable
        Whether other long work is under way, during which nothing is started.
    wait_ms : int
        How long nothing must have been done, in milliseconds.

    Attributes
    ----------
    switched : Signal
        Whether it is on.
    settings : Settings or None
        What is trained with; the panel keeps it as its form is.
    """

    switched = Signal(bool)

    def __init__(
        self,
        session: Session,
        run: TrainingRun,
        busy: Callable[[], bool],
        parent: QObject,
        wait_ms: int = WAIT_MS,
    ) -> None:
        super().__init__(parent)
        self.session, self.run, self._busy = session, run, busy
        self.settings: Settings | None = None
        self._on = self._changed = False
        self.wait = QTimer(self)
        self.wait.setSingleShot(True)
        self.wait.setInterval(wait_ms)
        self.wait.timeout.connect(self._on_quiet)
        session.labels_changed.connect(self._on_labels)
        session.acted.connect(self._on_act)
        session.library_changed.connect(self._on_library)
        run.ended.connect(self._on_ended)

    @property
    def on(self) -> bool:
        """Whether it keeps learning."""
        return self._on

    def switch(self, on: bool) -> None:
        """Switch it on or off; on, it begins with the labels that no model has learned from."""
        if on != self._on:
            self._on = on
            self.switched.emit(on)
            self._changed = on
            if on:
                self.wait.start()
            else:
                self.wait.stop()

    def abandon(self) -> None:
        """Start nothing any more."""
        self._on = self._changed = False
        self.wait.stop()

    def _on_library(self) -> None:
        self._changed = False
        self.wait.stop()

    def _on_labels(self, *_: object) -> None:
        if self._on:
            self._changed = True
            self.wait.start()

    def _on_act(self, *_: object) -> None:
        if self.wait.isActive():
            self.wait.start()

    def _on_ended(self) -> None:
        if self._on and self.run.error and self.run.automatic:
            # Its sentence stays where it is; to fail again and again would help nobody.
            self.switch(False)
        elif self._on and self._changed:
            self.wait.start()

    def _on_quiet(self) -> None:
        if not (self._on and self._changed) or self.settings is None:
            return
        if self.run.running:
            return
        if self._busy():
            self.wait.start()
            return
        self._changed = False
        if missing_for_training(self.session):
            return
        model = self.session.library_model
        if model is not None and not self.session.labels_changed_since(model):
            return
        told = self.settings
        self.run.start(
            told.parameters,
            preset=told.preset,
            seed=told.seed,
            device=told.device,
            warm=model is not None,
            automatic=True,
        )
