"""What hangs on the mouse while particles are dragged."""

from __future__ import annotations

from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QColor, QPainter, QPixmap

__all__ = ["drag_picture"]

EDGE_PX = 56


def drag_picture(thumbnail: QPixmap | None, n: int) -> QPixmap:
    """Return a thumbnail with the number of particles that are carried."""
    picture = QPixmap(EDGE_PX + 6, EDGE_PX + 6)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    for step in (6, 3, 0) if n > 1 else (0,):
        rect = QRect(step, step, EDGE_PX, EDGE_PX)
        painter.fillRect(rect, QColor(70, 74, 82))
        painter.setPen(QColor(240, 241, 242))
        painter.drawRect(rect.adjusted(0, 0, -1, -1))
    if thumbnail is not None:
        painter.drawPixmap(QRect(1, 1, EDGE_PX - 2, EDGE_PX - 2), thumbnail)
    words = f"{n:,}"
    width = painter.fontMetrics().horizontalAdvance(words) + 10
    badge = QRect(EDGE_PX - width, EDGE_PX - 18, width, 18)
    painter.fillRect(badge, QColor(69, 96, 196))
    painter.setPen(QColor(255, 255, 255))
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)
    painter.end()
    return picture
