"""All particles as runs of pixels along the rows: what makes measuring ten thousand of them quick and small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.sources import BAND_PIXELS, Source, mapped, piece

__all__ = ["LabelRuns"]


@dataclass(frozen=True, eq=False)
class LabelRuns:
    """Every run of pixels of one label along a row, with the rank of the label among those kept.

    Area, centroid, second moments, box, radius and convex hull have closed forms over runs.

    Attributes
    ----------
    label_ids : ndarray of int64, shape (N,)
        Labels, ascending.
    rank : ndarray of int32, shape (R,)
        Index into `label_ids` of each run.
    rows, first, last : ndarray of int32, shape (R,)
        Row, first and last column (inclusive), in raster order.
    """

    label_ids: NDArray[np.int64]
    rank: NDArray[np.int32]
    rows: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        labels: Source,
        label_ids: Iterable[int] | None = None,
        region: Region | None = None,
    ) -> LabelRuns:
        """Collect the runs of a label image of shape (H, W).

        Parameters
        ----------
        labels : source of int, shape (H, W)
        label_ids : iterable of int, optional
            Only these.
        region : (slice, slice), optional
            Where those labels lie, if it is known: nothing else is looked at.

        Raises
        ------
        InputError
            A label is negative or too large, or one of `label_ids` does not occur.
        """
        wished = None if label_ids is None else np.unique(np.asarray(list(label_ids), np.int64))
        values, rows, first, last = _collected(labels, wished, region)
        kept, rank = _ranked(values) if wished is None else (wished, _rank_in(wished, values))
        if wished is not None:
            missing = np.setdiff1d(wished, values)
            if len(missing):
                raise InputError(
                    f"There is no particle {missing[0]} in the mask: give label numbers that occur in it."
                )
        return cls(kept, rank, rows, first, last)

    def __len__(self) -> int:
        return len(self.label_ids)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Pixels of each run, shape (R,)."""
        return self.last.astype(np.int64) - self.first + 1

    @property
    def middles(self) -> NDArray[np.float64]:
        """Mean column of each run, shape (R,)."""
        return (self.first.astype(np.float64) + self.last) / 2

    def rank_of(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Return the index into `label_ids` of each label, -1 for those that are not kept."""
        return _rank_in(self.label_ids, values).astype(np.int64)

    def sum(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum of `weights` (R,) over each particle (N,)."""
        return np.bincount(self.rank, weights=weights, minlength=len(self)).astype(np.float64)

    def least(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the least of `values` (R,) over each particle (N,)."""
        found = np.full(len(self), _largest(values.dtype), dtype=values.dtype)
        np.minimum.at(found, self.rank, values)
        return found

    def greatest(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the greatest of `values` (R,), none negative, over each particle (N,)."""
        found = np.zeros(len(self), dtype=values.dtype)
        np.maximum.at(found, self.rank, values)
        return found

    def areas(self) -> NDArray[np.float64]:
        """Return the number of pixels of each particle."""
        return self.sum(self.lengths)

    def centroids(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean row and column of each particle."""
        lengths = self.lengths
        area = self.sum(lengths)
        return self.sum(self.rows * lengths) / area, self.sum(self.middles * lengths) / area

    def radii(self) -> NDArray[np.float64]:
        """Return the distance from each centroid to the centre of its farthest pixel."""
        y, x = self.centroids()
        # Of a run, one of the two ends is the farthest.
        across = np.maximum(np.abs(self.first - x[self.rank]), np.abs(self.last - x[self.rank]))
        radii: NDArray[np.float64] = np.sqrt(
            self.greatest((self.rows - y[self.rank]) ** 2 + across**2)
        )
        return radii

    def between(self, start: int, stop: int) -> slice:
        """Return which runs lie in the rows from `start` to before `stop`."""
        low, high = np.searchsorted(self.rows, (start, stop))
        return slice(int(low), int(high))

    def bands(self, width: int) -> list[Region]:
        """Return boxes of rows and columns around all runs, none of many pixels; no two share a row.

        Parameters
        ----------
        width : int
            Columns of the image.
        """
        most = max(1, BAND_PIXELS // max(1, width))
        present = self.rows[np.flatnonzero(np.diff(self.rows, prepend=-1))]
        regions: list[Region] = []
        start = 0
        while start < len(present):
            # As far as the rows follow each other without a gap.
            stop = start + 1
            limit = min(len(present), start + most)
            gaps = np.flatnonzero(np.diff(present[start:limit]) > 1)
            stop = start + int(gaps[0]) + 1 if len(gaps) else limit
            top, bottom = int(present[start]), int(present[stop - 1]) + 1
            part = self.between(top, bottom)
            left, right = int(self.first[part].min()), int(self.last[part].max()) + 1
            regions.append((slice(top, bottom), slice(left, right)))
            start = stop
        return regions


def _collected(
    labels: Source, wished: NDArray[np.int64] | None, region: Region | None
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    height, width = labels.shape
    (top, bottom, _), (left, right, _) = (
        part.indices(n)
        for part, n in zip(region or (slice(None), slice(None)), (height, width), strict=True)
    )
    step = max(1, BAND_PIXELS // max(1, right - left))

    def runs(start: int) -> tuple[NDArray[Any], ...]:
        band = piece(labels, slice(start, min(start + step, bottom)), slice(left, right))
        values, rows, first, last = _runs(band)
        if wished is not None:
            keep = _rank_in(wished, values) >= 0
            values, rows, first, last = values[keep], rows[keep], first[keep], last[keep]
        return values, rows + np.int32(start), first + np.int32(left), last + np.int32(left)

    starts = range(top, bottom, step) if right > left else range(0)
    found = list(mapped(runs, starts, labels))
    if not found:
        none = np.zeros(0, np.int32)
        return none.astype(np.int64), none, none, none
    values, rows, first, last = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if len(values) and (values.min() < 0 or values.max() > np.iinfo(np.int32).max):
        raise InputError(
            "Labels must lie between 0 and 2,147,483,647: number the particles again from 1."
        )
    return values.astype(np.int64), rows, first, last


def _runs(band: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    width = band.shape[1]
    flat = band.ravel()
    begins = np.empty(flat.size, dtype=bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::width] = True
    at = np.flatnonzero(begins)
    values = flat[at]
    ends = np.append(at[1:], flat.size)
    keep = values != 0
    at, ends, values = at[keep], ends[keep], values[keep]
    rows, first = np.divmod(at.astype(np.int32), np.int32(width))
    last = first + (ends - at).astype(np.int32) - np.int32(1)
    return values, rows, first, last


def _ranked(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    top = int(values.max(initial=0))
    if top <= 4 * len(values) + 100_000:
        present = np.zeros(top + 1, dtype=bool)
        present[values] = True
        lookup = np.cumsum(present, dtype=np.int32) - np.int32(1)
        return np.flatnonzero(present).astype(np.int64), lookup[values].astype(np.int32)
    label_ids, rank = np.unique(values, return_inverse=True)
    return label_ids, rank.astype(np.int32)


def _rank_in(label_ids: NDArray[np.int64], values: NDArray[Any]) -> NDArray[np.int32]:
    if len(label_ids) == 0:
        return np.full(len(values), -1, np.int32)
    low, high = int(label_ids[0]), int(label_ids[-1])
    if high - low + 1 == len(label_ids):
        rank = values.astype(np.int64) - low
        rank[(values < low) | (values > high)] = -1
    else:
        rank = np.minimum(np.searchsorted(label_ids, values), len(label_ids) - 1)
        rank[label_ids[rank] != values] = -1
    return rank.astype(np.int32)


def _largest(dtype: np.dtype[Any]) -> Any:
    return np.iinfo(dtype).max if dtype.kind in "iu" else np.inf
