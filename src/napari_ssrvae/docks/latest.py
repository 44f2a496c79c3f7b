"""Quick work of which only the newest request counts, in a thread of its own.

As in `tasks`, the thread touches nothing of Qt: a window may be gone before its work is done.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from napari_ssrvae.errors import InputError

__all__ = ["Latest"]

LOOK_EVERY_MS = 4
"""How often the main thread looks for an answer, while there is work: somebody moves a slider meanwhile."""


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
        self._thread: threading.Thread | None = None
        self._answers: SimpleQueue[object] = SimpleQueue()
        self._next: Callable[[], Any] | None = None
        self._wanted = True
        # No child: it must not go while it calls us.
        self._look = QTimer()
        self._look.setTimerType(Qt.TimerType.PreciseTimer)
        self._look.setInterval(LOOK_EVERY_MS)
        self._look.timeout.connect(self._on_look)

    @property
    def running(self) -> bool:
        """Whether a request is being worked on."""
        return self._thread is not None

    @property
    def waiting(self) -> bool:
        """Whether a newer request waits for the one under way."""
        return self._next is not None

    def ask(self, work: Callable[[], Any]) -> None:
        """Do this next, instead of whatever waits."""
        self._next = work
        if self._thread is None:
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
        self._answers = SimpleQueue()
        self._thread = threading.Thread(
            target=_answer, args=(work, self._answers), name="napari-ssrvae latest"
        )
        self._thread.start()
        self._look.start()

    def _on_look(self) -> None:
        if self._thread is None or self._answers.empty():
            return
        answer = self._answers.get()
        self._look.stop()
        self._thread.join()
        self._thread = None
        if self._wanted:
            if isinstance(answer, _Refused):
                self.failed.emit(answer.message)
            else:
                self.done.emit(answer)
        # Whoever heard of it may have asked for more.
        if self._thread is None:
            self._start()


class _Refused:
    """A reason that the user can mend."""

    def __init__(self, message: str) -> None:
        self.message = message


def _answer(work: Callable[[], Any], answers: SimpleQueue[object]) -> None:
    """Do the work, and say what came of it in any case; in the thread."""
    try:
        answers.put(work())
    except InputError as error:
        answers.put(_Refused(str(error)))
    except MemoryError:
        answers.put(_Refused("There is not enough memory for it: zoom in or close other programs."))
    except Exception as error:
        logging.getLogger(__name__).debug("work in the background broke down", exc_info=error)
        answers.put(
            _Refused(
                f"Something went wrong inside napari-ssrvae ({type(error).__name__}: {error}); please report it."
            )
        )
