"""The box or the loop that is being drawn, over the canvas: no layer, so nothing of napari's changes."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

from qtpy.QtCore import QEvent, QObject, QPointF, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

__all__ = ["Rubber"]

# Two lines, dark below light, are seen on every grey.
DARK, LIGHT, INSIDE = QColor(0, 0, 0, 200), QColor(255, 217, 51), QColor(255, 217, 51, 40)


class Rubber(QWidget):
    """A closed outline over another widget that lets the mouse through.

    Parameters
    ----------
    over : QWidget
        The widget it lies on.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        # Weakly: a canvas, which owns this, must not hold its window.
        self._over = weakref.ref(over)
        self._points = QPolygonF()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        over.installEventFilter(self)
        self.hide()

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Be as large as what it lies on."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self._cover()
        return False

    def show_outline(self, points: Sequence[tuple[float, float]]) -> None:
        """Show a closed outline; points are x and y in the widget's pixels."""
        self._points = QPolygonF([QPointF(x, y) for x, y in points])
        if not self.isVisible():
            self._cover()
            self.show()
            self.raise_()
        self.update()

    def _cover(self) -> None:
        over = self._over()
        if over is not None:
            self.setGeometry(over.rect())

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the outline."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(DARK, 3.0))
        painter.setBrush(INSIDE)
        painter.drawPolygon(self._points)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(LIGHT, 1.5, Qt.PenStyle.DashLine))
        painter.drawPolygon(self._points)
        painter.end()
