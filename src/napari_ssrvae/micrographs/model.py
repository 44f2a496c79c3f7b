"""What the rest of the house knows of a micrograph."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.blocks import blocks, is_lazy
from napari_ssrvae.micrographs.pixel_size import PixelSize
from napari_ssrvae.micrographs.pixels import grey_plane, usable_pixels

__all__ = ["Micrograph"]


@dataclass(frozen=True, eq=False)
class Micrograph:
    """One grey image and what is known about it.

    Attributes
    ----------
    image : ndarray or lazy array, shape (H, W)
        Grey values in the file's own dtype; the data bar is still in place. A large one may be
        memory-mapped, dask or zarr: take parts of it, or go through it with `micrographs.blocks`.
    name : str
        What to call it: the file's name without its ending.
    pixel_size_nm : float or None
        Edge of a pixel in nanometres; None when nothing trustworthy says so, or two places contradict.
    pixel_size_source : str
        Where the pixel size comes from, as a phrase for people; "" when it is unknown.
    data_bar : (int, int) or None
        First row of the instrument's banner and the row after its last.
    metadata : dict
        What the file says about itself, as plain JSON-able values.
    path : Path or None
        The file; None for what was made in memory.
    sha256 : str
        Of the file's bytes (and the number of the plane, unless it is the first); of the pixels,
        shape and dtype for what was made in memory.
    notes : tuple of str
        What was done to read it that the eye cannot see, e.g. "colour converted to grey".
    pixel_size_choices : tuple of PixelSize
        What trustworthy places say that contradict each other by more than 2 %; the user is asked.
    """

    image: Any = field(repr=False)
    name: str
    pixel_size_nm: float | None = None
    pixel_size_source: str = ""
    data_bar: tuple[int, int] | None = None
    metadata: dict[str, Any] = field(default_factory=dict, repr=False)
    path: Path | None = None
    sha256: str = ""
    notes: tuple[str, ...] = ()
    pixel_size_choices: tuple[PixelSize, ...] = ()

    @classmethod
    def from_array(
        cls,
        image: Any,
        *,
        name: str,
        pixel_size_nm: float | None = None,
        pixel_size_source: str = "",
        data_bar: tuple[int, int] | None = None,
        path: str | Path | None = None,
        metadata: Mapping[str, Any] | None = None,
        notes: Iterable[str] = (),
    ) -> Micrograph:
        """Make a micrograph of pixels that something else has read.

        Parameters
        ----------
        image : array_like or lazy array, shape (H, W), (H, W, 3) or (H, W, 4)
            Colour is converted to grey, which the notes then say. A memory-mapped, dask or zarr array is
            kept as it is and looked through in blocks of rows.
        name : str
        pixel_size_nm : float, optional
        pixel_size_source : str
        data_bar : (int, int), optional
            Rows of a banner; it is not searched for.
        path : path, optional
            Where the pixels came from, for the record.
        metadata : mapping, optional
        notes : iterable of str

        Raises
        ------
        InputError
            The array is not an image that particles can be found in.
        """
        array, said = grey_plane(image if is_lazy(image) else np.asanyarray(image), name)
        array, more = usable_pixels(array, name)
        if pixel_size_nm is not None and not (np.isfinite(pixel_size_nm) and pixel_size_nm > 0):
            raise InputError(
                f"The pixel size of {name} is {pixel_size_nm} nm: give a positive number of nanometres."
            )
        if data_bar is not None and not 0 <= data_bar[0] < data_bar[1] <= array.shape[0]:
            raise InputError(
                f"The data bar of {name} is said to be rows {data_bar[0]} to {data_bar[1]}, "
                f"but the image has {array.shape[0]} rows: give rows inside the image."
            )
        shape = tuple(int(n) for n in array.shape)
        digest = hashlib.sha256(f"{np.dtype(array.dtype).str}{shape}".encode())
        for _, block in blocks(array):
            digest.update(np.ascontiguousarray(block).data)
        return cls(
            image=array,
            name=name,
            pixel_size_nm=None if pixel_size_nm is None else float(pixel_size_nm),
            pixel_size_source=pixel_size_source,
            data_bar=None if data_bar is None else (int(data_bar[0]), int(data_bar[1])),
            metadata=dict(metadata or {}),
            path=None if path is None else Path(path),
            sha256=digest.hexdigest(),
            notes=(*notes, *said, *more),
        )
