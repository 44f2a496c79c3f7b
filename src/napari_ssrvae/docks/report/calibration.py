"""Whether the model is as sure as it may be."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.plots import SaveButtons, Tint, new_plot, plot_text, themed
from napari_ssrvae.docks.report.judged import SourceChoice, judgement_of
from napari_ssrvae.docks.report.page import Page, compact
from napari_ssrvae.docks.report.words import reliability_table
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.judging import Judgement

__all__ = ["CalibrationPage"]

BLUE = "#56b4e9"


class CalibrationPage(Page):
    """Reliability diagram and how many answers stand behind each point."""

    title = "Calibration"

    def __init__(self, canvas: Canvas, source: SourceChoice) -> None:
        super().__init__(canvas)
        self.source = source
        self.judgement: Judgement | None = None

    def read(self) -> Judgement:
        """Judge the model."""
        self.judgement = None
        found = judgement_of(self.session, self.source.source)
        if not len(found.reliability.n):
            raise InputError(
                f"How sure {found.answers.model} was of these particles is not known: train again to see it."
            )
        return found

    def build(self) -> QWidget:
        """Return the words and the two plots."""
        import pyqtgraph as pg

        viewer = self.canvas.viewer
        self.words = Hint()
        self.diagram = new_plot("confidence of the model", "accuracy")
        self.counts = new_plot("confidence of the model", "answers", y_units="particles")
        for plot, name in (
            (self.diagram, "Reliability diagram"),
            (self.counts, "Answers by confidence"),
        ):
            compact(plot, 240)
            plot.setXRange(0, 1, padding=0.02)
            plot.setAccessibleName(name)
        self.diagram.setToolTip("On the line the model is right as often as it says it is")
        self.diagram.setYRange(0, 1, padding=0.04)
        self.diagram.addLegend(offset=(10, 6), labelTextSize="8pt")
        self._ideal = self.diagram.plot([0, 1], [0, 1], name="as sure as right")
        self._bars = pg.ErrorBarItem(x=np.zeros(1), y=np.zeros(1), beam=0.015)
        self.diagram.addItem(self._bars)
        self._points = self.diagram.plot(
            [],
            [],
            symbol="o",
            symbolSize=9,
            symbolBrush=BLUE,
            name=plot_text("model, 95 % interval"),
        )
        self._n = pg.BarGraphItem(x0=[0], x1=[0], height=[0], brush=BLUE, pen=None)
        self.counts.addItem(self._n)
        self._legend = self.counts.addLegend(offset=(10, 6), labelTextSize="8pt")
        self._legend.addItem(self._n, "answers")
        self._theming = themed(self.diagram, viewer, self._paint)
        themed(self.counts, viewer)
        body, plots = QWidget(), QWidget()
        pair = QHBoxLayout(plots)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.addWidget(self.diagram, 1)
        pair.addWidget(self.counts, 1)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        left, right = QVBoxLayout(), QVBoxLayout()
        self.words.setMinimumWidth(170)
        left.addWidget(self.words)
        left.addStretch(1)
        right.addWidget(plots, 1)
        right.addWidget(SaveButtons("calibration", plots, self.numbers, self.session))
        row.addLayout(left, 1)
        row.addLayout(right, 3)
        return body

    def _paint(self, tint: Tint) -> None:
        import pyqtgraph as pg

        self._ideal.setPen(pg.mkPen(tint.faint, width=1, style=Qt.PenStyle.DashLine))
        self._bars.setOpts(pen=pg.mkPen(tint.text, width=1))
        self._points.setPen(pg.mkPen(BLUE, width=2))
        self._points.setSymbolPen(pg.mkPen(tint.text))

    def numbers(self) -> Any:
        """Return what is plotted as a table."""
        import pandas as pd

        j = self.judgement
        return pd.DataFrame() if j is None else reliability_table(j.reliability)

    def draw(self, judgement: Judgement) -> None:
        """Show how sure the model is."""
        self.judgement = judgement
        found = judgement.reliability
        self._points.setData(found.confidence, found.accuracy)
        self._bars.setData(
            x=found.confidence,
            y=found.accuracy,
            top=found.high - found.accuracy,
            bottom=found.accuracy - found.low,
        )
        self._n.setOpts(x0=found.left, x1=found.right, height=found.n)
        self.counts.setYRange(0, int(found.n.max()), padding=0.08)
        n = int(found.n.sum())
        gap = "too few to say" if judgement.too_few else f"{found.error:.2f}"
        mean, right = (float((x * found.n).sum() / n) for x in (found.confidence, found.accuracy))
        self.words.say(
            f"Expected calibration error: {gap}, from {n} {'answer' if n == 1 else 'answers'}. The model is "
            f"{mean:.0%} sure on average and {right:.0%} right. Below the line it is surer than it "
            f"may be. {' '.join(judgement.words)}"
        )
