"""What every step of the work tells, and how what goes wrong is told."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

from napari_ssrvae.errors import InputError

__all__ = ["BrokenOff", "Failed", "Paused", "Progress", "Resumed", "guarded"]

Event = TypeVar("Event")

# torch's libraries fail to load on Windows once Qt's are there (pytorch issue 166628).
TORCH_AFTER_QT = 1114


@dataclass(frozen=True)
class Progress:
    """How far a step is: `fraction` in [0, 1] and what it does now."""

    fraction: float
    text: str


@dataclass(frozen=True)
class Failed:
    """The step ended without a result; one sentence for the user says why."""

    message: str


@dataclass(frozen=True)
class Paused:
    """The step waits until it may go on; this time is in no estimate."""


@dataclass(frozen=True)
class Resumed:
    """The step goes on after a pause."""


@dataclass(frozen=True)
class BrokenOff:
    """The training `name` was abandoned in this epoch; `kept`: it can go on from there (`broken_off`)."""

    epoch: int
    name: str
    kept: bool


def guarded(events: Iterator[Event]) -> Generator[Event | Failed, None, None]:
    """Pass events on; what goes wrong for a reason a user can mend becomes a `Failed` event.

    Worker threads of napari swallow a RuntimeError raised inside a generator, and torch raises exactly
    that for wrong shapes and for memory, so none may pass here.
    """
    try:
        yield from events
    except InputError as error:
        yield Failed(str(error))
    except MemoryError:
        yield Failed(
            "There is not enough memory for this step: close other programs or work on a smaller image."
        )
    except OSError as error:
        if getattr(error, "winerror", None) == TORCH_AFTER_QT:
            yield Failed(
                "Windows could not load torch after the window: start with `napari-ssrvae open`, "
                "which loads torch first."
            )
            return
        where = f" ({error.filename})" if error.filename else ""
        yield Failed(
            f"A file could not be read or written{where}: {error.strerror or error}; check disk and folder."
        )
    except RuntimeError as error:
        if "memory" in str(error).lower():
            yield Failed(
                "There is not enough memory to train: choose a smaller batch or train on the CPU."
            )
        else:
            # Not the user's fault: let it be seen as the defect it is, but as a type that workers pass on.
            raise SystemError(f"a step failed: {error}") from error
