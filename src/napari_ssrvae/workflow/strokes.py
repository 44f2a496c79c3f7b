"""What the mouse draws, in pixels: a line that cuts, a brush that paints."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError

__all__ = ["brushed", "checked_points", "cutting_line"]

# Further out than any micrograph; keeps a stray coordinate from asking for the memory of a city.
FARTHEST = 1e6


def checked_points(points: ArrayLike) -> NDArray[np.float64]:
    """Return a polyline as (n, 2) rows and columns without points that repeat the one before.

    Raises
    ------
    InputError
        It is none.
    """
    try:
        line = np.asarray(points, float)
    except (TypeError, ValueError) as error:
        raise InputError("The stroke is not a line of points: draw it again.") from error
    if line.ndim != 2 or line.shape[1] != 2 or not len(line) or not np.isfinite(line).all():
        raise InputError("The stroke is not a line of points: draw it again.")
    line = np.clip(line, -FARTHEST, FARTHEST)
    moved = np.ones(len(line), bool)
    moved[1:] = np.abs(np.diff(line, axis=0)).max(axis=1) > 0
    kept: NDArray[np.float64] = line[moved]
    return kept


def cutting_line(points: NDArray[np.float64], window: tuple[slice, slice]) -> NDArray[np.bool_]:
    """Return the pixels (h, w) of a window on a polyline.

    Each pixel of the line shares an edge with the next, so what it cuts does not hang together by a corner.
    """
    rows, columns = window
    at = np.rint(points).astype(np.int64) - (rows.start, columns.start)
    cut = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
    for first, last in pairwise(at):
        pixels = _straight(first, last)
        inside = ((pixels >= 0) & (pixels < cut.shape)).all(axis=1)
        cut[tuple(pixels[inside].T)] = True
    return cut


def _straight(first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
    n = int(np.abs(last - first).max())
    steps = np.arange(n + 1)[:, None] / max(n, 1)
    line = np.rint(first + steps * (last - first)).astype(np.int64)
    # A step to both sides at once gets the pixel at its corner.
    corners = np.column_stack([line[:-1, 0], line[1:, 1]])
    return np.concatenate([line, corners])


def brushed(
    points: NDArray[np.float64], radius: float, shape: Sequence[int]
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Return the window of an image (H, W) that a round brush drawn along a polyline meets, and its pixels there.

    A pixel is met if its centre is no farther than `radius` from the line.
    """
    low = np.floor(points.min(axis=0) - radius).astype(int)
    high = np.ceil(points.max(axis=0) + radius).astype(int) + 1
    top, left = (int(np.clip(v, 0, edge)) for v, edge in zip(low, shape, strict=True))
    bottom, right = (int(np.clip(v, 0, edge)) for v, edge in zip(high, shape, strict=True))
    window = slice(top, max(top, bottom)), slice(left, max(left, right))
    painted = np.zeros((window[0].stop - top, window[1].stop - left), bool)
    at = points - (top, left)
    ends = np.concatenate([at[1:], at[-1:]])
    for first, last in zip(at, ends, strict=True):
        _dab(painted, first, last, radius)
    return window, painted


def _dab(
    painted: NDArray[np.bool_],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    radius: float,
) -> None:
    """Paint one straight piece, looking only at the pixels around it."""
    low = np.maximum(np.floor(np.minimum(first, last) - radius).astype(int), 0)
    high = np.minimum(np.ceil(np.maximum(first, last) + radius).astype(int) + 1, painted.shape)
    if (low >= high).any():
        return
    y = np.arange(low[0], high[0])[:, None] - first[0]
    x = np.arange(low[1], high[1])[None, :] - first[1]
    along = last - first
    length = float(along @ along)
    part = np.clip((y * along[0] + x * along[1]) / length, 0, 1) if length else np.zeros((1, 1))
    squared = (y - part * along[0]) ** 2 + (x - part * along[1]) ** 2
    painted[low[0] : high[0], low[1] : high[1]] |= squared <= radius**2
