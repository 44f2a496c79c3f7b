"""The stress test of a viewer's model, seen by every report."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject

from napari_ssrvae.docks.runs import Run
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import Session
from napari_ssrvae.workflow import Progress
from napari_ssrvae.workflow.stress import StressPoint, StressSample, stress_sample, stress_test

__all__ = ["StressRun"]


class StressRun(Run):
    """Asks the current model about particles made harder; what it found belongs to that model only.

    Attributes
    ----------
    points : list of StressPoint
    sample : StressSample or None
        What was asked about.
    model : str or None
        Whom the points are about.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(session, parent)
        self.points: list[StressPoint] = []
        self.sample: StressSample | None = None
        self.model: str | None = None
        session.predictions_changed.connect(self._on_model)
        session.library_changed.connect(self._on_model)

    def start(self) -> None:
        """Begin, unless it runs already; what cannot be done is said in `error`."""
        model = self.session.library_model
        if self.running:
            return
        self._begin("Loading the model")
        try:
            if model is None:
                raise InputError("There is no model yet: train one first.")
            sample = stress_sample(self.session.need_library(), model)
        except InputError as error:
            self.fail(str(error))
            return
        self.points, self.sample, self.model = [], sample, model
        self._task.start(lambda: stress_test(sample, stop=self._task.stop_flag))
        self.changed.emit()

    def stop(self) -> None:
        """End with what there is."""
        self._task.stop()

    def _on_event(self, event: Any) -> None:
        if isinstance(event, Progress):
            self.fraction, self.text = event.fraction, event.text
        elif isinstance(event, StressPoint):
            self.points.append(event)
        self.changed.emit()

    def _on_model(self) -> None:
        same = self.session.library is self._library and self.session.library_model == self.model
        if self.model is None or same:
            return
        self.points, self.sample, self.model = [], None, None
        self.abandon()
        self.changed.emit()
