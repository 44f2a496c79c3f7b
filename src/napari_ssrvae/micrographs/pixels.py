"""From whatever a file holds to one plane of grey values that can be worked with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.blocks import blocks, grey_range

__all__ = ["grey_plane", "usable_pixels"]

LEAST_EDGE_PX = 8
MOST_HOLES = 0.05
# Rows around a block in which the nearest neighbour of a hole is looked for.
MARGIN_ROWS = 256
# ITU-R BT.709 weights for light, the usual ones for turning colour into grey.
RED_GREEN_BLUE = np.array([0.2125, 0.7154, 0.0721])


def grey_plane(array: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Turn (H, W), (H, W, 1..4) into (H, W), and say what was done.

    Colour becomes a numpy array, in blocks of rows; what is grey already stays what it is.

    Parameters
    ----------
    array : array_like with shape, dtype and slicing
        Grey, grey with alpha, colour, or colour with alpha along the last axis; may be lazy.
    name : str
        For the message.

    Returns
    -------
    grey : array_like, shape (H, W)
        In the dtype of `array`.
    notes : tuple of str

    Raises
    ------
    InputError
        It is none of these.
    """
    shape = tuple(int(n) for n in array.shape)
    if len(shape) == 2:
        return array, ()
    notes: list[str] = []
    channels = shape[-1] if len(shape) == 3 else 0
    if channels in (2, 4) and min(shape[:2]) > 4:
        channels -= 1
        notes.append("transparency dropped")
    if channels not in (1, 3) or (channels == 3 and min(shape[:2]) <= 4):
        raise InputError(
            f"{name} has {len(shape)} dimensions ({' x '.join(map(str, shape))}): "
            "choose one plane of it, rows by columns."
        )
    if channels == 3:
        same = all((b[..., :3] == b[..., :1]).all() for _, b in blocks(array))
        notes.append(
            "three equal colour channels read as one" if same else "colour converted to grey"
        )
        channels = 1 if same else 3
    if channels == 1 and isinstance(array, np.ndarray):
        return array[..., 0], tuple(notes)
    grey = np.empty(shape[:2], array.dtype)
    for rows, block in blocks(array):
        grey[rows] = block[..., 0] if channels == 1 else _luminance(block[..., :3])
    return grey, tuple(notes)


def _luminance(colour: NDArray[Any]) -> NDArray[Any]:
    grey = colour.astype(np.float64) @ RED_GREEN_BLUE
    if colour.dtype.kind != "f":
        grey = np.rint(grey)
    converted: NDArray[Any] = grey.astype(colour.dtype)
    return converted


def usable_pixels(array: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Check a plane of grey values and fill the few holes it may have.

    Pixels without a finite value are filled from the nearest one that has one, as long as they are
    few (5 %); more of them is a damaged image, and inventing it would be worse than refusing it.
    Only what must be changed is taken into memory as a whole.

    Raises
    ------
    InputError
        Nothing could be seen in this image: too small, constant, mostly not finite, not numbers.
    """
    dtype = np.dtype(array.dtype)
    if dtype.kind not in "biuf":
        raise InputError(f"{name} holds {dtype} values, not grey values: save it as a grey image.")
    if min(array.shape) < LEAST_EDGE_PX:
        raise InputError(
            f"{name} is {array.shape[1]} x {array.shape[0]} pixels: "
            f"an image needs at least {LEAST_EDGE_PX} along each edge."
        )
    if dtype.kind == "b":
        array = _whole(array, np.uint8) * np.uint8(255)
    if dtype == np.float16:
        array = _whole(array, np.float32)
    notes: tuple[str, ...] = ()
    if dtype.kind == "f":
        array, notes = _without_holes(array, name)
    low, high = grey_range(array)
    if low == high:
        what = "all black" if low == 0 else f"the same everywhere (grey value {low:g})"
        raise InputError(
            f"{name} is {what}: there is nothing to see in it, export it from the microscope again."
        )
    return array, notes


def _whole(array: Any, dtype: Any) -> NDArray[Any]:
    """Take an image into memory, a copy of its own."""
    copy = np.empty(tuple(int(n) for n in array.shape), dtype)
    for rows, block in blocks(array):
        copy[rows] = block
    return copy


def _without_holes(array: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    holes = [(rows, np.count_nonzero(~np.isfinite(block))) for rows, block in blocks(array)]
    n = sum(count for _, count in holes)
    if n == 0:
        return array, ()
    size = int(array.shape[0]) * int(array.shape[1])
    if n > MOST_HOLES * size:
        raise InputError(
            f"{name} has no finite value in {100 * n / size:.0f} % of its pixels: "
            "export it from the microscope again."
        )
    filled = _whole(array, array.dtype)
    for rows, count in holes:
        if count:
            _fill(filled, rows)
    # Rows that had nothing near them to fill from.
    while not np.isfinite(filled).all():
        _fill(filled, slice(0, len(filled)))
    return filled, (f"{n:,} pixels without a finite value filled from their neighbours",)


def _fill(image: NDArray[Any], rows: slice) -> None:
    """Fill the holes of some rows from the nearest pixel within these and the rows around."""
    from scipy.ndimage import distance_transform_edt

    top = max(0, rows.start - MARGIN_ROWS)
    around = image[top : rows.stop + MARGIN_ROWS]
    holes = ~np.isfinite(around)
    if holes.all():
        return
    nearest = distance_transform_edt(holes, return_distances=False, return_indices=True)
    at = slice(rows.start - top, rows.stop - top)
    image[rows] = around[nearest[0, at], nearest[1, at]]
