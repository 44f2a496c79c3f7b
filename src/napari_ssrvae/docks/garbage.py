"""Python's garbage collector, kept short while a model trains.

A full collection looks at every object of the process: with napari and torch loaded that takes a quarter of a
second in which no window moves, and a training makes enough objects to bring it on several times.
"""

from __future__ import annotations

import gc

from qtpy.QtCore import QObject, QTimer

__all__ = ["ShortCollections"]

AFTER_MS = 5000
"""What a training leaves to be drawn is drawn by then."""

# The collector belongs to the process, and so does the count of those who need it short.
_needed_by: set[int] = set()


class ShortCollections(QObject):
    """While it is on, collections look only at objects made since `on` or `again` was called.

    Nothing is lost: as soon as nobody needs it, all objects are looked at as before.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(AFTER_MS)
        self._later.timeout.connect(self.off)

    def on(self) -> None:
        """Begin, or set aside what was made since."""
        self._later.stop()
        _needed_by.add(id(self))
        gc.freeze()

    def soon_off(self) -> None:
        """End in some seconds."""
        if id(self) in _needed_by:
            self._later.start()

    def off(self) -> None:
        """End now."""
        self._later.stop()
        if id(self) in _needed_by:
            _needed_by.discard(id(self))
            if not _needed_by:
                gc.unfreeze()
