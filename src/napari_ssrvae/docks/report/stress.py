"""How much the model bears: the stress test."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.plots import SaveButtons, Tint, new_plot, themed
from napari_ssrvae.docks.report.page import Page, compact
from napari_ssrvae.docks.stress_run import StressRun
from napari_ssrvae.docks.widgets import Hint, Progress, primary_button
from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.stress import STRESSES, Stress

__all__ = ["StressPage"]

BLUE = "#56b4e9"


class StressPage(Page):
    """Accuracy on the user's own labelled particles when they are turned, sheared, noisy or contaminated."""

    title = "Stress test"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.run: StressRun = canvas.stress
        self._drawn: tuple[str | None, int] | None = None
        self.run.changed.connect(self._on_run)
        self.start = primary_button(
            "Test the model",
            "Asks the model about your labelled particles, turned, sheared, noisy and contaminated",
        )
        self.start.clicked.connect(self.run.start)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("End with what there is so far")
        self.stop.clicked.connect(self.run.stop)
        self.progress, self.words = Progress(), Hint()
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addWidget(self.stop)
        row.addWidget(self.words, 1)
        self.column.insertLayout(0, row)
        self.column.insertWidget(1, self.progress)

    def _on_run(self) -> None:
        self.stale = True
        if not self.isVisible():
            return
        if self._drawn == (self.run.model, len(self.run.points)):
            self._show_progress()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Show how far the test is, and what it found so far."""
        self._drawn = self.run.model, len(self.run.points)
        self._show_progress()
        super().refresh()

    def _show_progress(self) -> None:
        run, able = self.run, self.session.library_model is not None
        self.start.setVisible(not run.running)
        self.start.setEnabled(able)
        self.stop.setVisible(run.running)
        self.progress.show_fraction(run.running, run.fraction)
        if run.error:
            self.words.say(run.error, error=True)
        elif run.running:
            self.words.say(run.text)
        else:
            self.words.say(run.sample.words if run.sample is not None else "")

    def read(self) -> StressRun:
        """Return the run, if it has anything to show."""
        if self.session.library_model is None:
            raise InputError(
                "There is no model yet: label a few particles of each class, then train."
            )
        if not self.run.points:
            raise InputError(
                "The model is asked about up to 400 of your labelled particles, made harder step by step: turned, "
                "sheared, noisy, with wrong pixels. Steep falls show what your micrographs must not have."
            )
        return self.run

    def build(self) -> QWidget:
        """Return a plot for each stress."""
        body, grid = QWidget(), QWidget()
        cells = QGridLayout(grid)
        cells.setContentsMargins(0, 0, 0, 0)
        self.curves = {kind: StressCurve(stress, self.canvas) for kind, stress in STRESSES.items()}
        for place, curve in enumerate(self.curves.values()):
            cells.addWidget(curve.plot, 0, place)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(grid, 1)
        column.addWidget(SaveButtons("stress test", grid, self.numbers, self.session))
        return body

    def draw(self, run: StressRun) -> None:
        """Show what was found so far."""
        chance = np.nan if run.sample is None else 1 / len(np.unique(run.sample.outputs))
        for kind, curve in self.curves.items():
            curve.show([point for point in run.points if point.kind == kind], chance)

    def numbers(self) -> Any:
        """Return what is plotted as a table."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "stress": STRESSES[point.kind].name,
                    "strength": point.strength,
                    "unit": STRESSES[point.kind].unit,
                    "right (particles)": point.right,
                    "judged (particles)": point.judged,
                    "accuracy": point.right / point.judged,
                    "low (95 %)": point.low,
                    "high (95 %)": point.high,
                }
                for point in self.run.points
            ]
        )


class StressCurve:
    """Accuracy against the strength of one stress."""

    def __init__(self, stress: Stress, canvas: Canvas) -> None:
        import pyqtgraph as pg

        self.stress = stress
        self._points: list[Any] = []
        self.plot = new_plot(stress.name, "accuracy", x_units=stress.unit)
        compact(self.plot, 190)
        self.plot.setAccessibleName(f"Accuracy against {stress.name.lower()}")
        self.plot.setYRange(0, 1, padding=0.04)
        self.plot.setXRange(0, stress.strengths[-1], padding=0.04)
        self.low, self.high = (pg.PlotCurveItem(pen=None) for _ in range(2))
        self.band = pg.FillBetweenItem(self.low, self.high, brush=pg.mkBrush(86, 180, 233, 70))
        self.plot.addItem(self.band)
        self.band_key = pg.BarGraphItem(
            x=[0], height=[0], width=1, brush=(86, 180, 233, 70), pen=None
        )
        self.chance = self.plot.plot([], [])
        self.line = self.plot.plot([], [], symbol="o", symbolSize=6, symbolBrush=BLUE)
        self.legend = self.plot.addLegend(offset=(8, -6), labelTextSize="8pt", verSpacing=-2)
        self.theming = themed(self.plot, canvas.viewer, self._paint)

    def show(self, points: list[Any], chance: float) -> None:
        """Show what was found so far."""
        if points == self._points:
            return
        self._points = list(points)
        x = np.array([point.strength for point in points], float)
        self.low.setData(x, np.array([point.low for point in points], float))
        self.high.setData(x, np.array([point.high for point in points], float))
        self.line.setData(x, np.array([point.right / point.judged for point in points], float))
        some = np.array([0.0, self.stress.strengths[-1]]) if np.isfinite(chance) else np.zeros(0)
        self.chance.setData(some, np.full(len(some), chance))
        self.legend.clear()
        n = points[0].judged if points else 0
        for item, name in (
            (self.line, f"accuracy, n = {n}"),
            (self.band_key, "95 % interval"),
            (self.chance, "guessing"),
        ):
            self.legend.addItem(item, name)
        # Where the curve is not.
        falls = bool(points) and points[-1].right < 0.6 * points[-1].judged
        self.legend.setOffset((-4, 2) if falls else (-4, -4))
        self.theming.again()

    def _paint(self, tint: Tint) -> None:
        import pyqtgraph as pg

        self.line.setPen(pg.mkPen(BLUE, width=2))
        self.line.setSymbolPen(pg.mkPen(tint.text))
        self.chance.setPen(pg.mkPen(tint.faint, width=1, style=Qt.PenStyle.DashLine))
