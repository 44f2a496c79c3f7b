"""Connected parts of a mask that is seen tile by tile."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_ssrvae.particles.grey import Region

__all__ = ["Parts", "Pieces"]

# The dark face of a particle that the edge of the image cuts is at most about half of a whole one.
POCKET = 0.5


@dataclass(frozen=True, eq=False)
class Parts:
    """Whole parts, put together from their pieces.

    Attributes
    ----------
    part_of : ndarray of int, shape (n_pieces,)
        The part each piece belongs to; -1 for background.
    area : ndarray of int, shape (n_parts,)
        In pixels, filled holes included.
    first : ndarray of int, shape (n_parts,)
        Raster index of the first pixel.
    rim : ndarray of bool, shape (n_parts,)
        Cut by the edge of the image.
    clear : ndarray of bool, shape (n_parts,)
        Some pixel of it was said to be clear.
    drop : ndarray of float64, shape (n_parts,)
        Mean fall across its outline; NaN where none was seen.
    """

    part_of: NDArray[np.int64]
    area: NDArray[np.int64]
    first: NDArray[np.int64]
    rim: NDArray[np.bool_]
    clear: NDArray[np.bool_]
    drop: NDArray[np.float64]


@dataclass(eq=False)
class Pieces:
    """The pieces of particles and of the background between them, tile after tile.

    Each tile is labelled by itself; where tiles meet, pieces of the same kind are linked. A hole is a part of
    the background that is small and does not reach the edge of the image: it is linked to what surrounds it. So is a
    smaller pocket between a single particle and the edge of the image, the face of a particle that is cut.

    Parameters
    ----------
    out : ndarray of int32, shape (H, W)
        Written: the number of the piece at each pixel, negative for background.
    holes_px : float
        Largest hole that is filled; below 0 no hole is looked for and background is 0.
    """

    out: NDArray[np.int32]
    holes_px: float
    n: int = 0
    _area: list[NDArray[np.int64]] = field(default_factory=list)
    _first: list[NDArray[np.int64]] = field(default_factory=list)
    _rim: list[NDArray[np.bool_]] = field(default_factory=list)
    _clear: list[NDArray[np.bool_]] = field(default_factory=list)
    _drops: list[NDArray[np.int64]] = field(default_factory=list)
    _background: list[NDArray[np.bool_]] = field(default_factory=list)
    _links: list[NDArray[np.int64]] = field(default_factory=list)
    _around: list[NDArray[np.int64]] = field(default_factory=list)

    def add(
        self,
        core: Region,
        mask: NDArray[np.bool_],
        clear: NDArray[np.bool_],
        drops: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> None:
        """Take in the mask of a tile; tiles in raster order.

        Parameters
        ----------
        core : (slice, slice)
        mask, clear : ndarray of bool, shape (h, w)
            Pixels of particles, and those that clearly are.
        drops : three ndarrays of int64, shape (P,), optional
            Where the mask ends: raster index of the last pixel inside and of the next, -1 beside the core, and how
            far grey values fall from the one to the other.
        """
        rows, columns = core
        here = self.out[rows, columns]
        found, n = ndimage.label(mask)
        self._note(found, n, core, clear)
        self._note_drops(found, n, None if drops is None else (drops[0], drops[2]))
        if self.holes_px >= 0:
            holes, m = ndimage.label(~mask)
            self._note(holes, m, core, None)
            self._note_drops(holes, m, None if drops is None else (drops[1], drops[2]))
            holes += n
            found -= np.where(mask, 0, holes).astype(found.dtype)
            found += np.sign(found) * np.int32(self.n)
            self.n += n + m
        else:
            found[mask] += np.int32(self.n)
            self.n += n
        here[...] = found
        self._link_within(core)
        if rows.start > 0:
            self._link(self.out[rows.start - 1, columns], self.out[rows.start, columns])
        if columns.start > 0:
            self._link(self.out[rows, columns.start - 1], self.out[rows, columns.start])

    def _note(
        self, found: NDArray[np.int32], n: int, core: Region, clear: NDArray[np.bool_] | None
    ) -> None:
        rows, columns = core
        height, width = self.out.shape
        self._area.append(np.bincount(found.ravel(), minlength=n + 1)[1:])
        rim = np.zeros(n + 1, dtype=bool)
        if rows.start == 0:
            rim[found[0]] = True
        if rows.stop == height:
            rim[found[-1]] = True
        if columns.start == 0:
            rim[found[:, 0]] = True
        if columns.stop == width:
            rim[found[:, -1]] = True
        self._rim.append(rim[1:])
        self._background.append(np.full(n, clear is None))
        first = np.zeros(n, dtype=np.int64)
        seen = np.zeros(n + 1, dtype=bool)
        if clear is not None:
            seen[found[clear]] = True
            seen[0] = False
            # Raster order, backwards: the first pixel is written last.
            at = np.flatnonzero(found)[::-1]
            first[found.ravel()[at] - 1] = at
            r, c = np.divmod(first, found.shape[1])
            first = (r + rows.start) * width + c + columns.start
        self._first.append(first)
        self._clear.append(seen[1:])

    def _note_drops(
        self,
        found: NDArray[np.int32],
        n: int,
        drops: tuple[NDArray[np.int64], NDArray[np.int64]] | None,
    ) -> None:
        noted = np.zeros((2, n), dtype=np.int64)
        if drops is not None:
            index, fall = drops
            of = found.ravel()[index[index >= 0]]
            # Whole numbers below 2**53: the sums are exact, whatever the order.
            noted[0] = np.bincount(of, weights=fall[index >= 0], minlength=n + 1)[1:]
            noted[1] = np.bincount(of, minlength=n + 1)[1:]
        self._drops.append(noted)

    def _link(self, before: NDArray[np.int32], here: NDArray[np.int32]) -> None:
        """Link the pieces on the two sides of a seam."""
        pairs = np.stack([before, here]).astype(np.int64)
        same = (np.sign(pairs[0]) == np.sign(pairs[1])) & (pairs[0] != 0)
        self._links.append(np.unique(np.abs(pairs[:, same]), axis=1) - 1)
        self._touch(before, here)

    def _touch(self, before: NDArray[np.int32], here: NDArray[np.int32]) -> None:
        """Note which particle lies beside which background, along two lines of neighbouring pixels."""
        if self.holes_px < 0:
            return
        unlike = (before > 0) != (here > 0)
        pairs = np.stack([before[unlike], here[unlike]]).astype(np.int64)
        pairs = np.where(pairs[0] > 0, pairs, pairs[::-1])
        pairs[1] *= -1
        self._around.append(np.unique(pairs, axis=1) - 1)

    def _link_within(self, core: Region) -> None:
        if self.holes_px < 0:
            return
        here = self.out[core]
        # Only holes small enough to be filled matter; the wide background would touch everything.
        first = self.n - len(self._area[-1])
        small = np.zeros(self.n + 1, dtype=bool)
        small[first + 1 :] = self._area[-1] <= self.holes_px
        if not small.any():
            return
        hole = small[np.maximum(-here, 0)]
        for axis in (0, 1):
            ahead = tuple(slice(1, None) if a == axis else slice(None) for a in (0, 1))
            behind = tuple(slice(None, -1) if a == axis else slice(None) for a in (0, 1))
            edge = hole[ahead] != hole[behind]
            self._touch(here[behind][edge], here[ahead][edge])

    def parts(self) -> Parts:
        """Put the pieces together."""
        area = np.concatenate(self._area) if self._area else np.zeros(0, np.int64)
        if self.n == 0:
            nothing = np.zeros(0, dtype=bool)
            return Parts(area, area, area, nothing, nothing, area.astype(np.float64))
        rim, background = np.concatenate(self._rim), np.concatenate(self._background)
        first, clear = np.concatenate(self._first), np.concatenate(self._clear)
        background_seen = background.copy()
        links = self._links
        if self.holes_px >= 0:
            n, whole = _joined(self.n, links)
            around = np.concatenate([*self._around, np.zeros((2, 0), np.int64)], axis=1)
            filled = background & self._to_fill(n, whole, area, rim, around)[whole]
            links = [*links, around[:, filled[around[1]]]]
            background &= ~filled
            first = np.where(filled, self.out.size, first)
        n, whole = _joined(self.n, links)
        kept = np.zeros(n, dtype=bool)
        kept[whole[~background]] = True
        number = np.cumsum(kept) - 1
        part_of = np.where(background, -1, number[whole])
        own, part = ~background, number[whole][~background]
        n = int(kept.sum())
        earliest = np.full(n, self.out.size, dtype=np.int64)
        np.minimum.at(earliest, part, first[own])
        at_rim, is_clear = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
        at_rim[part[rim[own]]] = True
        is_clear[part[clear[own]]] = True
        total = np.bincount(part, weights=area[own], minlength=n).astype(np.int64)
        # Around a filled hole there is no outline: what its own pixels saw there is taken off.
        fall, places = (
            np.where(background_seen, -1, 1)[own] * np.concatenate(self._drops, axis=1)[:, own]
        )
        with np.errstate(invalid="ignore"):
            drop = np.bincount(part, weights=fall, minlength=n) / np.bincount(
                part, weights=places, minlength=n
            )
        return Parts(part_of, total, earliest, at_rim, is_clear, drop)

    def _to_fill(
        self,
        n: int,
        whole: NDArray[np.int64],
        area: NDArray[np.int64],
        rim: NDArray[np.bool_],
        around: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Return which joined pieces are holes, and pockets that one particle and the edge of the image enclose."""
        size = np.bincount(whole, weights=area, minlength=n)
        at_rim = np.zeros(n, dtype=bool)
        at_rim[whole[rim]] = True
        sides = np.unique(np.stack([whole[around[1]], whole[around[0]]]), axis=1)
        neighbours = np.bincount(sides[0], minlength=n)
        pocket = (size <= POCKET * self.holes_px) & (neighbours == 1)
        fill: NDArray[np.bool_] = (size <= self.holes_px) & (~at_rim | pocket)
        return fill

    def number(self, parts: Parts, keep: NDArray[np.bool_], offset: int = 0) -> int:
        """Write the kept parts' numbers into `out`, from `offset` + 1 in raster order; return how many."""
        order = np.flatnonzero(keep)
        order = order[np.argsort(parts.first[order], kind="stable")]
        number = np.zeros(len(keep) + 1, dtype=np.int32)
        number[order] = np.arange(offset + 1, offset + len(order) + 1, dtype=np.int32)
        lookup = np.zeros(self.n + 1, dtype=np.int32)
        lookup[1:] = number[parts.part_of]  # -1 is the last entry: 0
        step = max(1, (1 << 20) // self.out.shape[1])
        for start in range(0, self.out.shape[0], step):
            rows = self.out[start : start + step]
            rows[...] = lookup[np.abs(rows)]
        return len(order)


def _joined(n: int, links: list[NDArray[np.int64]]) -> tuple[int, NDArray[np.int64]]:
    pairs = np.concatenate([*links, np.zeros((2, 0), np.int64)], axis=1)
    graph = coo_array((np.ones(pairs.shape[1], np.int8), (pairs[0], pairs[1])), shape=(n, n))
    count, whole = connected_components(graph, directed=False)
    return int(count), whole.astype(np.int64)
