"""The pictures of the particles of one tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.isolation import HALO, owners
from napari_ssrvae.particles.layout import SUBPIXEL, Tile
from napari_ssrvae.particles.resampling import resampling_matrices
from napari_ssrvae.particles.shading import BRIGHT_END, TINY, Shading
from napari_ssrvae.particles.sources import Source
from napari_ssrvae.particles.tiles import framed

__all__ = ["Window", "cut_tile"]

Pixel = TypeVar("Pixel", bound=np.generic)

# Windows of so many pixels are worked on together, so that they stay in the cache.
CHUNK_PIXELS = 1 << 17
# Particles are put together by how much of the window they fill, to so many pixels.
COARSENESS = 4


@dataclass(frozen=True, eq=False)
class Window:
    """What a patch shows.

    Attributes
    ----------
    edge : int
        Edge of the window in pixels of the micrograph.
    size : int
        Edge of a patch.
    alone : bool
        Without neighbours and background.
    own_scale : bool
        Each particle by its own bright end.
    reach : int
        Pixels that may be read on each side of the centroid.
    matrices : ndarray of float32, shape (SUBPIXEL, size, 2 reach)
        Read a patch off the pixels around a centroid, by the part of a pixel.
    """

    edge: int
    size: int
    alone: bool
    own_scale: bool
    reach: int
    matrices: NDArray[np.float32]

    @classmethod
    def of(cls, edge: int, size: int, alone: bool, own_scale: bool) -> Window:
        """Return a window with its matrices."""
        # As far as the kernel of the last sample: see `resampling_matrices`.
        step = edge / size
        reach = int(edge / 2 - step / 2 + max(1.0, step) + 1 - 1 / SUBPIXEL) + 1
        matrices = resampling_matrices(edge, size, 2 * reach, SUBPIXEL)
        return cls(edge, size, alone, own_scale, reach, matrices)

    def part(self, reach: int) -> tuple[slice, NDArray[np.float32]]:
        """Return which rows of a patch see anything within `reach` of the centroid, and their matrices."""
        matrices = self.matrices[:, :, self.reach - reach : self.reach + reach]
        seen = np.flatnonzero(matrices.any(axis=(0, 2)))
        rows = slice(int(seen[0]), int(seen[-1]) + 1)
        return rows, np.ascontiguousarray(matrices[:, rows])


def cut_tile(
    shading: Shading,
    labels: Source,
    window: Window,
    tile: Tile,
    images: NDArray[np.float32],
) -> None:
    """Put the pictures of a tile's particles into `images`, shape (N, S, S), zeros before."""
    heights = shading.heights(tile.region)
    mask = framed(labels, tile.region, 0) if window.alone or window.own_scale else None
    owner = weight = None
    if window.alone and mask is not None:
        owner, weight = owners(mask)
    if not window.own_scale:
        _scaled(heights, np.float32(shading.high))
        if weight is not None:
            heights *= weight
    for members, reach in _alike(tile, window):
        rows, matrices = window.part(reach)
        at = (tile.rows[members] - reach, tile.columns[members] - reach)
        ids = tile.label_ids[members, None, None].astype(np.int32)
        pictures = _windows(heights, reach, at)
        if window.own_scale and mask is not None:
            own = _windows(mask, reach, at) == ids
            _scaled(pictures, _bright_ends(pictures, own))
            if weight is not None:
                pictures *= _windows(weight, reach, at)
        if owner is not None:
            pictures *= _windows(owner, reach, at) == ids
        read = np.matmul(matrices[tile.part_rows[members]], pictures)
        read = np.matmul(read, matrices[tile.part_columns[members]].transpose(0, 2, 1))
        images[tile.order[members], rows, rows] = np.clip(read, 0.0, 1.0, out=read)


def _alike(tile: Tile, window: Window) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Yield particles that fill about as much of the window, a chunk at a time, and how far they reach."""
    reach = np.full(len(tile.order), window.reach)
    if window.alone:
        # The soft edge, and a pixel for the rounding of the centroid.
        needed = np.ceil(tile.radii).astype(np.intp) + HALO + 2
        reach = np.minimum(-(-needed // COARSENESS) * COARSENESS, window.reach)
    for one in np.unique(reach):
        members = np.flatnonzero(reach == one)
        n = max(1, CHUNK_PIXELS // int(2 * one) ** 2)
        for start in range(0, len(members), n):
            yield members[start : start + n], int(one)


def _windows(
    picture: NDArray[Pixel], reach: int, at: tuple[NDArray[np.intp], NDArray[np.intp]]
) -> NDArray[Pixel]:
    views = np.lib.stride_tricks.sliding_window_view(picture, (2 * reach, 2 * reach))
    windows: NDArray[Pixel] = views[at]
    return windows


def _scaled(heights: NDArray[np.float32], high: np.float32 | NDArray[np.float32]) -> None:
    heights /= high
    np.clip(heights, 0.0, 1.0, out=heights)


def _bright_ends(heights: NDArray[np.float32], own: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the bright end of each particle's own pixels, shape (n, 1, 1)."""
    n = len(heights)
    counts = own.reshape(n, -1).sum(axis=1)
    # What is not the particle's own goes to the end of the row and is not counted.
    values = np.where(own, heights, np.float32(np.inf)).reshape(n, -1)
    values.sort(axis=1)
    at = np.maximum(counts - 1, 0) * (BRIGHT_END / 100)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    of = np.arange(n)
    share = (at - low).astype(np.float32)
    ends = values[of, low] * (1 - share) + values[of, high] * share
    most = values[of, np.maximum(counts - 1, 0)]
    ends = np.where(ends > 0, ends, most)
    ends = np.where(np.isfinite(ends), np.maximum(ends, TINY), 1.0)
    return ends.astype(np.float32)[:, None, None]
