"""Which particles are cut out together: those that lie in one part of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.sources import Source

__all__ = ["SUBPIXEL", "Tile", "laid_out"]

# Centroids are met to this part of a pixel.
SUBPIXEL = 8
TILE_ROWS, TILE_COLUMNS = 256, 1024


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of the image and the particles with their centroid in it.

    Attributes
    ----------
    region : (slice, slice)
        All pixels that are needed; may reach beyond the image.
    order : ndarray of int, shape (n,)
        Index of each particle among all.
    label_ids : ndarray of int64, shape (n,)
    rows, columns : ndarray of int, shape (n,)
        Whole pixel of the centroid, counted from the start of `region`.
    part_rows, part_columns : ndarray of int, shape (n,)
        How many `SUBPIXEL`-ths of a pixel beyond it.
    radii : ndarray of float, shape (n,)
        From the centroid to the farthest pixel.
    """

    region: Region
    order: NDArray[np.intp]
    label_ids: NDArray[np.int64]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    part_rows: NDArray[np.intp]
    part_columns: NDArray[np.intp]
    radii: NDArray[np.float64]


def laid_out(
    label_ids: NDArray[np.int64],
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    radii: NDArray[np.float64],
    margin: int,
    image: Source,
) -> Iterator[Tile]:
    """Yield the particles tile by tile, row by row of tiles.

    Parameters
    ----------
    label_ids, y, x, radii : ndarray, shape (N,)
    margin : int
        Pixels needed on all sides of a centroid.
    image : source
        Its width says how tiles are laid out.
    """
    row, part_row = _split(y)
    column, part_column = _split(x)
    across = -(-image.shape[1] // TILE_COLUMNS)
    tile = row // TILE_ROWS * across + column // TILE_COLUMNS
    order = np.argsort(tile, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1):
        # As large as its particles need: a few particles of a large image take no more than their own.
        for few in _near_each_other(members, row, column, margin):
            top, left = int(row[few].min()) - margin, int(column[few].min()) - margin
            bottom, right = int(row[few].max()) + margin, int(column[few].max()) + margin
            yield Tile(
                (slice(top, bottom), slice(left, right)),
                few,
                label_ids[few],
                row[few] - top,
                column[few] - left,
                part_row[few],
                part_column[few],
                radii[few],
            )


def _near_each_other(
    members: NDArray[np.intp], row: NDArray[np.intp], column: NDArray[np.intp], margin: int
) -> list[NDArray[np.intp]]:
    """Return the members together, or each by itself where the box around all is mostly empty."""
    height, width = np.ptp(row[members]) + 2 * margin, np.ptp(column[members]) + 2 * margin
    if int(height) * int(width) > 8 * len(members) * (2 * margin) ** 2:
        return np.split(members, len(members))
    return [members]


def _split(at: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the whole pixel and the part of a pixel in `SUBPIXEL`-ths."""
    steps = np.rint(at * SUBPIXEL).astype(np.intp)
    return steps // SUBPIXEL, steps % SUBPIXEL
