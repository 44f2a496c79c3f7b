"""What the first suggestion and the first training need is loaded while nobody waits for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from qtpy.QtCore import QObject, QTimer

from napari_ssrvae.docks.tasks import Task
from napari_ssrvae.session import Session

__all__ = ["Readiness"]

# Whoever has just opened a library looks at it first, and loading would slow that down.
WAIT_MS = 4000
NEEDED = ("napari_ssrvae.ssrvae.suggest", "napari_ssrvae.ssrvae.estimator")


class Readiness(QObject):
    """Loads, in the background and once, what takes a second or two when a review or a training begins.

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
        if not _loaded():
            self._soon.start()

    def _load(self) -> None:
        if not _loaded() and not self._task.running:
            self._task.start(_load)


def _loaded() -> bool:
    return all(name in sys.modules for name in NEEDED)


def _load() -> Iterator[None]:
    from napari_ssrvae.workflow.next_up import get_ready

    get_ready()
    yield
    # Loading torch holds the window up for a moment: rather now than at the first training.
    import napari_ssrvae.ssrvae.estimator  # noqa: F401

    yield
