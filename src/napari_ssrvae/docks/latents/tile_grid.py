"""Tiles to be clicked: a strip of one latent, a grid of two."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from qtpy.QtWidgets import QToolTip, QWidget

from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.latents.mosaic import Mosaic
from napari_ssrvae.docks.plain import plain_tip

__all__ = ["RIM_PX", "TileGrid"]

RIM_PX = 2
"""Around the tiles, for the frame."""

Key = Qt.Key
STEPS = {
    Key.Key_Left: (0, -1),
    Key.Key_Right: (0, 1),
    Key.Key_Up: (-1, 0),
    Key.Key_Down: (1, 0),
}


class TileGrid(QWidget):
    """Shows tiles with a ring where one is; a click goes to a tile, a double click brings a particle into view.

    With the keys: the arrows go from tile to tile, Return brings a particle into view.

    Attributes
    ----------
    picked, jumped : Signal
        Row and column of a tile that was clicked; that was double clicked.
    """

    picked = Signal(int, int)
    jumped = Signal(int, int)

    def __init__(self, name: str, hint: Callable[[int, int], str]) -> None:
        super().__init__()
        self._hint = hint
        self._tones = Tones()
        self._colour: QColor | None = None
        self._ground: QColor | None = None
        self._under: tuple[int, int] | None = None
        self.mosaic: Mosaic | None = None
        self.here: tuple[float, float] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for a few tiles."""
        return QSize(200, 200)

    def show_mosaic(self, mosaic: Mosaic | None, colour: QColor | None = None) -> None:
        """Show these tiles, framed in the colour of their class."""
        self.mosaic, self._colour, self._under = mosaic, colour, None
        self.update()

    def show_here(self, here: tuple[float, float] | None) -> None:
        """Mark a place between the tiles, in rows and columns."""
        if here != self.here:
            self.here = here
            self.update()

    def set_tones(self, tones: Tones, ground: QColor | None = None) -> None:
        """Take the colours of a theme, and what is painted below everything."""
        self._tones, self._ground = tones, ground
        self.update()

    # --- where what is -------------------------------------------------------------------------

    def _grid(self) -> QRectF:
        assert self.mosaic is not None
        return self.mosaic.grid(self._area(), QFontMetricsF(self.font()))

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(RIM_PX, RIM_PX, -RIM_PX, -RIM_PX)

    def tile_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return the tile at a point, None beside them."""
        return None if self.mosaic is None else self.mosaic.tile_at(self._grid(), point)

    def middle_of(self, row: int, column: int) -> QPointF:
        """Return the middle of a tile."""
        assert self.mosaic is not None
        return self.mosaic.tile(self._grid(), row, column).center()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the tiles."""
        painter = QPainter(self)
        if self._ground is not None:
            painter.fillRect(self.rect(), self._ground)
        if self.mosaic is not None:
            self.mosaic.paint(
                painter,
                self._area(),
                self._tones,
                colour=self._colour,
                here=self.here,
                under_mouse=self._under,
            )
            if self.hasFocus():
                pen = QPen(self._tones.text, 1, Qt.PenStyle.DotLine)
                painter.setPen(pen)
                painter.drawRect(self._grid().adjusted(-2, -2, 1, 1))
        painter.end()

    # --- mouse and keys ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go to the tile."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        tile = self.tile_at(event.position())
        if tile is not None:
            self.picked.emit(*tile)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Bring what is like the tile into view."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        tile = self.tile_at(event.position())
        if tile is not None:
            self.jumped.emit(*tile)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Frame the tile under the mouse."""
        if event is not None:
            self._frame(self.tile_at(event.position()))

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Frame none."""
        super().leaveEvent(event)
        self._frame(None)

    def _frame(self, tile: tuple[int, int] | None) -> None:
        if tile != self._under:
            self._under = tile
            self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go on to the next tile, or bring a particle into view."""
        if event is None:
            return
        key = Key(event.key())
        tile = self._present()
        if tile is not None and key in STEPS:
            self._step(tile, *STEPS[key])
        elif tile is not None and key in (Key.Key_Return, Key.Key_Enter):
            self.jumped.emit(*tile)
        else:
            super().keyPressEvent(event)

    def _present(self) -> tuple[int, int] | None:
        if self.mosaic is None or self.here is None:
            return None
        rows, columns = self.mosaic.shape
        row, column = (round(at) for at in self.here)
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def _step(self, tile: tuple[int, int], down: int, right: int) -> None:
        assert self.mosaic is not None
        row, column = tile[0] + down, tile[1] + right
        if 0 <= row < self.mosaic.shape[0] and 0 <= column < self.mosaic.shape[1]:
            self.picked.emit(row, column)

    def event(self, event: QEvent | None) -> bool:
        """Tell the latents of the tile under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tile = self.tile_at(QPointF(event.pos()))
            words = plain_tip(self._hint(*tile)) if tile is not None else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return bool(super().event(event))
