"""Convex hulls of all particles at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.runs import LabelRuns

__all__ = ["convex_areas"]


def convex_areas(runs: LabelRuns) -> NDArray[np.float64]:
    """Return the number of pixels in the convex hull of each particle's pixel centres, shape (N,).

    The hull is a polygon with whole-number corners, so Pick's theorem counts the pixels in it exactly:
    area + boundary / 2 + 1. It is found for all particles together: of the row ends, those that lie
    inside their two neighbours are dropped until none is left.
    """
    n = len(runs)
    if n == 0:
        return np.zeros(0)
    # Raster order makes the first and last run of each (particle, row) its two ends.
    order = np.argsort(runs.rank, kind="stable")
    rank, rows = runs.rank[order].astype(np.int64), runs.rows[order].astype(np.int64)
    new = np.r_[True, (rank[1:] != rank[:-1]) | (rows[1:] != rows[:-1])]
    old = np.r_[new[1:], True]
    left = runs.first[order][new].astype(np.int64)
    right = runs.last[order][old].astype(np.int64)
    rank, rows = rank[new], rows[new]
    doubled, boundary = np.zeros(n), np.zeros(n)
    for columns, side in ((left, 1), (right, -1)):
        area, steps = _chain(rank, rows, columns, side, n)
        doubled += area
        boundary += steps
    # The two chains are closed by the top row and the bottom row of the particle.
    change = np.flatnonzero(np.diff(rank)) + 1
    for at in (np.r_[0, change], np.r_[change, len(rank)] - 1):
        boundary += (right - left)[at]
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
