"""How large the particles are: a small histogram with a sentence above it."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_ssrvae.docks.plots import name_axis

__all__ = ["SizeHistogram"]

BARS = 32
FOUND, PREVIEWED = "#ff5fa8", "#40d8f0"
# Rare giants would press all others into one bar.
SHOWN_UP_TO = 99.5


class SizeHistogram(QWidget):
    """Diameters of particles as bars, how many they are and their median as text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.plot = pg.PlotWidget()
        self.plot.setFixedHeight(96)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        name_axis(self.plot, "left", "particles")
        self.plot.getPlotItem().getAxis("left").setWidth(50)
        self.plot.setToolTip(
            "How many particles have which diameter (of the circle of the same area)"
        )
        self.plot.setAccessibleName("Histogram of diameters")
        self._bars = pg.BarGraphItem(x0=[0], x1=[1], height=[0], brush=FOUND, pen=None)
        self.plot.addItem(self._bars)
        self.counts: NDArray[np.int64] = np.zeros(0, np.int64)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.text)
        column.addWidget(self.plot)
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self.hide()

    def show_sizes(
        self, diameters: NDArray[np.float64], unit: str, count: int, *, in_view: bool
    ) -> None:
        """Show these diameters.

        Parameters
        ----------
        diameters : ndarray, shape (n,)
            In `unit`; those of particles that are seen whole.
        unit : str
            "nm" or "px".
        count : int
            How many particles there are altogether.
        in_view : bool
            Whether they are a preview of the visible part, not all that were found.
        """
        where = "in view" if in_view else "in all"
        words = f"{count:,} {where}"
        if len(diameters):
            words += f", median {_short(float(np.median(diameters)))} {unit}"
        self.text.setText(words)
        high = float(np.percentile(diameters, SHOWN_UP_TO)) if len(diameters) else 1.0
        low = float(diameters.min()) if len(diameters) else 0.0
        if high <= low:
            low, high = 0.9 * low, 1.1 * high
        # The last bar holds the giants as well.
        self.counts, edges = np.histogram(np.minimum(diameters, high), bins=BARS, range=(low, high))
        brush = PREVIEWED if in_view else FOUND
        self._bars.setOpts(x0=edges[:-1], x1=edges[1:], height=self.counts, brush=brush)
        self.plot.setXRange(low, high, padding=0.02)
        self.plot.setYRange(0, max(1, int(self.counts.max())), padding=0.05)
        name_axis(self.plot, "bottom", "diameter", unit)
        self.show()


def _short(number: float) -> str:
    """Return three digits, or all of a large whole number: people read no exponents."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
