"""The training as it goes: curves and pictures, drawn a few times per second at most and only when looked at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.training_pictures import NamedClass, TrainingPictures

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["TrainView"]

REST_MS = 500
"""Between two drawings: curves cost some milliseconds of the main thread."""


class TrainView(QWidget):
    """Follows the training of a canvas.

    Attributes
    ----------
    curves : TrainingCurves or None
        None before there was something to plot: pyqtgraph takes a good part of a second to import.
    pictures : TrainingPictures
    costs_ms : list of float
        What the latest drawings took.
    """

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas, self.run, self.session = canvas, canvas.training, canvas.session
        self.curves: Any = None
        self.pictures = TrainingPictures()
        self.costs_ms: list[float] = []
        self._due = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.pictures)
        self._soon = Later(self._draw_if_due, self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._draw_if_due)
        for signal in (
            self.run.started,
            self.run.epoch_done,
            self.run.step_done,
            self.run.pictures_changed,
            self.run.ended,
        ):
            signal.connect(self.ask)
        self.session.classes_changed.connect(self.ask)
        self.ask()

    def ask(self, *_: object) -> None:
        """Draw soon."""
        self._due = True
        if not self._rest.isActive():
            # Not at once: what else comes in this turn of the event loop is drawn with it.
            self._soon.ask()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Catch up."""
        super().showEvent(event)
        self.ask()

    def _draw_if_due(self) -> None:
        if self._due and self.isVisible() and not self._rest.isActive():
            self._due = False
            began = time.perf_counter()
            self._draw()
            self.costs_ms = [*self.costs_ms[-99:], 1000 * (time.perf_counter() - began)]
            self._rest.start()

    def _draw(self) -> None:
        run = self.run
        if self.curves is None and (run.history or run.steps):
            from napari_ssrvae.docks.curves import TrainingCurves
            from napari_ssrvae.docks.plots import SaveButtons

            self.curves = TrainingCurves(self.canvas.viewer)
            self._column.insertWidget(0, self.curves)
            self._column.addWidget(
                SaveButtons("training", self.curves.plots, self.curves.table, self.session)
            )
        if self.curves is not None:
            self.curves.show_run(run.history, run.steps)
        named = {c.class_id: NamedClass(c.name, c.colour) for c in self.session.classes}
        gone = NamedClass("removed", "#808080")
        self.pictures.show_pictures(run.pictures, [named.get(c, gone) for c in run.class_ids])
