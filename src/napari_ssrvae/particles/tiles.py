"""Parts of an image with a frame around them, also where the frame reaches beyond the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.sources import Source, piece

__all__ = ["framed", "inside_of"]


def framed(labels: Source, region: Region, frame: int) -> NDArray[np.int32]:
    """Return the labels of `region` and `frame` pixels around it, 0 beyond the image.

    Parameters
    ----------
    labels : source of int, shape (H, W)
    region : (slice, slice)
        May reach beyond the image.
    frame : int

    Returns
    -------
    ndarray of int32, shape (h + 2 frame, w + 2 frame)
    """
    rows, columns = (slice(part.start - frame, part.stop + frame) for part in region)
    whole, (inner_rows, inner_columns) = inside_of(labels.shape, rows, columns)
    values = piece(labels, *whole)
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    if values.shape == shape:
        return np.ascontiguousarray(values, dtype=np.int32)
    padded = np.zeros(shape, np.int32)
    padded[inner_rows, inner_columns] = values
    return padded


def inside_of(shape: tuple[Any, ...], rows: slice, columns: slice) -> tuple[Region, Region]:
    """Return the part within an image of `shape`, in the image's and in the region's own coordinates."""
    within, own = [], []
    for part, n in zip((rows, columns), shape, strict=True):
        start, stop = min(max(part.start, 0), n), max(min(part.stop, n), 0)
        stop = max(start, stop)
        within.append(slice(start, stop))
        own.append(slice(start - part.start, stop - part.start))
    return (within[0], within[1]), (own[0], own[1])
