"""Mouse and keys in the grid."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from qtpy.QtGui import (
    QContextMenuEvent,
    QDrag,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
)
from qtpy.QtWidgets import QApplication, QToolTip, QWidget

from napari_ssrvae.docks.dragging import particles_mime
from napari_ssrvae.docks.gallery.drag_picture import drag_picture
from napari_ssrvae.docks.gallery.grid import Grid
from napari_ssrvae.docks.gallery.keys import MOVES, place_after
from napari_ssrvae.docks.gallery.picks import Picks
from napari_ssrvae.docks.keys import key_of
from napari_ssrvae.docks.shortcuts import keys_for

if TYPE_CHECKING:
    from napari_ssrvae.docks.commands import Commands
    from napari_ssrvae.docks.gallery.model import GalleryModel
    from napari_ssrvae.docks.tools import Tools
    from napari_ssrvae.session import Session

__all__ = ["PickingGrid"]

Key = Qt.Key
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
SCROLL_EVERY_MS = 30


class PickingGrid(Grid):
    """The grid that selects, drags and hands keys on.

    A press on a selected thumbnail that moves drags all that is selected; any other press that moves draws a band.

    Attributes
    ----------
    sort_asked : Signal
        F5 was pressed.
    menu_asked : Signal
        Where on the screen the menu of the selected is wanted.
    """

    sort_asked = Signal()
    menu_asked = Signal(object)

    def __init__(
        self,
        session: Session,
        model: GalleryModel,
        commands: Commands,
        tools: Tools,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, model, parent)
        self._tools = tools
        self.picks = Picks(session, model)
        self._commands = commands
        self._pressed_at: QPoint | None = None
        self._band_end = QPoint()
        self._pressed_place = -1
        self._settle: Callable[[], None] | None = None
        self._scroll = QTimer(self)
        self._scroll.setInterval(SCROLL_EVERY_MS)
        self._scroll.timeout.connect(self._scroll_band)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(False)
        session.selection.changed.connect(self._on_selection)

    def _on_selection(self) -> None:
        """Show what was selected elsewhere."""
        if self.band is None and self.picks.follow():
            self.cursor_id = self.picks.cursor_id
            self.show_place(self.picks.cursor)

    def _picked(self) -> None:
        self.cursor_id = self.picks.cursor_id
        self.show_place(self.picks.cursor)
        self.viewport().update()

    # --- mouse ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select on press; a press on what is selected waits for what becomes of it."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        place = self.place_at(event.pos())
        shift, ctrl = bool(event.modifiers() & SHIFT), bool(event.modifiers() & CTRL)
        self._pressed_at, self._pressed_place = self._in_grid(event.pos()), place
        self._settle = None
        self.picks.press(add=shift or ctrl)
        if place < 0:
            # Into a gap: nothing is selected, unless a band follows.
            self._settle = None if shift or ctrl else self._session.selection.clear
        elif shift:
            self.picks.reach(place, add=ctrl)
        elif self.picks.is_selected(place):
            self._settle = lambda: self.picks.toggle(place) if ctrl else self.picks.only(place)
        elif ctrl:
            self.picks.toggle(place)
        else:
            self.picks.only(place)
        self.cursor_id = self.picks.cursor_id
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Drag what is selected, or draw a band."""
        if event is None or self._pressed_at is None:
            return
        here, self._band_end = self._in_grid(event.pos()), event.pos()
        far = (here - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if self.band is None and far:
            if self._pressed_place >= 0 and self._settle is not None:
                self._settle = self._pressed_at = None
                self.drag_selected()
                return
            self._settle = None
            self._scroll.start()
            self.band = QRect(self._pressed_at, here).normalized()
        if self.band is not None:
            self._stretch_band(here)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End a band, or select what was only pressed."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self.band is not None:
            self.band = None
            self._scroll.stop()
            self.cursor_id = self.picks.cursor_id
        elif self._settle is not None:
            self._settle()
            self.cursor_id = self.picks.cursor_id
        self._pressed_at = self._settle = None
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go to the particle on its micrograph."""
        place = self.place_at(event.pos()) if event is not None else -1
        if place >= 0:
            self.picks.only(place)
            self._session.selection.jump(int(self._gallery.ids[place]))

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ask for the menu of what is selected, or of what lies under the mouse."""
        if event is None:
            return
        place = self.place_at(event.pos())
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        if by_mouse and place >= 0 and not self.picks.is_selected(place):
            self.picks.only(place)
            self._picked()
        self.menu_asked.emit(event.globalPos())

    def drag_selected(self) -> None:
        """Carry the selected particles until the mouse lets go of them."""
        ids = self._session.selection.ids
        drag = QDrag(self)
        drag.setMimeData(particles_mime(ids, self.origin))
        pixmap = self.thumbnails.get(self.cursor_id) if self.cursor_id is not None else None
        drag.setPixmap(drag_picture(pixmap, len(ids)))
        drag.setHotSpot(QPoint(-8, -8))
        drag.exec(Qt.DropAction.CopyAction)

    @property
    def origin(self) -> str:
        """The library whose particles these are."""
        library = self._session.library
        return "" if library is None else str(library.folder)

    def _in_grid(self, point: QPoint) -> QPoint:
        return QPoint(point.x(), point.y() + self.verticalOffset())

    def _stretch_band(self, here: QPoint) -> None:
        assert self._pressed_at is not None
        self.band = QRect(self._pressed_at, here).normalized()
        self.picks.band(self.cells.places_in(self.band, self.n))
        self.viewport().update()

    def _scroll_band(self) -> None:
        """Scroll on while the band is drawn beyond the edge."""
        point = self._band_end
        height, bar = self.viewport().height(), self.verticalScrollBar()
        beyond = min(point.y(), 0) + max(point.y() - height, 0)
        if beyond and self.band is not None:
            bar.setValue(bar.value() + max(-200, min(200, beyond)))
            self._stretch_band(self._in_grid(point))

    # --- keys ----------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        """Take keys that are ours before menus and napari's own do, and Tab while it answers."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and self._is_ours(event):
                event.accept()
                return True
            tab = event.type() == QEvent.Type.KeyPress and event.key() == Key.Key_Tab
            if tab and self._commands.press("Tab", self._meant()):
                event.accept()
                return True
        return bool(super().event(event))

    def _is_ours(self, event: QKeyEvent) -> bool:
        return event.key() in (*MOVES, Key.Key_F5) or key_of(event) in keys_for("gallery", "review")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move, select, or hand the key on to where all keys go."""
        if event is None:
            return
        name = key_of(event)
        ctrl = bool(event.modifiers() & CTRL)
        if event.key() in MOVES:
            self._move(event)
        elif name == "Ctrl+A":
            self.picks.every()
        elif name == "F5":
            self.sort_asked.emit()
        elif name == "Esc" and self._tools.tool is not None:
            self._tools.leave()
        elif self._commands.press(name, self._meant()):
            pass
        elif event.key() in (Key.Key_Delete, Key.Key_Backspace):
            # On the micrograph they delete what lies under the mouse; nothing lies under it here.
            self.problem.emit("To delete particles, press D and click them on the micrograph.")
        elif event.key() == Key.Key_Space and self.picks.cursor >= 0:
            (self.picks.toggle if ctrl else self.picks.only)(self.picks.cursor)
        else:
            # Qt's own search by letters would read every particle.
            event.ignore()
            return
        event.accept()
        self.cursor_id = self.picks.cursor_id
        self.viewport().update()

    def _meant(self) -> NDArray[np.int64]:
        """Return the particles that a key is for: the selected ones, else the one under review."""
        selection, pick = self._session.selection, self._session.queue.current
        if not len(selection) and pick is not None:
            return np.array([pick.particle_id], np.int64)
        return selection.ids

    def _move(self, event: QKeyEvent) -> None:
        if not self.n:
            return
        page = max(1, self.viewport().height() // self.cells.height)
        here = self.picks.cursor
        place = (
            place_after(event.key(), here, self.n - 1, self.cells.columns, page)
            if here >= 0
            else self.first_in_view()
        )
        if event.modifiers() & SHIFT:
            self.picks.reach(place, add=bool(event.modifiers() & CTRL))
        elif event.modifiers() & CTRL:
            self.picks.move(place)
        else:
            self.picks.only(place)
        self._picked()

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show where keys start from."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show the particle in focus only."""
        super().focusOutEvent(event)
        self.viewport().update()

    # --- tips ----------------------------------------------------------------------------------

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Tell what is known of the particle under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos())
            text = self._gallery.index(place).data() if place >= 0 else ""
            # Names of classes are data: shown as they are, whatever they look like.
            plain = html.escape(text).replace("\n", "<br>")
            QToolTip.showText(
                event.globalPos(), f"<span>{plain}</span>" if text else "", self.viewport()
            )
            return True
        return bool(super().viewportEvent(event))
