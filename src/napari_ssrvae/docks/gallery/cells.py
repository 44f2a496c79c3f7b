"""How one cell of the grid looks: the thumbnail, its class, whether it is selected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen, QPixmap

__all__ = ["CellPainter", "Geometry", "Tones"]

MARGIN_PX = 4
OUTLINE_PX = 3
BAR_PX = 5


@dataclass(frozen=True)
class Geometry:
    """Where cells lie: equal ones, row by row, in a width.

    Attributes
    ----------
    edge_px : int
        Edge of a thumbnail.
    caption_px : int
        Height of the line below it, 0 without one.
    columns : int
    """

    edge_px: int = 64
    caption_px: int = 0
    columns: int = 1

    @property
    def width(self) -> int:
        """Width of a cell."""
        return self.edge_px + 2 * MARGIN_PX

    @property
    def height(self) -> int:
        """Height of a cell."""
        return self.edge_px + 2 * MARGIN_PX + self.caption_px

    def columns_in(self, width: int) -> int:
        """Return how many columns a width has room for."""
        return max(1, width // self.width)

    def rows(self, n: int) -> int:
        """Return how many rows `n` cells need."""
        return -(-n // self.columns)

    def cell(self, place: int) -> QRect:
        """Return a cell in the coordinates of the whole grid."""
        row, column = divmod(place, self.columns)
        return QRect(column * self.width, row * self.height, self.width, self.height)

    def place_at(self, x: int, y: int, n: int) -> int:
        """Return the place at a position in the whole grid, -1 beside all thumbnails."""
        column, row = x // self.width, y // self.height
        place = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and place < n
        in_gap = x % self.width in (0, self.width - 1) or y % self.height in (0, self.height - 1)
        return int(place) if inside and not in_gap else -1

    def places_in(self, rect: QRect, n: int) -> list[range]:
        """Return the places whose cells a rectangle of the whole grid touches, a range for each row."""
        left = max(0, rect.left() // self.width)
        right = min(self.columns - 1, rect.right() // self.width)
        top, bottom = max(0, rect.top() // self.height), rect.bottom() // self.height
        rows = range(top, min(bottom, self.rows(n) - 1) + 1)
        starts = ((row * self.columns + left, row * self.columns + right + 1) for row in rows)
        return [range(start, min(stop, n)) for start, stop in starts if left <= right and start < n]


@dataclass(frozen=True)
class Tones:
    """The colours of the theme that cells use."""

    empty: QColor = field(default_factory=lambda: QColor(60, 64, 72))
    text: QColor = field(default_factory=lambda: QColor(240, 241, 242))
    selected: QColor = field(default_factory=lambda: QColor(69, 96, 196))


class CellPainter:
    """Draws cells with one painter.

    Parameters
    ----------
    painter : QPainter
    geometry : Geometry
    tones : Tones
    colours : mapping
        Class id to colour.
    unsure_below : float
        The bars of predictions under this probability are dotted.
    """

    def __init__(
        self,
        painter: QPainter,
        geometry: Geometry,
        tones: Tones,
        colours: Mapping[int, QColor],
        unsure_below: float,
    ) -> None:
        self._painter = painter
        self._geometry = geometry
        self._tones = tones
        self._colours = colours
        self._unsure_below = unsure_below
        self._bar_ground = QColor(0, 0, 0, 170)
        self._line = QColor(0, 0, 0, 150)
        self._metrics = QFontMetrics(painter.font())

    def background(self, x: int, y: int, selected: bool, focus: bool) -> None:
        """Draw what lies behind a thumbnail: the mark of the selected ones, and a frame for the focus."""
        width, height = self._geometry.width, self._geometry.height
        if selected:
            self._painter.fillRect(x, y, width, height, self._tones.selected)
        if selected or focus:
            pen = QPen(self._tones.text, 2 if focus else 1)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            if focus and not selected:
                pen.setStyle(Qt.PenStyle.DotLine)
            inset = 1 if focus else 0
            self._painter.setPen(pen)
            self._painter.drawRect(
                x + inset, y + inset, width - 1 - 2 * inset, height - 1 - 2 * inset
            )

    def thumbnail(self, x: int, y: int, pixmap: QPixmap | None) -> None:
        """Draw the particle, or an empty square until it is there."""
        edge = self._geometry.edge_px
        if pixmap is None:
            self._painter.fillRect(x + MARGIN_PX, y + MARGIN_PX, edge, edge, self._tones.empty)
        else:
            self._painter.drawPixmap(x + MARGIN_PX, y + MARGIN_PX, pixmap)

    def classes(self, x: int, y: int, hand: int, model: int, probability: float) -> None:
        """Draw the hand's class as an outline, the model's as a bar as long as it is sure."""
        left, top, edge = x + MARGIN_PX, y + MARGIN_PX, self._geometry.edge_px
        inset = 0
        colour = self._colours.get(hand)
        if colour is not None:
            self._frame(left, top, edge, OUTLINE_PX, colour)
            self._frame(left + OUTLINE_PX, top + OUTLINE_PX, edge - 2 * OUTLINE_PX, 1, self._line)
            inset = OUTLINE_PX + 1
        colour = self._colours.get(model)
        if colour is not None and probability == probability:
            width, low = edge - 2 * inset, top + edge - inset - BAR_PX
            self._painter.fillRect(left + inset, low - 1, width, BAR_PX + 1, self._bar_ground)
            sure = probability >= self._unsure_below
            brush = QBrush(
                colour, Qt.BrushStyle.SolidPattern if sure else Qt.BrushStyle.Dense4Pattern
            )
            long = max(1, round(width * min(1.0, probability)))
            self._painter.fillRect(QRect(left + inset, low, long, BAR_PX), brush)

    def _frame(self, left: int, top: int, edge: int, thick: int, colour: QColor) -> None:
        fill = self._painter.fillRect
        fill(left, top, edge, thick, colour)
        fill(left, top + edge - thick, edge, thick, colour)
        fill(left, top + thick, thick, edge - 2 * thick, colour)
        fill(left + edge - thick, top + thick, thick, edge - 2 * thick, colour)

    def caption(self, x: int, y: int, text: str) -> None:
        """Write a line below the thumbnail."""
        geometry = self._geometry
        rect = QRect(
            x, y + geometry.edge_px + 2 * MARGIN_PX - 2, geometry.width, geometry.caption_px
        )
        words = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, geometry.width - 4)
        self._painter.setPen(self._tones.text)
        self._painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
