"""Tiles of a traversal or a manifold as one picture with its axes; on the screen and in files the same."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from napari_ssrvae.docks.gallery.cells import Tones

__all__ = ["Axis", "Mosaic", "grey_image", "mosaic_of"]

GAP_PX = 3


def grey_image(grey: NDArray[np.float32]) -> QImage:
    """Return a picture (H, W) in [0, 1] as one of Qt's, with its own copy of the pixels."""
    eight = np.ascontiguousarray(np.round(255 * np.clip(np.nan_to_num(grey), 0, 1)), np.uint8)
    height, width = eight.shape
    return QImage(eight.data, width, height, width, QImage.Format.Format_Grayscale8).copy()


def mosaic_of(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return tiles (R, C, S, S) side by side as one picture (R * S, C * S)."""
    rows, columns, height, width = images.shape
    return np.asarray(images.swapaxes(1, 2).reshape(rows * height, columns * width))


@dataclass(frozen=True)
class Axis:
    """What lies along one edge: its name, and the value of each tile."""

    name: str = ""
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Mosaic:
    """Tiles, R rows of C, and what is written around them.

    Attributes
    ----------
    image : QImage
    shape : (int, int)
        R and C.
    down, across : Axis
        Without a name nothing is written there.
    title : str
        Plain text above.
    """

    image: QImage
    shape: tuple[int, int]
    down: Axis = field(default_factory=Axis)
    across: Axis = field(default_factory=Axis)
    title: str = ""

    def grid(self, area: QRectF, metrics: QFontMetricsF) -> QRectF:
        """Return where the tiles lie in an area: square ones, as large as there is room for."""
        left = self._left(metrics)
        below = 2 * metrics.height() + GAP_PX if self.across.name else 0.0
        above = metrics.height() + GAP_PX if self.title else 0.0
        rows, columns = self.shape
        # The last number below reaches beyond its tile.
        right = metrics.horizontalAdvance(_number(-1)) / 2 if self.across.name else 0.0
        room = area.adjusted(left, above, -right, -below)
        edge = max(0.0, min(room.width() / columns, room.height() / rows))
        width, height = edge * columns, edge * rows
        # In the middle, what is written included.
        x = room.left() + max(0.0, (room.width() - width) / 2)
        return QRectF(x, room.top(), width, height)

    def _left(self, metrics: QFontMetricsF) -> float:
        if not self.down.name:
            return 0.0
        widest = max((metrics.horizontalAdvance(_number(v)) for v in self.down.values), default=0.0)
        return float(metrics.height() + widest + 2 * GAP_PX)

    def paint(
        self,
        painter: QPainter,
        area: QRectF,
        tones: Tones,
        *,
        colour: QColor | None = None,
        here: tuple[float, float] | None = None,
        under_mouse: tuple[int, int] | None = None,
    ) -> None:
        """Draw it into an area.

        Parameters
        ----------
        colour : QColor, optional
            Of the class: a frame around the tiles.
        here : (float, float), optional
            A place to be marked, in rows and columns: (0, 0) is the middle of the first tile.
        under_mouse : (int, int), optional
            A tile to be framed.
        """
        metrics = QFontMetricsF(painter.font())
        grid = self.grid(area, metrics)
        if grid.width() < 1:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawImage(grid, self.image)
        if colour is not None:
            painter.setPen(QPen(colour, 2))
            painter.drawRect(grid.adjusted(-1, -1, 1, 1))
        self._write(painter, grid, metrics, tones)
        if under_mouse is not None:
            painter.setPen(QPen(tones.text, 1.5))
            painter.drawRect(self.tile(grid, *under_mouse))
        if here is not None:
            _mark(painter, self.point(grid, *here), self.edge(grid))

    def edge(self, grid: QRectF) -> float:
        """Return the edge of a tile."""
        return float(grid.width() / self.shape[1])

    def tile(self, grid: QRectF, row: int, column: int) -> QRectF:
        """Return where a tile lies."""
        edge = self.edge(grid)
        return QRectF(grid.left() + column * edge, grid.top() + row * edge, edge, edge)

    def point(self, grid: QRectF, row: float, column: float) -> QPointF:
        """Return where a place between the tiles lies; what is beyond them is moved to their rim."""
        edge, (rows, columns) = self.edge(grid), self.shape
        row, column = min(max(row, -0.5), rows - 0.5), min(max(column, -0.5), columns - 0.5)
        return QPointF(grid.left() + (column + 0.5) * edge, grid.top() + (row + 0.5) * edge)

    def tile_at(self, grid: QRectF, point: QPointF) -> tuple[int, int] | None:
        """Return the row and column of the tile at a point, None beside them."""
        if grid.width() < 1 or not grid.contains(point):
            return None
        edge, (rows, columns) = self.edge(grid), self.shape
        row, column = int((point.y() - grid.top()) / edge), int((point.x() - grid.left()) / edge)
        return min(row, rows - 1), min(column, columns - 1)

    def _write(self, painter: QPainter, grid: QRectF, metrics: QFontMetricsF, tones: Tones) -> None:
        painter.setPen(tones.text)
        line, edge = metrics.height(), self.edge(grid)
        middle = Qt.AlignmentFlag.AlignCenter
        if self.title:
            area = QRectF(grid.left(), grid.top() - line - GAP_PX, grid.width(), line)
            title = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, grid.width())
            painter.drawText(area, middle, title)
        if self.across.name:
            for at in _told(len(self.across.values)):
                x = grid.left() + (at + 0.5) * edge
                area = QRectF(x - 40, grid.bottom() + GAP_PX, 80, line)
                painter.drawText(area, middle, _number(self.across.values[at]))
            area = QRectF(grid.center().x() - 100, grid.bottom() + GAP_PX + line, 200, line)
            painter.drawText(area, middle, self.across.name)
        if self.down.name:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            left = grid.left() - self._left(metrics)
            for at in _told(len(self.down.values)):
                y = grid.top() + (at + 0.5) * edge
                area = QRectF(left, y - line / 2, grid.left() - GAP_PX - left, line)
                painter.drawText(area, right, _number(self.down.values[at]))
            painter.save()
            painter.translate(left + line / 2, grid.center().y())
            painter.rotate(-90)
            area = QRectF(-grid.height(), -line / 2, 2 * grid.height(), line)
            painter.drawText(area, middle, self.down.name)
            painter.restore()


def _told(n: int) -> list[int]:
    """Return which of n values are written: the first, the middle and the last."""
    return sorted({0, n // 2, n - 1}) if n > 2 else list(range(n))


def _number(value: float) -> str:
    # A true minus, as wide as the plus.
    return f"{value:+.2f}".replace("-", "\u2212") if abs(value) >= 0.005 else "0"


def _mark(painter: QPainter, at: QPointF, edge: float) -> None:
    """Draw a ring that is seen on black and on white, and leaves to be seen what it is about."""
    radius = max(4.0, 0.42 * edge)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(0, 0, 0), 4.0), (QColor(255, 255, 255), 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(at, radius, radius)
