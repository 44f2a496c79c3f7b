"""Images read piece by piece: arrays, memory maps, dask and zarr alike."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["BAND_PIXELS", "Buffered", "Source", "mapped", "opened", "piece", "workers"]

BAND_PIXELS = 1 << 18
BLOCK_BYTES = 64 << 20
CHUNKS_BYTES = 512 << 20
UNCHUNKED_ROWS = 256
MOST_WORKERS = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


class Source(Protocol):
    """What has a shape and a type, and gives pixels where it is sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""

    @property
    def ndim(self) -> int:
        """Number of axes."""

    @property
    def dtype(self) -> Any:
        """What numpy takes for a dtype."""

    def __getitem__(self, key: Any, /) -> Any:
        """Return a part."""


def opened(array: Any) -> Source:
    """Return an array itself, what is lazy behind a buffer, and anything else as an array."""
    if isinstance(array, np.ndarray):
        return array
    if all(hasattr(array, name) for name in ("shape", "ndim", "dtype", "__getitem__")):
        try:
            np.dtype(array.dtype)
        except TypeError:
            return np.asarray(array)
        return array if isinstance(array, Buffered) else Buffered(array)
    return np.asarray(array)


def piece(source: Source, rows: slice, columns: slice) -> NDArray[Any]:
    """Return the pixels of `rows` and `columns`."""
    return np.asarray(source[rows, columns])


class Buffered:
    """A lazy source of which the rows of chunks read last are kept, for many small parts from top to bottom.

    Not for several threads at once.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.shape: tuple[int, ...] = tuple(source.shape)
        self.ndim = len(self.shape)
        self.dtype = np.dtype(source.dtype)
        self._rows = slice(0, 0)
        self._block: NDArray[Any] = np.zeros((0, 0), self.dtype)

    def __getitem__(self, key: slice | tuple[slice, ...]) -> NDArray[Any]:
        given = key if isinstance(key, tuple) else (key,)
        key = (*given, *[slice(None)] * (self.ndim - len(given)))
        (top, bottom, _), (left, right, _) = (
            part.indices(n) for part, n in zip(key, self.shape, strict=True)
        )
        if bottom <= top or right <= left:
            return np.zeros((max(0, bottom - top), max(0, right - left)), self.dtype)
        if not (self._rows.start <= top and bottom <= self._rows.stop):
            edge, affordable = _rows_together(self.source, self.dtype)
            rows = slice(top // edge * edge, min(-(-bottom // edge) * edge, self.shape[0]))
            if (rows.stop - rows.start) * self.shape[1] * self.dtype.itemsize > affordable:
                return piece(self.source, slice(top, bottom), slice(left, right))
            # The old rows go before the new ones come.
            self._block = np.zeros((0, 0), self.dtype)
            self._block = piece(self.source, rows, slice(None))
            self._rows = rows
        start = self._rows.start
        return self._block[top - start : bottom - start, left:right]


def _rows_together(source: Source, dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return how many rows are best read together, and how many bytes may be kept of them.

    Those of a chunk, else a few hundred. A chunk is made whole whatever is read of it, so keeping the chunks
    of a few rows costs little more memory than reading one, and reading them again for every few rows a
    great deal of time.
    """
    for name in ("chunksize", "chunks"):
        chunks = getattr(source, name, None)
        if isinstance(chunks, tuple) and len(chunks) == 2 and isinstance(chunks[0], int):
            one = chunks[0] * chunks[1] * dtype.itemsize
            return max(1, chunks[0]), max(CHUNKS_BYTES, one)
    return UNCHUNKED_ROWS, BLOCK_BYTES


def workers() -> int:
    """Return how many threads this process may well keep busy."""
    if hasattr(os, "sched_getaffinity"):
        return min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    return min(MOST_WORKERS, os.cpu_count() or 1)


def mapped(
    act: Callable[[Item], Result], items: Iterable[Item], *sources: Source
) -> Iterator[Result]:
    """Yield `act(item)` for each item in order, in several threads where all sources are in memory.

    A lazy source has its own threads, and nobody promises that it may be read from several: it is read
    from this one.
    """
    n = workers() if all(isinstance(source, np.ndarray) for source in sources) else 1
    listed = list(items) if n > 1 else items
    if n == 1 or (isinstance(listed, list) and len(listed) < 2):
        yield from map(act, listed)
        return
    with ThreadPoolExecutor(n) as pool:
        yield from pool.map(act, listed)
