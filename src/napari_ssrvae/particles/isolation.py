"""Whose pixel it is: each particle by itself, with a soft edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["HALO", "far_from", "owners"]

# How much of the grey value is kept 1, 2 and 3 pixels outside the mask.
SOFT_EDGE = (0.75, 0.5, 0.25)
HALO = len(SOFT_EDGE)
"""How far outside its mask a particle owns pixels; nearer to the edge of what is given nothing is certain."""


def far_from(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where no particle owns a pixel, shape of `mask`: more than three steps from the mask."""
    grown = mask
    for _ in range(HALO):
        grown = _beside(grown)
    return ~grown


def owners(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return whose particle each pixel is, up to three pixels outside its mask, and how much of it to keep.

    Between two particles a pixel is the nearer's; between equals, that with the greater label.

    Parameters
    ----------
    labels : ndarray of int32, shape (h, w)
        With a frame of at least `HALO` pixels of which the result is not used.
    """
    width = labels.shape[1]
    owner = labels.copy().ravel()
    owned = owner != 0
    weight = owned.astype(np.float32)
    for kept in SOFT_EDGE:
        ring = owned.copy()
        # End to end: what steps over the left or right edge stays within the frame.
        for step in (1, width):
            ring[step:] |= owned[:-step]
            ring[:-step] |= owned[step:]
        ring ^= owned
        ring[:width], ring[-width:] = False, False
        at = np.flatnonzero(ring)
        nearest = owner[at - width]
        for step in (-1, 1, width):
            np.maximum(nearest, owner[at + step], out=nearest)
        owner[at] = nearest
        weight[at] = kept
        owned |= ring
    return owner.reshape(labels.shape), weight.reshape(labels.shape)


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask and the pixels beside it."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown
