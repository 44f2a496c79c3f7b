"""Patches brought to the shape a model wants, without shearing or stretching what they show."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["resampled", "squared"]

Array = npt.NDArray[np.float32]


def squared(images: Array) -> Array:
    """Pad images (N, H, W) to squares about the centre with the median of each one's border.

    Where the difference is odd, the extra row or column comes last.
    """
    n, height, width = images.shape
    edge = max(height, width)
    if height == width:
        return images
    border = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]
    ground = np.median(np.concatenate(border, axis=1), axis=1)
    square = np.empty((n, edge, edge), dtype=images.dtype)
    square[:] = ground[:, None, None]
    top, left = (edge - height) // 2, (edge - width) // 2
    square[:, top : top + height, left : left + width] = images
    return square


def resampled(images: Array, size: int) -> Array:
    """Resample square images (N, S, S) to (N, size, size), the outer edges laid upon one another.

    Shrinking averages over the area that a new pixel covers, which keeps the mean of every image
    and lets nothing finer than the new pixels through; enlarging interpolates linearly.
    """
    edge = images.shape[-1]
    weights = _areas(edge, size) if size < edge else _linear(edge, size)
    return np.asarray(weights @ images @ weights.T, dtype=np.float32)


def _areas(edge: int, size: int) -> Array:
    """Return (size, edge): the share of each old pixel in each new, larger one."""
    borders = np.arange(size + 1) * edge / size
    old = np.arange(edge)
    first, last = borders[:-1, None], borders[1:, None]
    overlap = np.clip(np.minimum(last, old + 1) - np.maximum(first, old), 0, None)
    return np.asarray(overlap * size / edge, dtype=np.float32)


def _linear(edge: int, size: int) -> Array:
    """Return (size, edge): the weights of linear interpolation between pixel centres."""
    where = np.clip((np.arange(size) + 0.5) * edge / size - 0.5, 0, edge - 1)
    distance = np.abs(where[:, None] - np.arange(edge))
    return np.asarray(np.clip(1 - distance, 0, None), dtype=np.float32)
