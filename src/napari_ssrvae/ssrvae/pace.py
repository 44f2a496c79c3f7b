"""How long the steps of a fit take, and with that how long it will still take."""

from __future__ import annotations

__all__ = ["Pace"]

_FEWEST, _SOONEST = 3, 0.5
"""Before so many steps and seconds there is too little to go by."""

_MEMORY = 50
"""Steps over which the pace is a mean: it follows when other work slows the machine."""


class Pace:
    """A running mean of the time a step takes, in seconds."""

    def __init__(self) -> None:
        self._steps, self._mean, self._total = 0, 0.0, 0.0

    def add(self, seconds: float) -> None:
        """Note what one step took."""
        self._steps += 1
        self._total += seconds
        self._mean += (seconds - self._mean) / min(self._steps, _MEMORY)

    def for_steps(self, steps: float) -> float | None:
        """Return how long so many steps will take, None where there is too little to go by."""
        if self._steps < _FEWEST or self._total < _SOONEST:
            return 0.0 if steps <= 0 else None
        return max(0.0, steps) * self._mean
