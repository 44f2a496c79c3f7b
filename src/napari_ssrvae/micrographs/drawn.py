"""What is drawn rather than scanned: runs of pixels that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Drawn"]

# Noise makes a few neighbours alike by chance, not so many in a row.
SHORTEST_RUN = 4
# Ringing beside the edges of a JPEG goes further than this only in a few pixels.
CLOSE = 2.0
MOST_VALUES = 3


@dataclass(frozen=True, eq=False)
class Drawn:
    """Some rows of an image and which of their pixels lie in runs that are alike.

    Attributes
    ----------
    image : ndarray of float32, shape (H, W)
    flat : ndarray of bool, shape (H, W)
    tolerance : float
        By how much the pixels of one ground may differ.
    """

    image: NDArray[np.float32]
    flat: NDArray[np.bool_]
    tolerance: float

    @classmethod
    def of(cls, image: NDArray[np.float32], neighbours: float, ground: float) -> Drawn:
        """Look at some rows; `neighbours` is by how much pixels side by side may differ."""
        alike = np.zeros(image.shape, bool)
        alike[:, 1:] = np.abs(np.diff(image, axis=1)) <= neighbours
        return cls(image, _in_runs(alike), ground)

    def values(self) -> list[float]:
        """Return the commonest grey values of what is flat, the commonest first."""
        flat = self.image[self.flat]
        if len(flat) < 16:
            return []
        low, high = float(flat.min()), float(flat.max())
        n_bins = int(np.clip((high - low) / self.tolerance, 1, 4096))
        counts, edges = np.histogram(flat, bins=n_bins)
        found: list[float] = []
        for top in np.argsort(counts)[::-1]:
            if counts[top] == 0:
                break
            inside = flat[(flat >= edges[top]) & (flat <= edges[top + 1])]
            value = float(np.median(inside))
            if not any(abs(value - other) <= self.tolerance for other in found):
                found.append(value)
            if len(found) == MOST_VALUES:
                break
        return found

    def ground(self, value: float) -> NDArray[np.bool_]:
        """Return which pixels are flat and of one value."""
        found: NDArray[np.bool_] = self.flat & (np.abs(self.image - value) <= self.tolerance)
        return found

    def close_to(self, value: float) -> NDArray[np.bool_]:
        """Return which pixels have about one value, flat or not."""
        near: NDArray[np.bool_] = np.abs(self.image - value) <= CLOSE * self.tolerance
        return near

    def ramp(self, rows: slice) -> NDArray[np.bool_]:
        """Return which pixels of some rows are flat and follow what their rows and columns have in common."""
        block = self.image[rows]
        rest = block - np.median(block, axis=1, keepdims=True)
        rest = rest - np.median(rest, axis=0, keepdims=True)
        on_ramp: NDArray[np.bool_] = self.flat[rows] & (np.abs(rest) <= self.tolerance)
        return on_ramp


def _in_runs(alike: NDArray[Any]) -> NDArray[np.bool_]:
    """Keep what lies in a run along the row of at least `SHORTEST_RUN` pixels.

    `alike` says of each pixel whether it is like the one before it.
    """
    pairs = SHORTEST_RUN - 1
    n = alike.shape[1] - pairs
    starts = np.ones((len(alike), max(0, n)), bool)
    for step in range(1, pairs + 1):
        starts &= alike[:, step : step + starts.shape[1]]
    inside = np.zeros(alike.shape, bool)
    for step in range(pairs + 1):
        inside[:, step : step + starts.shape[1]] |= starts
    return inside
