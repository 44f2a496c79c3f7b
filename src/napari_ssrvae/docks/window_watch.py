"""The end of a window: napari has no hook for that."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject

__all__ = ["WindowWatch"]


class WindowWatch(QObject):
    """Calls back when a window hides for good, and when it is gone.

    Parameters
    ----------
    hidden, gone : callable
        Called when the window hides, and when it is destroyed.
    """

    def __init__(
        self, hidden: Callable[[], object], gone: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._hidden, self._gone = hidden, gone
        # Weakly: a canvas, which owns this, is held as long as its viewer lives.
        self._window: weakref.ref[QObject] | None = None

    def watch(self, window: QObject | None) -> None:
        """Watch this window; a second time does nothing."""
        if window is not None and (self._window is None or self._window() is not window):
            self._window = weakref.ref(window)
            window.installEventFilter(self)
            window.destroyed.connect(self._on_gone)

    def _on_gone(self) -> None:
        self._gone()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """See the window go: its closing may still be called off by napari's question, its hiding not."""
        mine = self._window is not None and watched is self._window()
        if (
            mine
            and event is not None
            and event.type() == QEvent.Type.Hide
            and not event.spontaneous()
        ):
            self._hidden()
        return False
