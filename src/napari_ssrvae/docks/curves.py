"""The live curves of a training: the parts of the objective, and the accuracy on the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ssrvae.docks.plots import new_plot, plot_text, themed

if TYPE_CHECKING:
    import napari
    import pandas as pd

    from napari_ssrvae.docks.training_run import RunningLoss
    from napari_ssrvae.ssrvae import EpochEvent

__all__ = ["TrainingCurves"]

# Okabe and Ito's: told apart by everybody, and by the style of line and marker as well.
BLUE, ORANGE, GREEN, GREY = "#56B4E9", "#E69F00", "#009E73", "#999999"
HEIGHT_PX = 122


class TrainingCurves(QWidget):
    """Three plots over the epochs, one above the other.

    The loss and its largest part, the reconstruction, lie hundreds of nats above the others, which would be flat
    lines beside them: those have a plot of their own.

    Parameters
    ----------
    viewer : Viewer
        Whose theme the plots follow.
    """

    def __init__(self, viewer: napari.Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import pyqtgraph as pg

        dash, dot = Qt.PenStyle.DashLine, Qt.PenStyle.DotLine
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(2)
        self.plots = [
            new_plot("epoch", "loss", y_units="nats"),
            new_plot("epoch", "parts", y_units="nats"),
            new_plot("epoch", "accuracy"),
        ]
        self._lines: dict[str, Any] = {}
        for plot, lines in zip(
            self.plots,
            (
                (
                    ("steps", "running", pg.mkPen(GREY, width=1)),
                    ("loss", "loss", pg.mkPen(BLUE, width=2)),
                    ("reconstruction", "reconstruction", pg.mkPen(ORANGE, width=2, style=dash)),
                ),
                (
                    ("kl", "KL", pg.mkPen(GREEN, width=2)),
                    (
                        "classification",
                        "classification",
                        pg.mkPen(ORANGE, width=2, style=dot),
                    ),
                ),
                (
                    ("train_accuracy", "labels used", pg.mkPen(GREY, width=1)),
                    ("held_out_accuracy", "held out", pg.mkPen(ORANGE, width=2, style=dash)),
                ),
            ),
            strict=True,
        ):
            plot.setFixedHeight(HEIGHT_PX)
            plot.showGrid(x=False, y=True, alpha=0.2)
            plot.getPlotItem().getAxis("left").setWidth(62)
            plot.getPlotItem().getAxis("bottom").setTickDensity(0.6)
            # The legend lies above the curves, in the room that `_leave_room` keeps.
            plot.getPlotItem().getViewBox().enableAutoRange(y=False)
            legend = plot.addLegend(offset=(1, 1), colCount=3, verSpacing=-6, labelTextSize="8pt")
            legend.anchor(itemPos=(1, 0), parentPos=(1, 0), offset=(-2, -2))
            for key, name, pen in lines:
                self._lines[key] = plot.plot(pen=pen, name=plot_text(name))
            column.addWidget(plot)
        self.plots[2].setYRange(0, 1.8, padding=0)
        self.plots[2].getPlotItem().getAxis("left").setTicks([[(v, f"{v:g}") for v in (0, 0.5, 1)]])
        self._lines["held_out_accuracy"].setSymbol("o")
        self._lines["held_out_accuracy"].setSymbolSize(5)
        self._lines["held_out_accuracy"].setSymbolBrush(ORANGE)
        self._lines["held_out_accuracy"].setSymbolPen(None)
        self._held_out = -1
        self._history: Sequence[EpochEvent] = ()
        self._themings = [themed(plot, viewer) for plot in self.plots]

    def show_run(self, history: Sequence[EpochEvent], steps: Sequence[RunningLoss]) -> None:
        """Draw what is known so far."""
        self._history = history
        self._lines["steps"].setData(
            np.array([step.at for step in steps], float),
            np.array([step.loss for step in steps], float),
        )
        epochs = np.array([event.epoch for event in history], float)
        for name in ("loss", "reconstruction", "kl", "classification", "train_accuracy"):
            self._lines[name].setData(
                epochs, np.array([getattr(event, name) for event in history], float)
            )
        judged = [event for event in history if event.held_out_accuracy is not None]
        self._lines["held_out_accuracy"].setData(
            np.array([event.epoch for event in judged], float),
            np.array([event.held_out_accuracy for event in judged], float),
        )
        self._leave_room()
        number = max((getattr(event, "held_out", 0) for event in judged), default=0)
        if number != self._held_out:
            self._held_out = number
            words = f"{number:,} held out" if number else "held out: none"
            legend = self.plots[2].getPlotItem().legend
            legend.getLabel(self._lines["held_out_accuracy"]).setText(plot_text(words))
            self._themings[2].again()

    def _leave_room(self) -> None:
        """Let the curves end below the legend."""
        for plot, names in (
            (self.plots[0], ("steps", "loss", "reconstruction")),
            (self.plots[1], ("kl", "classification")),
        ):
            parts = [self._lines[name].yData for name in names]
            values = np.concatenate([p for p in parts if p is not None] or [np.zeros(0)])
            values = values[np.isfinite(values)]
            if len(values):
                low, high = float(values.min()), float(values.max())
                room = (high - low) or max(abs(high), 1.0)
                plot.setYRange(low - 0.05 * room, high + 0.6 * room, padding=0)

    def table(self) -> pd.DataFrame:
        """Return the numbers behind the curves, one row per epoch."""
        import pandas as pd

        names = {
            "epoch": "epoch",
            "loss": "loss (nats)",
            "reconstruction": "reconstruction (nats)",
            "kl": "KL (nats)",
            "classification": "classification (nats)",
            "train_accuracy": "accuracy on labels used",
            "held_out_accuracy": "accuracy on labels held out",
            "held_out": "labels held out",
        }
        return pd.DataFrame(
            [
                {title: getattr(e, name, None) for name, title in names.items()}
                for e in self._history
            ],
            columns=list(names.values()),
        )
