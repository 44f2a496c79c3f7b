"""Trainings that were broken off: found again, gone on with, discarded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary

__all__ = ["BrokenOffTraining", "broken_off", "discard", "resume_training"]


@dataclass(frozen=True)
class BrokenOffTraining:
    """A training whose checkpoint is there and whose model is not.

    Attributes
    ----------
    name : str
        Of the model that it would have become.
    checkpoint : Path
    preset, seed, device
        As it was started.
    class_ids : tuple of int
    n_labels : int
    epoch, epochs : int
        It goes on in this epoch of so many.
    when : datetime
        Of its last checkpoint.
    """

    name: str
    checkpoint: Path
    preset: str
    seed: int
    device: str
    class_ids: tuple[int, ...]
    n_labels: int
    epoch: int
    epochs: int
    when: datetime


def broken_off(library: ParticleLibrary, *, but: str | None = None) -> list[BrokenOffTraining]:
    """Return the trainings of a library that were broken off, the latest first.

    `but` names the one that is under way now, which is none of them.
    """
    return []


def resume_training(
    library: ParticleLibrary,
    broken: BrokenOffTraining,
    *,
    stop: threading.Event | None = None,
    pause: threading.Event | None = None,
    abandon: threading.Event | None = None,
) -> Iterator[Any]:
    """Go on with a training that was broken off; the events of `train_model`, to the same result."""
    raise NotImplementedError


def discard(broken: BrokenOffTraining) -> None:
    """Remove what is kept of a training that was broken off."""
