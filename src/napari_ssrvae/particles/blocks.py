"""Square blocks of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_means", "busy_windows"]


def block_means(array: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Return the mean over blocks of `step` pixels; the last ones may be smaller and are filled with edges."""
    if step == 1:
        return array
    short = [-n % step for n in array.shape]
    if any(short):
        array = np.pad(array, [(0, n) for n in short], mode="edge")
    rows, columns = (n // step for n in array.shape)
    # One axis after the other: numpy is several times quicker so than over two axes at once.
    blocks: NDArray[np.float32] = (
        array.reshape(rows, step, -1).sum(axis=1).reshape(rows, columns, step).sum(axis=2)
    )
    blocks /= np.float32(step * step)
    return blocks


def busy_windows(picture: NDArray[np.float32], edge: int, number: int) -> list[tuple[slice, slice]]:
    """Return some windows of a picture, from the one with most structure down to the middling one.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W)
    edge : int
        Edge of a window; what is left over at the ends is not looked at.
    number : int
        How many at most; all of a picture that is no larger than so many windows.
    """
    height, width = picture.shape
    if picture.size <= number * edge**2:
        return [(slice(0, height), slice(0, width))]
    windows = [
        (slice(r, min(r + edge, height)), slice(c, min(c + edge, width)))
        for r in range(0, max(1, height - edge + 1), edge)
        for c in range(0, max(1, width - edge + 1), edge)
    ]
    order = np.argsort([-_structure(picture[window]) for window in windows], kind="stable")
    ranks = np.linspace(0, (len(order) - 1) / 2, number).round().astype(int)
    return [windows[order[rank]] for rank in dict.fromkeys(ranks.tolist())]


def _structure(picture: NDArray[np.float32]) -> float:
    """Return how much neighbouring pixels differ: edges count, a slope hardly does."""
    return float(np.abs(np.diff(picture, axis=1)).mean())
