"""The parts into which a stroke divides a particle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_PIXELS", "parted"]

LEAST_PIXELS = 5
"""Fewer are no particle: a slip of the hand."""


def parted(particle: NDArray[np.bool_], cut: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the part, 1.. by falling size, of each pixel of a particle (h, w); one part if it stays whole."""
    from scipy import ndimage

    corners = np.ones((3, 3))
    pieces, n = ndimage.label(particle & ~cut, structure=corners)
    before = ndimage.label(particle, structure=corners)[1]
    if n <= before:
        pieces, n = _sides(particle, cut) if before > 1 else (pieces, 1)
    sizes = np.bincount(pieces.ravel(), minlength=n + 1)
    sizes[0] = 0
    large = [i for i in np.argsort(-sizes, kind="stable").tolist() if sizes[i] >= LEAST_PIXELS]
    if n < 2 or len(large) < 2:
        return particle.astype(np.int64)
    number = np.zeros(n + 1, np.int64)
    number[large] = np.arange(1, len(large) + 1)
    kept = number[pieces]
    nearest = ndimage.distance_transform_edt(kept == 0, return_distances=False, return_indices=True)
    return np.where(particle, kept[tuple(nearest)], 0)


def _sides(particle: NDArray[np.bool_], cut: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """Sort the fragments of a particle that is in pieces by the side of the stroke on which they lie."""
    from scipy import ndimage
    from skimage.morphology import convex_hull_image

    sides, n = ndimage.label(convex_hull_image(particle) & ~cut, structure=np.ones((3, 3)))
    fragments, m = ndimage.label(particle, structure=np.ones((3, 3)))
    votes = np.zeros((m + 1, n + 1), np.int64)
    np.add.at(votes, (fragments[particle], sides[particle]), 1)
    votes[:, 0] = -1
    side = votes.argmax(axis=1)
    used, number = np.unique(side[1:], return_inverse=True)
    return np.where(particle, np.r_[0, number + 1][fragments], 0), len(used)
