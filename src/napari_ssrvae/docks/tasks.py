"""Long work in a background thread, with its end always told.

A thread of Python's own and not napari's worker: that one drops a `RuntimeError` raised in a generator,
never returns after `quit`, lets go of a generator between two events without running its end, and napari
calls `quit` on all of them when it quits. Here the thread puts the events into a queue, which the main
thread looks into some twenty times per second while there is work; nothing of Qt is touched by the thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, cast

from qtpy.QtCore import QObject, QTimer, Signal

from napari_ssrvae.workflow import Failed, guarded

__all__ = ["LOOK_EVERY_MS", "Task"]

LOOK_EVERY_MS = 40
"""How often the main thread looks for events: what is newer than a picture on the screen helps nobody."""


THINNED = frozenset({"StepEvent", "Progress"})
"""Of these only the latest matters: there may be hundreds per second."""


@dataclass(frozen=True)
class _Broken:
    """What was raised inside the work."""

    error: Exception


class Task(QObject):
    """One piece of long work at a time.

    Attributes
    ----------
    event : Signal
        Each event of the generator, on the main thread; of steps and progress the latest at each look.
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
        self._thread: threading.Thread | None = None
        self._events: SimpleQueue[object] = SimpleQueue()
        self._wanted = True
        self._ended = threading.Event()
        self._given_up = threading.Event()
        self.stop_flag = threading.Event()
        # No child: Qt would tell this object of it through `event`, which here is a signal.
        self._look = QTimer()
        self._look.setInterval(LOOK_EVERY_MS)
        self._look.timeout.connect(self._on_look)

    @property
    def running(self) -> bool:
        """Whether work is under way."""
        return self._thread is not None

    @property
    def wanted(self) -> bool:
        """Whether anybody waits for what comes."""
        return self._wanted

    def start(self, work: Callable[[], Iterator[Any]], *, ends_itself: bool = False) -> None:
        """Run the generator that `work` makes. Ignored while other work is under way.

        `ends_itself`: the work looks at flags of its own after `abandon` and still has something to do, such
        as writing a checkpoint; other work is closed between two of its events.
        """
        if self._thread is not None:
            return
        self.stop_flag.clear()
        self._wanted = True
        self._events = SimpleQueue()
        # New ones: a thread knows nothing of the work after it.
        self._ended, self._given_up = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=_run,
            args=(work, self._events, self._ended, None if ends_itself else self._given_up),
            name="napari-ssrvae",
        )
        self.running_changed.emit(True)
        self._thread.start()
        self._look.start()

    def stop(self) -> None:
        """Ask the work to end at its next safe place and to hand over what it has."""
        self.stop_flag.set()

    def abandon(self) -> None:
        """End the work as soon as possible; its result is not wanted any more. Used when the window closes."""
        self.stop_flag.set()
        self._given_up.set()
        # What is on its way already must not arrive: those who would show it may be gone.
        self._wanted = False

    def _on_look(self) -> None:
        ended = self._ended.is_set()
        for event in _latest(self._events):
            if not self._wanted:
                continue
            if isinstance(event, Failed):
                self.failed.emit(event.message)
            elif isinstance(event, _Broken):
                # A defect: the user gets one line in the place where the work was started.
                error = event.error
                self.failed.emit(
                    f"Something went wrong inside napari-ssrvae ({type(error).__name__}: {error}); please report it."
                )
            else:
                self.event.emit(event)
        # Asked for before the queue was emptied: nothing comes after the end.
        if ended and self._thread is not None:
            self._look.stop()
            self._thread.join()
            self._thread = None
            self.running_changed.emit(False)


def _run(
    work: Callable[[], Iterator[Any]],
    events: SimpleQueue[object],
    ended: threading.Event,
    given_up: threading.Event | None,
) -> None:
    """Run the work to its end; in the thread."""
    try:
        with closing(guarded(work())) as told:
            for event in told:
                events.put(event)
                if given_up is not None and given_up.is_set():
                    break
    except Exception as error:
        cause = error.__cause__ if isinstance(error, SystemError) and error.__cause__ else error
        logging.getLogger(__name__).debug("work in the background broke down", exc_info=error)
        events.put(_Broken(cast("Exception", cause)))
    finally:
        ended.set()


def _latest(events: SimpleQueue[object]) -> list[object]:
    """Take all events out of a queue; of steps and of progress the latest before anything else happens."""
    taken: list[object] = []
    while True:
        try:
            event = events.get_nowait()
        except Empty:
            return taken
        kind = type(event).__name__
        if kind in THINNED and taken and type(taken[-1]).__name__ == kind:
            taken[-1] = event
        else:
            taken.append(event)
