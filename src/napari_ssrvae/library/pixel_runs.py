"""Pixels of a mask that change, as runs along its rows: small to keep, exact both ways."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.library.matching import Shape

__all__ = ["PixelRuns"]

_HEADER = 3


@dataclass(frozen=True, eq=False)
class PixelRuns:
    """Changed pixels of a mask: R runs of pixels with one value before and one after.

    Scattered changes (a hundred particles deleted all over a micrograph) take no more room than
    near ones, which a crop of the mask would.

    Attributes
    ----------
    shape : (H, W)
        Of the mask.
    starts : (R,) int64
        Index of each run's first pixel in the mask read row by row, rising.
    lengths : (R,) int64
    before, after : (R,) int32
        Label ids, 0 the background; they differ.
    """

    shape: tuple[int, int]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    before: NDArray[np.int32]
    after: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        shape: tuple[int, int],
        at: NDArray[np.integer[Any]],
        before: NDArray[np.integer[Any]],
        after: NDArray[np.integer[Any]],
    ) -> Self:
        """Make runs of single pixels (P,): rising indices, values before and after."""
        changed = before != after
        at, before, after = at[changed], before[changed], after[changed]
        new = np.ones(len(at), bool)
        new[1:] = (np.diff(at) != 1) | (np.diff(before) != 0) | (np.diff(after) != 0)
        first = np.flatnonzero(new)
        return cls(
            (int(shape[0]), int(shape[1])),
            at[first].astype(np.int64),
            np.diff(np.append(first, len(at))).astype(np.int64),
            before[first].astype(np.int32),
            after[first].astype(np.int32),
        )

    @classmethod
    def between(
        cls,
        shape: tuple[int, int],
        top: int,
        left: int,
        before: NDArray[np.integer[Any]],
        after: NDArray[np.integer[Any]],
    ) -> Self:
        """Make runs of two crops (h, w) of a mask whose first pixel is (top, left)."""
        row, column = np.nonzero(before != after)
        at = (row.astype(np.int64) + top) * shape[1] + column + left
        return cls.of(shape, at, before[row, column], after[row, column])

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def n_pixels(self) -> int:
        """How many pixels change."""
        return int(self.lengths.sum())

    @property
    def region(self) -> tuple[slice, slice]:
        """Rows and columns of the smallest rectangle that holds all changes."""
        if not len(self):
            return slice(0, 0), slice(0, 0)
        row, column = self.positions()
        return (
            slice(int(row[0]), int(row[-1]) + 1),
            slice(int(column.min()), int(column.max()) + 1),
        )

    def positions(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of every changed pixel, in raster order."""
        row, column = np.divmod(self._flat(), self.shape[1])
        return row, column

    def inverse(self) -> PixelRuns:
        """Return the same pixels changed back."""
        return PixelRuns(self.shape, self.starts, self.lengths, self.after, self.before)

    def write(self, mask: NDArray[np.int32], *, top: int = 0, left: int = 0) -> None:
        """Write the values after into a mask, or into the crop of one that begins at (top, left)."""
        whole = mask.shape == self.shape and not top and not left
        runs = self if whole else self._of_rows(top, top + mask.shape[0])
        row, column = runs.positions()
        values = np.repeat(runs.after, runs.lengths)
        if not whole:
            row, column = row - top, column - left
            inside = (row >= 0) & (row < mask.shape[0]) & (column >= 0) & (column < mask.shape[1])
            row, column, values = row[inside], column[inside], values[inside]
        mask[row, column] = values

    def shapes(self) -> dict[int, Shape]:
        """Return the pixels that each label has after the change and had not before."""
        return {label_id: _shape(row, column) for label_id, row, column in self._groups()}

    def boxes(self) -> dict[int, tuple[int, int, int, int]]:
        """Return top, left, bottom, right (half open) of those pixels."""
        return {
            label_id: (int(row[0]), int(column.min()), int(row[-1]) + 1, int(column.max()) + 1)
            for label_id, row, column in self._groups()
        }

    def to_bytes(self) -> bytes:
        """Return all of it, compressed."""
        head = np.array([*self.shape, len(self)], "<i8")
        steps = np.diff(self.starts, prepend=0)
        parts = (
            head.tobytes(),
            steps.astype("<i8").tobytes(),
            self.lengths.astype("<i4").tobytes(),
            self.before.astype("<i4").tobytes(),
            self.after.astype("<i4").tobytes(),
        )
        return zlib.compress(b"".join(parts), 1)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return what `to_bytes` wrote."""
        raw = zlib.decompress(data)
        height, width, n = np.frombuffer(raw, "<i8", _HEADER).tolist()
        begin = 8 * _HEADER
        starts = np.cumsum(np.frombuffer(raw, "<i8", n, begin), dtype=np.int64)
        begin += 8 * n
        lengths, before, after = np.frombuffer(raw, "<i4", 3 * n, begin).reshape(3, n)
        return cls(
            (height, width),
            starts,
            lengths.astype(np.int64),
            before.astype(np.int32),
            after.astype(np.int32),
        )

    def _of_rows(self, top: int, bottom: int) -> PixelRuns:
        """Return the runs that meet some rows."""
        width = self.shape[1]
        first = int(np.searchsorted(self.starts, top * width, "right")) - 1
        part = slice(max(0, first), int(np.searchsorted(self.starts, bottom * width)))
        return PixelRuns(
            self.shape,
            self.starts[part],
            self.lengths[part],
            self.before[part],
            self.after[part],
        )

    def _flat(self) -> NDArray[np.int64]:
        total = int(self.lengths.sum())
        first = np.cumsum(self.lengths) - self.lengths
        return np.repeat(self.starts - first, self.lengths) + np.arange(total)

    def _groups(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        values = np.repeat(self.after, self.lengths)
        order = np.argsort(values, kind="stable")
        row, column = np.divmod(self._flat()[order], self.shape[1])
        label_ids, first = np.unique(values[order], return_index=True)
        last = [*first[1:].tolist(), len(order)]
        for label_id, start, stop in zip(label_ids.tolist(), first.tolist(), last, strict=True):
            if label_id:
                yield label_id, row[start:stop], column[start:stop]


def _shape(row: NDArray[np.int64], column: NDArray[np.int64]) -> Shape:
    top, left = int(row[0]), int(column.min())
    pixels = np.zeros((int(row[-1]) - top + 1, int(column.max()) - left + 1), bool)
    pixels[row - top, column - left] = True
    return Shape(top, left, pixels)
