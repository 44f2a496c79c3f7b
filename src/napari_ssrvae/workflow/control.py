"""How a training is stopped, paused and abandoned from another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from napari_ssrvae.workflow.events import Paused, Resumed

__all__ = ["Control"]

_LOOKS_AGAIN = 0.05
"""Seconds between two looks whether a pause has ended."""


@dataclass(frozen=True)
class Control:
    """Three flags that a step looks at between any two of its parts.

    Attributes
    ----------
    stop
        End early with what there is.
    pause
        Wait as long as it is set.
    abandon
        End at once; nobody waits for the result.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    pause: threading.Event = field(default_factory=threading.Event)
    abandon: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(
        cls,
        stop: threading.Event | None,
        pause: threading.Event | None,
        abandon: threading.Event | None,
    ) -> Control:
        """Return these flags, with own ones that nobody sets for those that are None."""
        return cls(
            stop or threading.Event(), pause or threading.Event(), abandon or threading.Event()
        )

    @property
    def stopped(self) -> bool:
        """Whether to end early."""
        return self.stop.is_set()

    @property
    def abandoned(self) -> bool:
        """Whether to end at once."""
        return self.abandon.is_set()

    def waiting(self) -> Iterator[Paused | Resumed]:
        """Wait as long as there is a pause, and neither an end."""
        if not self._holds():
            return
        yield Paused()
        while self._holds():
            self.abandon.wait(_LOOKS_AGAIN)
        yield Resumed()

    def _holds(self) -> bool:
        return self.pause.is_set() and not self.stopped and not self.abandoned
