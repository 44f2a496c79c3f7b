"""Quick work of which only the newest request counts, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.errors import InputError

__all__ = ["Latest"]


class Latest(QObject):
    """Works on one request at a time; while it does, a newer request takes the place of the one that waits.

    So at most one request waits, however fast a slider moves, and the last one is always answered.

    Attributes
    ----------
    done : Signal
        What the work returned, on the main thread.
    failed : Signal
        One sentence for the user.
    idle : Signal
        Nothing is under way and nothing waits.
    """

    done = Signal(object)
    failed = Signal(str)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Any = None
        self._next: Callable[[], Any] | None = None
        self._wanted = True

    @property
    def running(self) -> bool:
        """Whether a request is being worked on."""
        return self._worker is not None

    @property
    def waiting(self) -> bool:
        """Whether a newer request waits for the one under way."""
        return self._next is not None

    def ask(self, work: Callable[[], Any]) -> None:
        """Do this next, instead of whatever waits."""
        self._next = work
        if self._worker is None:
            self._start()

    def drop(self) -> None:
        """Want nothing of what was asked for any more; what is under way ends unheard."""
        self._next = None
        self._wanted = False

    def _start(self) -> None:
        work, self._next = self._next, None
        if work is None:
            self.idle.emit()
            return
        self._wanted = True
        worker = create_worker(_guarded, work, _ignore_errors=True)
        worker.returned.connect(self._on_returned)
        worker.errored.connect(self._on_error)
        worker.finished.connect(self._on_finished)
        self._worker = worker
        worker.start()

    def _on_returned(self, result: Any) -> None:
        if not self._wanted:
            return
        if isinstance(result, _Refused):
            self.failed.emit(result.message)
        else:
            self.done.emit(result)

    def _on_error(self, error: Exception) -> None:
        if self._wanted:
            self.failed.emit(
                f"Something went wrong inside napari-ssrvae ({type(error).__name__}: {error}); please report it."
            )

    def _on_finished(self) -> None:
        self._worker = None
        self._start()


class _Refused:
    """A reason that the user can mend."""

    def __init__(self, message: str) -> None:
        self.message = message


def _guarded(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except InputError as error:
        return _Refused(str(error))
    except MemoryError:
        return _Refused(
            "There is not enough memory for the preview: zoom in or close other programs."
        )
