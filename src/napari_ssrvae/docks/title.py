"""The window says what is not saved, tries again, and does not close over it without a word."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.unsaved_dialog import UnsavedDialog, acts_words

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["TitleKeeper", "title_of"]

AGAIN_MS = 5000


class TitleKeeper(QObject):
    """Looks after one window while acts are kept in memory only.

    Parameters
    ----------
    canvas : Canvas
        Owns it.
    again_ms : int
        How long until the next attempt to save, in milliseconds.
    """

    def __init__(self, canvas: Canvas, again_ms: int = AGAIN_MS) -> None:
        super().__init__(canvas)
        self._canvas = weakref.ref(canvas)
        self._session = canvas.session
        self._window: weakref.ref[QWidget] | None = None
        self._shown = False
        self._why = ""
        self.again = QTimer(self)
        self.again.setInterval(again_ms)
        self.again.timeout.connect(self.save)
        self._later = Later(self._show, self)
        self._session.unsaved_changed.connect(self._on_unsaved)
        # napari writes its own title over it; afterwards is the next turn of the event loop.
        canvas.viewer.events.title.connect(self._later.ask)

    def watch(self, window: QWidget) -> None:
        """Look after this window; a second time does nothing."""
        if self._window is None or self._window() is not window:
            self._window = weakref.ref(window)
            window.installEventFilter(self)
            self._show()

    @property
    def why(self) -> str:
        """Why acts are not saved, in one sentence; empty when all are."""
        return self._why if self._session.unsaved else ""

    def save(self) -> bool:
        """Try to save now; whether nothing is left."""
        return self._session.unsaved == 0 or self._session.save_unsaved()

    def _on_unsaved(self, number: int, why: str) -> None:
        self._why = why
        if number and not self.again.isActive():
            self.again.start()
        elif not number:
            self.again.stop()
        self._show()

    def _show(self) -> None:
        window = None if self._window is None else self._window()
        canvas = self._canvas()
        if window is None or canvas is None:
            return
        number = self._session.unsaved
        if number:
            window.setWindowTitle(f"{acts_words(number)}: {self._why} \u2013 {canvas.viewer.title}")
        elif self._shown:
            window.setWindowTitle(canvas.viewer.title)
        self._shown = bool(number)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Ask before the window is closed over acts that are not saved."""
        if event is None or event.type() != QEvent.Type.Close or self._window is None:
            return False
        window = self._window()
        if window is None or watched is not window or self.save():
            return False
        if UnsavedDialog(window, self._session, self._why).exec():
            return False
        event.ignore()
        return True


def title_of(canvas: Canvas) -> TitleKeeper:
    """Return what looks after the title of a canvas's window; made at the first call."""
    return canvas.findChild(TitleKeeper) or TitleKeeper(canvas)
