"""The confusion matrix as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QColor

from napari_ssrvae.docks.plots import Tint, new_plot, themed
from napari_ssrvae.docks.report.page import compact

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.workflow.judging import Judgement

__all__ = ["Matrix"]

# Brewer's blues, from none to all of a row: the same in both themes, the numbers stand on it.
LOW, HIGH = "#f0f4fa", "#08519c"
LONGEST = 16
# Of more classes only the counts stand in the cells; the colour tells the share.
FEW = 5


class Matrix(QObject):
    """Counts and shares of what is taken for what; rows true, columns predicted.

    Attributes
    ----------
    plot : PlotWidget
    clicked : Signal
        Row and column of a cell.
    """

    clicked = Signal(int, int)

    def __init__(self, viewer: napari.Viewer) -> None:
        super().__init__()
        import pyqtgraph as pg

        self.plot = new_plot("predicted by the model", "true, by hand")
        compact(self.plot, 330)
        self.plot.setToolTip(
            "How many particles of each true class (rows) the model takes for which (columns), and which share "
            "of the row that is. Click a cell to select its particles."
        )
        self.plot.setAccessibleName("Confusion matrix")
        self.setParent(self.plot)
        item = self.plot.getPlotItem()
        item.getViewBox().invertY(True)
        item.getAxis("left").setStyle(tickLength=0)
        item.getAxis("bottom").setStyle(tickLength=0)
        # Said here: other plugins may set another order for all images.
        self._image = pg.ImageItem(axisOrder="col-major")
        item.addItem(self._image)
        self._mark = pg.QtWidgets.QGraphicsRectItem()
        self._mark.setVisible(False)
        item.addItem(self._mark, ignoreBounds=True)
        colours = pg.ColorMap([0.0, 1.0], [QColor(LOW), QColor(HIGH)])
        self._bar = pg.ColorBarItem(
            values=(0, 100), colorMap=colours, width=12, interactive=False, label="share of row (%)"
        )
        self._bar.setImageItem(self._image, insert_in=item)
        self._texts: list[Any] = []
        self._size = 0
        self.theming = themed(self.plot, viewer, self._paint)
        self.plot.scene().sigMouseClicked.connect(self._on_click)

    def show(self, judgement: Judgement, names: Sequence[str]) -> None:
        """Show a confusion matrix; `names` are those of its classes."""
        import pyqtgraph as pg

        item, counts = self.plot.getPlotItem(), judgement.confusion.counts
        share = np.nan_to_num(100 * judgement.confusion.fraction)
        size = self._size = len(counts)
        self._image.setImage(share.T, autoLevels=False, levels=(0, 100))
        ticks = [(k + 0.5, _short(name)) for k, name in enumerate(names)]
        for side in ("left", "bottom"):
            item.getAxis(side).setTicks([ticks])
        for text in self._texts:
            item.removeItem(text)
        self._texts = []
        for row, column in np.ndindex(size, size):
            n, percent = int(counts[row, column]), float(share[row, column])
            words = f"{n:,}" if size > FEW else f"{n:,} ({percent:.0f} %)"
            if not counts[row].any():
                words = "\u2013"
            colour = "#ffffff" if percent > 50 else "#1a1a1a"
            text = pg.TextItem(words, color=colour, anchor=(0.5, 0.5))
            text.setPos(column + 0.5, row + 0.5)
            item.addItem(text, ignoreBounds=True)
            self._texts.append(text)
        self.plot.setRange(xRange=(0, size), yRange=(0, size), padding=0)
        self.mark(None)

    def mark(self, cell: tuple[int, int] | None) -> None:
        """Put a frame around a cell, or around none."""
        self._mark.setVisible(cell is not None)
        if cell is not None:
            self._mark.setRect(cell[1] + 0.02, cell[0] + 0.02, 0.96, 0.96)

    def _paint(self, tint: Tint) -> None:
        import pyqtgraph as pg

        for side in ("left", "right"):
            self._bar.getAxis(side).setPen(tint.text)
            self._bar.getAxis(side).setTextPen(tint.text)
        self._mark.setPen(pg.mkPen("#e69f00", width=3))

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self.plot.getPlotItem().getViewBox().mapSceneToView(event.scenePos())
        row, column = int(np.floor(at.y())), int(np.floor(at.x()))
        if 0 <= row < self._size and 0 <= column < self._size:
            self.clicked.emit(row, column)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\u2026"
