"""Long work in a background thread, with its end always told.

napari's workers drop a RuntimeError raised in a generator and never return after `quit`, so every task
goes through `workflow.guarded`, carries its result in an event, and stops through a flag that the
work looks at.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.workflow import Failed, guarded

__all__ = ["Task"]


class Task(QObject):
    """One piece of long work at a time.

    Attributes
    ----------
    event : Signal
        Each event of the generator, on the main thread.
    failed : Signal
        One sentence for the user.
    running_changed : Signal
        True when work begins, False when its thread has ended, however it ended.
    """

    event = Signal(object)
    failed = Signal(str)
    running_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Any = None
        self._wanted = True
        self.stop_flag = threading.Event()

    @property
    def running(self) -> bool:
        """Whether work is under way."""
        return self._worker is not None

    def start(self, work: Callable[[], Iterator[Any]]) -> None:
        """Run the generator that `work` makes. Ignored while other work is under way."""
        if self._worker is not None:
            return
        self.stop_flag.clear()
        self._wanted = True

        def run() -> Iterator[Any]:
            yield from guarded(work())

        worker = create_worker(run, _ignore_errors=True)
        worker.yielded.connect(self._on_event)
        worker.errored.connect(self._on_error)
        worker.finished.connect(self._on_finished)
        self._worker = worker
        self.running_changed.emit(True)
        worker.start()

    def stop(self) -> None:
        """Ask the work to end at its next safe place and to hand over what it has."""
        self.stop_flag.set()

    def abandon(self) -> None:
        """End the work as soon as possible; its result is not wanted any more. Used when the window closes."""
        self.stop_flag.set()
        # What is on its way already must not arrive: those who would show it may be gone.
        self._wanted = False
        if self._worker is not None:
            self._worker.quit()

    def _on_event(self, event: object) -> None:
        if not self._wanted:
            return
        if isinstance(event, Failed):
            self.failed.emit(event.message)
        else:
            self.event.emit(event)

    def _on_error(self, error: Exception) -> None:
        if not self._wanted:
            return
        # A defect: the user gets one line in the place where the work was started, napari keeps the traceback.
        self.failed.emit(
            f"Something went wrong inside napari-ssrvae ({type(error).__name__}: {error}); please report it."
        )

    def _on_finished(self) -> None:
        self._worker = None
        self.running_changed.emit(False)
