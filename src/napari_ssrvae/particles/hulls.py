"""Convex hulls of all particles at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.pixels import LabelPixels

__all__ = ["convex_areas"]


def convex_areas(pixels: LabelPixels) -> NDArray[np.float64]:
    """Return the number of pixels in the convex hull of each particle's pixel centres, shape (N,).

    The hull is a polygon with whole-number corners, so Pick's theorem counts the pixels in it exactly:
    area + boundary / 2 + 1. It is found for all particles together: of the row ends, those that lie
    inside their two neighbours are dropped until none is left.
    """
    n = len(pixels)
    if n == 0:
        return np.zeros(0)
    # Raster order makes the first and last pixel of each (particle, row) its two ends.
    order = np.argsort(pixels.rank, kind="stable")
    rank, rows, columns = pixels.rank[order], pixels.rows[order], pixels.columns[order]
    new = np.r_[True, (rank[1:] != rank[:-1]) | (rows[1:] != rows[:-1])]
    last = np.r_[new[1:], True]
    doubled = np.zeros(n)
    boundary = np.zeros(n)
    for ends, side in ((new, 1), (last, -1)):
        area, steps = _chain(rank[ends], rows[ends], columns[ends], side, n)
        doubled += area
        boundary += steps
    # The two chains are closed by the top row and the bottom row of the particle.
    for edge in (0, -1):
        boundary += _width(rank, columns, new, last, edge)
    return np.abs(doubled) / 2 + boundary / 2 + 1


def _chain(
    rank: NDArray[np.int64], rows: NDArray[np.int64], columns: NDArray[np.int64], side: int, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (doubled signed area beside the hull chain, lattice steps along it)."""
    while len(rank) > 2:
        inner = (rank[2:] == rank[1:-1]) & (rank[:-2] == rank[1:-1])
        cross = (rows[1:-1] - rows[:-2]) * (columns[2:] - columns[:-2]) - (
            columns[1:-1] - columns[:-2]
        ) * (rows[2:] - rows[:-2])
        drop = inner & (side * cross <= 0)
        if not drop.any():
            break
        keep = np.r_[True, ~drop, True]
        rank, rows, columns = rank[keep], rows[keep], columns[keep]
    same = rank[1:] == rank[:-1]
    dy, dx = np.diff(rows)[same], np.diff(columns)[same]
    area = dy * (columns[1:] + columns[:-1])[same] * -side
    of = rank[1:][same]
    return (
        np.bincount(of, weights=area, minlength=n).astype(np.float64),
        np.bincount(of, weights=np.gcd(np.abs(dy), np.abs(dx)), minlength=n).astype(np.float64),
    )


def _width(
    rank: NDArray[np.int64],
    columns: NDArray[np.int64],
    new: NDArray[np.bool_],
    last: NDArray[np.bool_],
    edge: int,
) -> NDArray[np.float64]:
    """Return the lattice steps along the first (0) or last (-1) row of each particle."""
    of = rank[new]
    extent = (columns[last] - columns[new]).astype(np.float64)
    change = np.flatnonzero(np.diff(of)) + 1
    at = np.r_[0, change] if edge == 0 else np.r_[change, len(of)] - 1
    width: NDArray[np.float64] = extent[at]
    return width
