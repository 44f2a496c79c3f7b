"""An image in blocks of whole rows, so that a large one is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["blocks", "grey_range", "is_lazy"]

BLOCK_BYTES = 16 << 20


def is_lazy(image: Any) -> bool:
    """Whether an image is no numpy array, but can be asked for parts of it (dask, zarr, h5py)."""
    return (
        not isinstance(image, np.ndarray | np.generic)
        and hasattr(image, "shape")
        and hasattr(image, "dtype")
        and hasattr(image, "__getitem__")
    )


def blocks(
    image: Any, rows: int | None = None, *, start: int = 0, stop: int | None = None
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield an image in blocks of rows, from the top.

    Parameters
    ----------
    image : array_like with shape, dtype and slicing; shape (H, W) or (H, W, channels)
        numpy, memory-mapped, dask or zarr.
    rows : int, optional
        Rows of a block; by default as many as take about 16 MB, in whole chunks of the image.
    start, stop : int
        First row, and the row after the last.

    Yields
    ------
    rows : slice
    block : ndarray
    """
    stop = int(image.shape[0]) if stop is None else stop
    step = _rows(image) if rows is None else rows
    while start < stop:
        # Along the image's own chunks, which are read whole anyway.
        end = min(stop, (start // step + 1) * step)
        yield slice(start, end), np.asarray(image[start:end])
        start = end


def _rows(image: Any) -> int:
    row_bytes = int(np.prod(image.shape[1:], dtype=np.int64)) * int(np.dtype(image.dtype).itemsize)
    fitting = max(1, BLOCK_BYTES // max(1, row_bytes))
    chunks = getattr(image, "chunks", None)
    chunk = chunks[0] if chunks else 1
    if isinstance(chunk, tuple):
        chunk = chunk[0] if chunk else 1
    return max(1, fitting // int(chunk)) * int(chunk)


def grey_range(image: Any) -> tuple[Any, Any]:
    """Return the least and the greatest finite grey value, in the dtype of the image.

    NaN, NaN where there is none.
    """
    low: Any = None
    high: Any = None
    for _, block in blocks(image):
        if block.dtype.kind == "f":
            block = block[np.isfinite(block)]
        if block.size:
            least, most = block.min(), block.max()
            low = least if low is None else min(low, least)
            high = most if high is None else max(high, most)
    if low is None:
        return np.float64("nan"), np.float64("nan")
    return low, high
