"""The live curves of a training: loss, and accuracy on the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ssrvae.ssrvae import EpochEvent

__all__ = ["TrainingCurves"]

# Okabe and Ito's blue and vermilion: told apart by everybody, and by the line style as well.
BLUE, VERMILION, GREY = "#56B4E9", "#E69F00", "#999999"


class TrainingCurves(QWidget):
    """Two plots over the epochs, one above the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plots: list[pg.PlotWidget] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        for name in ("loss (nats)", "accuracy"):
            plot = pg.PlotWidget(background=None)
            plot.setFixedHeight(150)
            plot.setLabel("left", name)
            plot.setMouseEnabled(x=False, y=False)
            plot.hideButtons()
            plot.setMenuEnabled(False)
            plot.showGrid(x=False, y=True, alpha=0.2)
            column.addWidget(plot)
            self._plots.append(plot)
        self._plots[1].setLabel("bottom", "epoch")
        self._plots[1].setYRange(0, 1, padding=0.05)
        self._legend = self._plots[1].addLegend(offset=(-8, -8))
        solid, dashed = (
            pg.mkPen(BLUE, width=2),
            pg.mkPen(VERMILION, width=2, style=pg.QtCore.Qt.PenStyle.DashLine),
        )
        self._loss = self._plots[0].plot(pen=solid)
        self._trained = self._plots[1].plot(pen=pg.mkPen(GREY, width=1), name="labels used")
        self._held_out = self._plots[1].plot(pen=dashed, name="labels held out")

    def set_text_colour(self, colour: str) -> None:
        """Draw axes, names and legend in a colour that stands out from napari's theme."""
        for plot in self._plots:
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(colour)
                plot.getAxis(side).setTextPen(colour)
        self._legend.setLabelTextColor(colour)
        for _, label in self._legend.items:
            label.setText(label.text, color=colour)

    def clear(self) -> None:
        """Empty the plots for a new training."""
        self.show_history(())

    def show_history(self, history: Sequence[EpochEvent]) -> None:
        """Draw what is known so far."""
        epochs = np.array([event.epoch for event in history], float)
        self._loss.setData(epochs, np.array([event.loss for event in history], float))
        self._trained.setData(epochs, np.array([event.train_accuracy for event in history], float))
        judged = [event for event in history if event.held_out_accuracy is not None]
        self._held_out.setData(
            np.array([event.epoch for event in judged], float),
            np.array([event.held_out_accuracy for event in judged], float),
        )
