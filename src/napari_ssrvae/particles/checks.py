"""Arrays are checked at the door of the room."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.sources import Source, opened

__all__ = ["checked_image", "checked_labels", "opened_image", "opened_labels"]


def checked_image(image: ArrayLike) -> NDArray[np.float32]:
    """Return grey values as float32, shifted and scaled where float32 could not tell them apart.

    Raises
    ------
    InputError
        Not two dimensions, empty, not numbers, or not finite.
    """
    array = np.asarray(image)
    if array.ndim != 2 or array.size == 0:
        raise InputError(
            f"An image of the shape {array.shape} cannot be segmented: give one plane of grey values, rows by columns."
        )
    if array.dtype.kind not in "buif":
        raise InputError(f"The image holds {array.dtype} values: give grey values.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(
            "The image holds values that are not finite: fill them first, as read_micrograph does."
        )
    if array.dtype.itemsize <= 2:
        return array.astype(np.float32)
    low, high = float(array.min()), float(array.max())
    span = high - low if high > low else 1.0
    if not np.isfinite(span):
        array, low, span = array / 4, low / 4, high / 4 - low / 4
    # Values like 1e30 or 1e9 + 1 would drown in float32; nothing here depends on their scale.
    scaled: NDArray[np.float32] = ((array - array.dtype.type(low)) / span).astype(np.float32)
    return scaled


def checked_labels(labels: ArrayLike, shape: tuple[int, ...] | None = None) -> NDArray[np.int32]:
    """Return instance labels as contiguous int32.

    Raises
    ------
    InputError
        Not whole numbers, negative, not two dimensions, or of another shape than the image.
    """
    array: NDArray[Any] = np.asarray(labels)
    opened_labels(array, shape)
    if array.size and (array.min() < 0 or array.max() > np.iinfo(np.int32).max):
        raise InputError(
            "Labels must lie between 0 and 2,147,483,647: number the particles again from 1."
        )
    return np.ascontiguousarray(array, dtype=np.int32)


def opened_image(image: Any, act: str) -> Source:
    """Return an image that may be lazy, of which no pixel is read yet.

    Parameters
    ----------
    image : array_like or lazy array, shape (H, W)
    act : str
        What is to be done with it, for the message: "measured".

    Raises
    ------
    InputError
        Not one plane of numbers.
    """
    source = opened(image)
    if source.ndim != 2:
        raise InputError(
            f"An image of the shape {tuple(source.shape)} cannot be {act}: give one plane of grey values."
        )
    if np.dtype(source.dtype).kind not in "buif":
        raise InputError(f"The image holds {source.dtype} values: give grey values.")
    return source


def opened_labels(labels: Any, shape: tuple[int, ...] | None = None) -> Source:
    """Return instance labels that may be on disk; their range is checked where they are read.

    Raises
    ------
    InputError
        Not whole numbers, not two dimensions, or of another shape than the image.
    """
    source = opened(labels)
    if source.ndim != 2:
        raise InputError(
            f"Labels of the shape {tuple(source.shape)} are no mask of an image: give rows by columns."
        )
    if np.dtype(source.dtype).kind not in "bui":
        raise InputError(
            f"Labels hold {source.dtype} values: give whole numbers, 0 for background."
        )
    if shape is not None and tuple(source.shape) != tuple(shape):
        raise InputError(
            f"The labels are {source.shape[0]} x {source.shape[1]} pixels and the image is {shape[0]} x {shape[1]}: "
            "give the labels that belong to this image."
        )
    return source
