"""One plane of a TIFF: which it is, whether its bytes are all there, read or mapped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.limits import MOST_OF_DEFLATE, MOST_OF_OTHERS, check_claim
from napari_ssrvae.micrographs.planes import choose_plane
from napari_ssrvae.micrographs.tiff_colour import is_as_stored

__all__ = ["choose_series", "read_plane"]

# Above this an uncompressed plane stays on the disk.
MAP_FROM_BYTES = 64 << 20
LARGEST_CHUNK_BYTES = 256 << 20
MOST_PLANES = 100_000_000
_NATIVE = "<" if sys.byteorder == "little" else ">"
_DEFLATE = frozenset({8, 32946, 50013})


def choose_series(
    tiff: Any, plane: int | None, name: str
) -> tuple[list[Any], int, tuple[str, ...]]:
    """Return the series whose planes are counted through, which plane of them, and what to tell.

    A thumbnail or label beside the micrograph is a series of its own: the largest is the micrograph, and of
    two that are as large the one in grey.
    """
    series = max(
        tiff.series, key=lambda one: (_length(one, "Y") * _length(one, "X"), "S" not in one.axes)
    )
    notes: tuple[str, ...] = ()
    if len(tiff.series) > 1 and any(one.shape != series.shape for one in tiff.series):
        notes = (f"the largest of {len(tiff.series)} images in the file taken",)
        n_planes, stack = _n_planes(series), [series]
    else:
        n_planes, stack = sum(map(_n_planes, tiff.series)), list(tiff.series)
    if "Y" not in series.axes or "X" not in series.axes or not 0 < n_planes <= MOST_PLANES:
        raise InputError(f"{name} holds no image of rows and columns: choose another file.")
    channels = int(np.prod([n for axis, n in _leading(series) if axis == "C"], dtype=np.int64))
    index, said = choose_plane(n_planes, plane, name, n_channels=channels)
    return stack, index, (*notes, *said)


def _length(series: Any, axis: str) -> int:
    return int(series.shape[series.axes.index(axis)]) if axis in series.axes else 0


def _leading(series: Any) -> list[tuple[str, int]]:
    return [(a, int(n)) for a, n in zip(series.axes, series.shape, strict=True) if a not in "YXS"]


def _n_planes(series: Any) -> int:
    return int(np.prod([n for _, n in _leading(series)], dtype=np.int64))


def read_plane(stack: list[Any], index: int, path: Path) -> tuple[NDArray[Any], Any]:
    """Return plane `index` of a stack of series, and the page that describes it."""
    for series in stack:
        n = _n_planes(series)
        if index < n:
            break
        index -= n
    page = series.keyframe
    if len(series.pages) == n:
        one = series.pages[index]
        if one is not None:
            _check(one, page, path)
            mapped = _mapped(one, page, path)
            image = one.asarray() if mapped is None else mapped
            return _rows_columns(image, page.axes), page
    mapped = _mapped_of_series(series, n, index, page, path)
    if mapped is not None:
        return _rows_columns(mapped, "".join(a for a in series.axes if a in "YXS")), page
    _check_series(series, page, path)
    image, axes = series.asarray(), series.axes
    leading = [i for i, axis in enumerate(axes) if axis not in "YXS"]
    image = np.moveaxis(image, leading, range(len(leading)))
    image = image.reshape(n, *image.shape[len(leading) :])[index]
    return _rows_columns(image, "".join(a for a in axes if a in "YXS")), page


def _rows_columns(image: NDArray[Any], axes: str) -> NDArray[Any]:
    """Drop axes of one plane and put colours last."""
    axes = "".join(axis for axis in axes if axis in "YXS")
    if image.ndim != len(axes):
        image = image.reshape([n for n in image.shape if n > 1])
    return np.moveaxis(image, 0, -1) if axes.startswith("S") and image.ndim == 3 else image


def _cut_off(path: Path) -> InputError:
    return InputError(
        f"{path.name} is cut off or damaged, its pixels lie beyond the end of the file: "
        "copy it from the microscope again."
    )


def _held(page: Any, path: Path) -> int:
    """Return how many bytes of the file hold a page; some decoders fill what is missing with zeros."""
    size = path.stat().st_size
    counts = [int(n) for n in page.databytecounts]
    offsets = [int(n) for n in page.dataoffsets]
    if any(a + n > size for a, n in zip(offsets, counts, strict=False)):
        raise _cut_off(path)
    return min(sum(counts), size)


def _check(page: Any, key: Any, path: Path) -> None:
    """Refuse a page that lies about its size before anything is decoded."""
    if key.dtype is None:
        raise InputError(
            f"{path.name} holds values of {key.bitspersample} bits, which no reader knows: export it as 8 or 16 bit."
        )
    rows, columns = int(key.imagelength), int(key.imagewidth)
    n_bytes = int(key.size) * key.dtype.itemsize
    chunk = int(np.prod(key.chunks, dtype=np.float64)) * key.dtype.itemsize
    if chunk > max(LARGEST_CHUNK_BYTES, 4 * n_bytes):
        raise InputError(
            f"{path.name} claims tiles larger than the image: it is damaged, copy it from the microscope again."
        )
    if key.compression == 1:
        # Bits may be packed, so that the file holds less than the array.
        packed = -(-int(key.size) * min(int(key.bitspersample), 64) // 8)
        most = max(1, -(-n_bytes // max(1, packed)))
    else:
        most = MOST_OF_DEFLATE if key.compression in _DEFLATE else MOST_OF_OTHERS
    mapped = _can_be_mapped(key) and n_bytes > MAP_FROM_BYTES
    check_claim(path, (rows, columns), n_bytes, _held(page, path), most=most, mapped=mapped)


def _check_series(series: Any, key: Any, path: Path) -> None:
    pages = [page for page in series.pages if page is not None]
    for page in pages:
        _held(page, path)
    shape = (_length(series, "Y"), _length(series, "X"))
    most = MOST_OF_DEFLATE if key.compression in (1, *_DEFLATE) else MOST_OF_OTHERS
    check_claim(path, shape, int(series.nbytes), path.stat().st_size, most=most)


def _can_be_mapped(key: Any) -> bool:
    return bool(
        key.is_contiguous
        and key.compression == 1
        and (key.dtype.itemsize == 1 or key.parent.byteorder == _NATIVE)
        and is_as_stored(key)
    )


def _mapped(page: Any, key: Any, path: Path) -> NDArray[Any] | None:
    if int(key.size) * key.dtype.itemsize <= MAP_FROM_BYTES or not _can_be_mapped(key):
        return None
    return np.memmap(
        path, key.dtype, mode="r", offset=int(page.dataoffsets[0]), shape=tuple(key.shape)
    )


def _mapped_of_series(series: Any, n: int, index: int, key: Any, path: Path) -> NDArray[Any] | None:
    """Map one plane of a series that lies in one piece behind a single page, as ImageJ writes it."""
    offset = series.dataoffset
    if offset is None or key.dtype is None or not _can_be_mapped(key):
        return None
    axes = series.axes
    if any(axis not in "YXS" for axis in axes[len(_leading(series)) :]):
        return None  # colours or channels inside a plane
    shape = tuple(int(m) for a, m in zip(axes, series.shape, strict=True) if a in "YXS")
    n_bytes = int(np.prod(shape, dtype=np.int64)) * key.dtype.itemsize
    start = int(offset) + index * n_bytes
    if int(offset) + n * n_bytes > path.stat().st_size:
        raise _cut_off(path)
    mapped = np.memmap(path, key.dtype, mode="r", offset=start, shape=shape)
    return mapped if n_bytes > MAP_FROM_BYTES else np.array(mapped)
