"""Which points a click, a box or a loop means: positions on the screen in, places out; nothing of Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["inside", "nearest"]

REACH_PX = 8.0

Pixels = NDArray[np.float32]


def nearest(x: Pixels, y: Pixels, at: tuple[float, float], reach: float = REACH_PX) -> int:
    """Return the place of the point nearest to a position, -1 if none is within reach.

    Parameters
    ----------
    x, y : (n,) float32
        On the screen, in pixels.
    at : (float, float)
        x and y.
    reach : float
        In pixels.
    """
    near = np.flatnonzero((np.abs(x - at[0]) <= reach) & (np.abs(y - at[1]) <= reach))
    if not len(near):
        return -1
    squares = (x[near] - at[0]) ** 2 + (y[near] - at[1]) ** 2
    # Of equals the last is drawn above the others.
    best = int(near[len(near) - 1 - int(np.argmin(squares[::-1]))])
    return best if float(squares.min()) <= reach**2 else -1


def inside(x: Pixels, y: Pixels, outline: Sequence[tuple[float, float]]) -> NDArray[np.int64]:
    """Return the places of the points in a closed outline, rising.

    Parameters
    ----------
    x, y : (n,) float32
    outline : sequence of (x, y)
        Closed by itself; of a box its four corners.
    """
    from skimage.measure import points_in_poly

    corners = np.asarray(outline, np.float64).reshape(-1, 2)
    if len(corners) < 3:
        return np.zeros(0, np.int64)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((x >= left) & (x <= right) & (y >= top) & (y <= bottom))
    if _is_box(corners) or not len(near):
        return near
    points = np.column_stack([x[near], y[near]]).astype(np.float64)
    return near[points_in_poly(points, corners)]


def _is_box(corners: NDArray[np.float64]) -> bool:
    upright = all(len(np.unique(corners[:, axis])) == 2 for axis in (0, 1))
    return len(corners) == 4 and upright and len(np.unique(corners, axis=0)) == 4
