"""Grey values read piece by piece, whatever holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.blocks import block_means
from napari_ssrvae.particles.sources import opened, workers

__all__ = ["GreySource", "Region"]

Region: TypeAlias = tuple[slice, slice]

# Rows are streamed in pieces of about so many pixels.
PIECE_PX = 1 << 20


@dataclass(frozen=True, eq=False)
class GreySource:
    """A micrograph, or some rows of it, that is read as float32 where it is looked at.

    What it stands on may be a numpy array, a memory map, a dask or a zarr array: anything with a shape and a
    dtype that gives pixels when it is sliced.

    Attributes
    ----------
    shape : (int, int)
    """

    shape: tuple[int, int]
    _pixels: Any
    _first_row: int
    _low: float
    _half_span: float | None

    @classmethod
    def of(cls, image: Any) -> GreySource:
        """Look an image over.

        Raises
        ------
        InputError
            Not two dimensions, empty, not numbers, or not finite.
        """
        pixels = opened(image)
        shape = tuple(int(n) for n in pixels.shape)
        if len(shape) != 2 or 0 in shape:
            raise InputError(
                f"An image of the shape {shape} cannot be segmented: give one plane of grey values, rows by columns."
            )
        dtype = np.dtype(pixels.dtype)
        if dtype.kind not in "buif":
            raise InputError(f"The image holds {dtype} values: give grey values.")
        source = cls((shape[0], shape[1]), pixels, 0, 0.0, None)
        if dtype.itemsize <= 2 and dtype.kind != "f":
            return source
        # Values like 1e30 or 1e9 + 1 would drown in float32; nothing here depends on their scale.
        low, high = source._extent()
        half = high / 2 - low / 2  # the whole may be more than float64 holds
        return cls(source.shape, pixels, 0, low, half if half > 0 else 1.0)

    def _extent(self) -> tuple[float, float]:
        low, high = np.inf, -np.inf
        for rows in self.row_pieces():
            piece = np.asarray(self._pixels[rows])
            if piece.dtype.kind == "f" and not np.isfinite(piece).all():
                raise InputError(
                    "The image holds values that are not finite: fill them first, as read_micrograph does."
                )
            low, high = min(low, float(piece.min())), max(high, float(piece.max()))
        return low, high

    @property
    def threads(self) -> int:
        """How many threads may well read at once: nobody promises that a lazy image may be read from several."""
        return workers() if isinstance(self._pixels, np.ndarray) else 1

    def row_pieces(self) -> Iterator[slice]:
        """Yield slices of rows, about a million pixels each."""
        step = max(1, PIECE_PX // self.shape[1])
        for start in range(0, self.shape[0], step):
            yield slice(start, min(start + step, self.shape[0]))

    def rows(self, start: int, stop: int) -> GreySource:
        """Return these rows as a source of their own."""
        shape = (stop - start, self.shape[1])
        return GreySource(shape, self._pixels, self._first_row + start, self._low, self._half_span)

    def read(self, region: Region) -> NDArray[np.float32]:
        """Return a rectangle as float32; the slices lie within the image."""
        rows, columns = region
        at = slice(rows.start + self._first_row, rows.stop + self._first_row)
        piece = np.asarray(self._pixels[at, columns])
        if self._half_span is None:
            return piece.astype(np.float32)
        values = piece.astype(np.float64) / 2 - self._low / 2
        return (values / self._half_span).astype(np.float32)

    def coarser(self, step: int) -> GreySource:
        """Return the picture of the means over blocks of `step` pixels; what is left over at the ends is not seen."""
        shape = (self.shape[0] // step, self.shape[1] // step)
        return _Blocks(shape, self._pixels, self._first_row, self._low, self._half_span, self, step)

    def whole(self) -> NDArray[np.float32]:
        """Return everything."""
        return self.read((slice(0, self.shape[0]), slice(0, self.shape[1])))


@dataclass(frozen=True, eq=False)
class _Blocks(GreySource):
    _of: GreySource
    _step: int

    def read(self, region: Region) -> NDArray[np.float32]:
        rows, columns = (slice(r.start * self._step, r.stop * self._step) for r in region)
        return block_means(self._of.read((rows, columns)), self._step)
