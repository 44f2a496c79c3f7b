"""What the map tells of the point under the mouse: its picture, and a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QWidget

__all__ = ["HoverCard"]

EDGE_PX, PAD_PX, BESIDE_PX = 72, 6, 14
# Its own colours, as the tip on the micrograph has them, in a light and in a dark theme.
GROUND, TEXT, BORDER = QColor("#262930"), QColor("#f0f1f2"), QColor("#868e93")


class HoverCard(QWidget):
    """A thumbnail and lines of plain text over a part of a plot; lets the mouse through.

    Parameters
    ----------
    over : QWidget
        What it lies over and never leaves.
    """

    EDGE_PX = EDGE_PX

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._pixmap: QPixmap | None = None
        self.lines: tuple[str, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def pixmap(self) -> QPixmap | None:
        """The thumbnail that is shown."""
        return self._pixmap

    def tell(self, at: QPoint, pixmap: QPixmap | None, lines: Sequence[str]) -> None:
        """Show this beside a position."""
        self._pixmap, self.lines = pixmap, tuple(lines)
        size = self._size()
        room = self._over.rect()
        x = at.x() + BESIDE_PX
        if x + size.width() > room.right():
            x = at.x() - BESIDE_PX - size.width()
        y = max(0, min(at.y() - size.height() // 2, room.bottom() - size.height()))
        self.setGeometry(QRect(QPoint(max(0, x), y), size))
        self.show()
        self.raise_()
        self.update()

    def _size(self) -> QSize:
        metrics = self.fontMetrics()
        wide = max((metrics.horizontalAdvance(line) for line in self.lines), default=0)
        high = max(EDGE_PX, len(self.lines) * metrics.lineSpacing())
        return QSize(EDGE_PX + min(wide, 260) + 3 * PAD_PX + 2, high + 2 * PAD_PX)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw thumbnail and lines; names of classes are drawn as they are."""
        painter, metrics = QPainter(self), self.fontMetrics()
        painter.fillRect(self.rect(), GROUND)
        painter.setPen(BORDER)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._pixmap is not None:
            painter.drawPixmap(PAD_PX, PAD_PX, self._pixmap)
        painter.setPen(TEXT)
        left, room = EDGE_PX + 2 * PAD_PX, self.width() - EDGE_PX - 3 * PAD_PX
        for number, line in enumerate(self.lines):
            words = metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
            y = PAD_PX + metrics.ascent() + number * metrics.lineSpacing()
            painter.drawText(left, y, words)
        painter.end()
