"""From whatever a file holds to one plane of grey values that can be worked with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError

__all__ = ["grey_plane", "usable_pixels"]

LEAST_EDGE_PX = 8
MOST_HOLES = 0.05
# ITU-R BT.709 weights for light, the usual ones for turning colour into grey.
RED_GREEN_BLUE = np.array([0.2125, 0.7154, 0.0721])


def grey_plane(array: NDArray[Any], name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Turn (H, W), (H, W, 1..4) into (H, W), and say what was done.

    Parameters
    ----------
    array : ndarray
        Grey, grey with alpha, colour, or colour with alpha along the last axis.
    name : str
        For the message.

    Returns
    -------
    grey : ndarray, shape (H, W)
        In the dtype of `array`.
    notes : tuple of str

    Raises
    ------
    InputError
        It is none of these.
    """
    notes: list[str] = []
    if array.ndim == 3 and array.shape[-1] in (2, 4) and min(array.shape[:2]) > 4:
        array = array[..., :-1]
        notes.append("transparency dropped")
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 3 and array.shape[-1] == 3 and min(array.shape[:2]) > 4:
        if (array == array[..., :1]).all():
            array = array[..., 0]
            notes.append("three equal colour channels read as one")
        else:
            grey = array.astype(np.float64) @ RED_GREEN_BLUE
            array = (
                grey.astype(array.dtype)
                if array.dtype.kind == "f"
                else np.rint(grey).astype(array.dtype)
            )
            notes.append("colour converted to grey")
    if array.ndim != 2:
        raise InputError(
            f"{name} has {array.ndim} dimensions ({' x '.join(map(str, array.shape))}): "
            "choose one plane of it, rows by columns."
        )
    return array, tuple(notes)


def usable_pixels(array: NDArray[Any], name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Check a plane of grey values and fill the few holes it may have.

    Pixels without a finite value are filled from the nearest one that has one, as long as they are
    few (5 %); more of them is a damaged image, and inventing it would be worse than refusing it.

    Raises
    ------
    InputError
        Nothing could be seen in this image: too small, constant, mostly not finite, not numbers.
    """
    if array.dtype.kind == "b":
        array = array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iuf":
        raise InputError(
            f"{name} holds {array.dtype} values, not grey values: save it as a grey image."
        )
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    if min(array.shape) < LEAST_EDGE_PX:
        raise InputError(
            f"{name} is {array.shape[1]} x {array.shape[0]} pixels: "
            f"an image needs at least {LEAST_EDGE_PX} along each edge."
        )
    notes: tuple[str, ...] = ()
    if array.dtype.kind == "f":
        array, notes = _without_holes(array, name)
    low, high = array.min(), array.max()
    if low == high:
        what = "all black" if low == 0 else f"the same everywhere (grey value {low:g})"
        raise InputError(
            f"{name} is {what}: there is nothing to see in it, export it from the microscope again."
        )
    return array, notes


def _without_holes(array: NDArray[Any], name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    holes = ~np.isfinite(array)
    n = int(holes.sum())
    if n == 0:
        return array, ()
    if n > MOST_HOLES * array.size:
        raise InputError(
            f"{name} has no finite value in {100 * n / array.size:.0f} % of its pixels: "
            "export it from the microscope again."
        )
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(holes, return_distances=False, return_indices=True)
    return array[tuple(nearest)], (
        f"{n:,} pixels without a finite value filled from their neighbours",
    )
