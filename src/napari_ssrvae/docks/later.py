"""Work of a panel that need not be done within a click."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer

__all__ = ["Later"]


class Later(QObject):
    """Calls a function once in the next turn of the event loop, however often it was asked for.

    A click tells several panels several things; each of them then looks at the session once, after the
    picture has had its chance to change.
    """

    def __init__(self, act: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(act)

    def ask(self, *_: object) -> None:
        """Let the function be called soon; takes whatever a signal brings."""
        if not self._timer.isActive():
            self._timer.start(0)
