"""What the first suggestion needs is loaded while nobody waits for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from qtpy.QtCore import QObject, QTimer

from napari_ssrvae.docks.tasks import Task
from napari_ssrvae.session import Session

__all__ = ["Readiness"]

# Whoever has just opened a library looks at it first, and loading would slow that down.
WAIT_MS = 4000
NEEDED = "napari_ssrvae.ssrvae.suggest"


class Readiness(QObject):
    """Loads, in the background and once, what takes a second when a review begins.

    Parameters
    ----------
    session : Session
        As soon as it has a library, labelling is near.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._task = Task(self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT_MS)
        self._soon.timeout.connect(self._load)
        session.library_changed.connect(self._on_library)

    def abandon(self) -> None:
        """Let nothing arrive any more."""
        self._soon.stop()
        self._task.abandon()

    def _on_library(self) -> None:
        if NEEDED not in sys.modules:
            self._soon.start()

    def _load(self) -> None:
        if NEEDED not in sys.modules and not self._task.running:
            self._task.start(_load)


def _load() -> Iterator[None]:
    from napari_ssrvae.workflow.next_up import get_ready

    get_ready()
    yield
