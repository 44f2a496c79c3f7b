"""Which docks of ours are open in a window: when the last one is closed, nobody is there to see a training."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.later import Later

__all__ = ["OpenDocks"]


class OpenDocks(QObject):
    """Calls back when the last of some widgets was closed by its dock's button.

    napari's button gives a widget nothing but a hide event and takes it out of its parent. A widget that is
    hidden, by a tab before it or by napari's menu, keeps its parent and counts as open.

    Parameters
    ----------
    closed : callable
        Called when none is open any more, and once only until one is opened again.
    """

    def __init__(self, closed: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._closed = closed
        # Weakly: a canvas, which owns this, must not keep what napari has thrown away.
        self._docks: list[weakref.ref[QWidget]] = []
        # Later: the hide event comes before the parent is taken away.
        self._later = Later(self._look, self)

    def watch(self, dock: QWidget) -> None:
        """Count this widget as open from now on; a second time does nothing."""
        if not any(dock is other() for other in self._docks):
            self._docks.append(weakref.ref(dock))
            dock.installEventFilter(self)

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._docks)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """See one of them hide."""
        if event is not None and event.type() == QEvent.Type.Hide:
            self._later.ask()
        return False

    def _look(self) -> None:
        before = len(self._docks)
        for ref in list(self._docks):
            dock = ref()
            there = dock is not None and isalive(dock)
            if there and dock is not None and dock.parent() is not None:
                continue
            self._docks.remove(ref)
            if there and dock is not None:
                dock.removeEventFilter(self)
        if before and not self._docks:
            self._closed()
