"""The one selection of particles that micrograph, gallery and table share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

__all__ = ["ParticleIds", "Selection", "as_ids"]

ParticleIds: TypeAlias = Iterable[int] | NDArray[np.integer]


def as_ids(particle_ids: ParticleIds) -> NDArray[np.int64]:
    """Return particle ids as an array of int64, in the order given."""
    if isinstance(particle_ids, np.ndarray):
        return particle_ids.astype(np.int64, copy=False).reshape(-1)
    return np.array(list(particle_ids), np.int64).reshape(-1)


class Selection:
    """Which particles are selected, and which of them is the one looked at.

    Particles that are not there are never selected; those that go drop out.

    Parameters
    ----------
    there : callable
        Tells of particle ids (M,) int64 which are there, (M,) bool.

    Attributes
    ----------
    changed : Signal
        The ids or the focus are others.
    jump_asked : Signal
        Somebody wants to see this particle where it lies.
    """

    changed = Signal()
    jump_asked = Signal(int)

    def __init__(self, there: Callable[[NDArray[np.int64]], NDArray[np.bool_]]) -> None:
        self._there = there
        self._ids = _frozen(np.zeros(0, np.int64))
        self._focus: int | None = None

    @property
    def ids(self) -> NDArray[np.int64]:
        """The selected particles, rising; not to be written to."""
        return self._ids

    @property
    def focus(self) -> int | None:
        """The selected particle that was meant last, None if it was none in particular."""
        return self._focus

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, particle_id: object) -> bool:
        if not isinstance(particle_id, int | np.integer):
            return False
        at = int(np.searchsorted(self._ids, particle_id))
        return at < len(self._ids) and bool(self._ids[at] == particle_id)

    def contains(self, ids: ParticleIds) -> NDArray[np.bool_]:
        """Return for each of the particles whether it is selected."""
        return _among(as_ids(ids), self._ids)

    def select(self, ids: ParticleIds, focus: int | None = None) -> None:
        """Select these and no others; a single one gets the focus, else it stays where it may."""
        given = as_ids(ids)
        self._set(given, self._meant(given, focus))

    def add(self, ids: ParticleIds, focus: int | None = None) -> None:
        """Select these too."""
        given = as_ids(ids)
        self._set(np.concatenate([self._ids, given]), self._meant(given, focus))

    def remove(self, ids: ParticleIds) -> None:
        """Select these no more."""
        gone = _rising(as_ids(ids))
        self._set(self._ids[~_among(self._ids, gone)], self._focus)

    def toggle(self, ids: ParticleIds) -> None:
        """Turn each of these round: selected or not."""
        given = _rising(as_ids(ids))
        left = self._ids[~_among(self._ids, given)]
        come = given[~_among(given, self._ids)]
        self._set(np.concatenate([left, come]), self._meant(given, None))

    def clear(self) -> None:
        """Select nothing."""
        self._set(np.zeros(0, np.int64), None)

    def jump(self, particle_id: int) -> None:
        """Ask for a particle to be shown where it lies; it becomes the focus, alone if it was not selected."""
        asked = int(particle_id)
        if asked in self:
            self._set(self._ids, asked)
        else:
            self.select([asked])
        if asked in self:
            self.jump_asked.emit(asked)

    def drop_gone(self) -> None:
        """Let go of the particles that are not there any more."""
        if len(self._ids):
            self._set(self._ids, self._focus)

    def _meant(self, given: NDArray[np.int64], focus: int | None) -> int | None:
        if focus is not None:
            return int(focus)
        return int(given[0]) if len(given) == 1 else self._focus

    def _set(self, ids: NDArray[np.int64], focus: int | None) -> None:
        found = _rising(ids)
        found = found[self._there(found)]
        before = self._ids, self._focus
        self._ids = _frozen(found)
        self._focus = focus if focus is not None and focus in self else None
        if self._focus != before[1] or not np.array_equal(found, before[0]):
            self.changed.emit()


def _frozen(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    ids.setflags(write=False)
    return ids


def _rising(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ids, each once and rising; a new array."""
    if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):
        return ids.copy()
    found = np.sort(ids)
    return np.asarray(found[np.concatenate([[True], found[1:] > found[:-1]])])


def _among(ids: NDArray[np.int64], rising: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each id whether it is one of those that are rising."""
    if not len(rising):
        return np.zeros(len(ids), bool)
    at = np.minimum(np.searchsorted(rising, ids), len(rising) - 1)
    return np.asarray(rising[at] == ids)
