"""Means over square blocks of pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["block_means"]


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
