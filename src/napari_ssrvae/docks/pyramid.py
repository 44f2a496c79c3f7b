"""Label layers of large micrographs: only what is in view is computed, at the resolution of the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGE_PX", "Mapped", "pyramid"]

# From here on a layer is drawn from a pyramid: computing all of its outlines takes longer than a blink.
LARGE_PX = 1024 * 1024
COARSEST_EDGE = 512


class Mapped:
    """An array that is looked up in a table when it is read: `table[labels]`, never made as a whole.

    Parameters
    ----------
    labels : ndarray of integers, shape (H, W)
        Shared, not copied: what changes in it changes here.
    table : ndarray of unsigned integers
        A value for each label.
    """

    ndim = 2

    def __init__(self, labels: NDArray[np.integer], table: NDArray[np.unsignedinteger]) -> None:
        self.labels, self.table = labels, table
        self.shape: tuple[int, ...] = labels.shape
        self.size, self.dtype = labels.size, table.dtype

    def __getitem__(self, where: Any) -> Any:
        return self.table[self.labels[where]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.table[self.labels], dtype=dtype)


def pyramid(labels: NDArray[Any]) -> list[NDArray[Any]]:
    """Return labels at full, half, quarter ... resolution, all of them views of the same memory."""
    levels = [labels]
    while max(levels[-1].shape) > COARSEST_EDGE:
        levels.append(levels[-1][::2, ::2])
    return levels
