"""What is cut out of a micrograph: one small image per particle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Patches"]


@dataclass(frozen=True, eq=False)
class Patches:
    """One small image per particle, all at one scale.

    Attributes
    ----------
    images : ndarray of float32, shape (N, S, S)
        In [0, 1]: background 0, the brightest parts of particles 1.
    label_ids : ndarray of int64, shape (N,)
        Ascending, as in the table of measurements.
    window_px : int
        Edge of what a patch shows, in pixels of the micrograph.
    clipped : ndarray of bool, shape (N,)
        Particles that do not fit the window. (Those that the edge of the image cuts are `touches_border` in
        the table of measurements.)
    """

    images: NDArray[np.float32]
    label_ids: NDArray[np.int64]
    window_px: int
    clipped: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.label_ids)
