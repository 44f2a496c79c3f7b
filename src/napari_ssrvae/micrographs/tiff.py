"""TIFF, the format of nearly every SEM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.plain import plain
from napari_ssrvae.micrographs.planes import choose_plane
from napari_ssrvae.micrographs.raw import RawPlane
from napari_ssrvae.micrographs.scale import tiff_scale

__all__ = ["read_tiff"]

# Tags that say where the bytes lie, or repeat pixels and colours: of no use to a reader of metadata.
_NOT_METADATA = frozenset({273, 279, 288, 289, 290, 291, 320, 324, 325, 330, 34675, 37724, 50839})
_MIN_IS_WHITE = 0
_PALETTE = 3


def read_tiff(path: Path, plane: int | None) -> RawPlane:
    """Read one plane of a TIFF file with its metadata.

    Raises
    ------
    InputError
        The file is damaged or cut off, or a channel must be chosen.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as tiff:
            return _read(tiff, path, plane)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like on damaged files
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return InputError(
        f"The pixels of {path.name} cannot be read, the file is damaged or of an unknown kind ({reason}): "
        "export it from the microscope again."
    )


def _read(tiff: Any, path: Path, plane: int | None) -> RawPlane:
    # A thumbnail or label beside the micrograph is a series of its own: the largest is the micrograph.
    series = max(tiff.series, key=lambda one: _rows(one) * _columns(one))
    page = series.keyframe
    notes: list[str] = []
    if len(tiff.series) > 1 and any(one.shape != series.shape for one in tiff.series):
        notes.append(f"the largest of {len(tiff.series)} images in the file taken")
        n_planes, stack = _n_planes(series), [series]
    else:
        n_planes, stack = sum(map(_n_planes, tiff.series)), list(tiff.series)
    if "Y" not in series.axes or "X" not in series.axes:
        raise InputError(f"{path.name} holds no image of rows and columns: choose another file.")
    index, said = choose_plane(n_planes, plane, path.name, n_channels=_n_channels(series))
    image = _plane(stack, index, path)
    image, more = _as_shown(image, page)
    metadata = _metadata(tiff, page)
    scale = tiff_scale(page, imagej=tiff.imagej_metadata, ome=tiff.ome_metadata)
    return RawPlane(
        image=image,
        pixel_size_nm=scale.nm if scale else None,
        pixel_size_source=scale.source if scale else "",
        metadata=metadata,
        notes=(*notes, *said, *more, *(scale.notes if scale else ())),
    )


def _rows(series: Any) -> int:
    return int(series.shape[series.axes.index("Y")]) if "Y" in series.axes else 0


def _columns(series: Any) -> int:
    return int(series.shape[series.axes.index("X")]) if "X" in series.axes else 0


def _leading(series: Any) -> list[tuple[str, int]]:
    return [(a, int(n)) for a, n in zip(series.axes, series.shape, strict=True) if a not in "YXS"]


def _n_planes(series: Any) -> int:
    return int(np.prod([n for _, n in _leading(series)], dtype=np.int64))


def _n_channels(series: Any) -> int:
    return int(np.prod([n for axis, n in _leading(series) if axis == "C"], dtype=np.int64))


def _plane(stack: list[Any], index: int, path: Path) -> NDArray[Any]:
    for series in stack:
        n = _n_planes(series)
        if index < n:
            break
        index -= n
    pages = [page for page in series.pages if page is not None]
    _check_complete(pages, path)
    if len(pages) == n:
        image = pages[index].asarray()
        axes = series.pages[0].axes
    else:
        image, axes = series.asarray(), series.axes
        leading = [i for i, axis in enumerate(axes) if axis not in "YXS"]
        image = np.moveaxis(image, leading, range(len(leading)))
        axes = "".join(axes[i] for i in leading) + "".join(a for a in axes if a in "YXS")
        image = image.reshape(n, *image.shape[len(leading) :])[index]
        axes = axes[len(leading) :]
    axes = "".join(axis for axis in axes if axis in "YXS")
    image = image.reshape(
        [n for n in image.shape if n > 1] if image.ndim != len(axes) else image.shape
    )
    if axes.startswith("S"):
        image = np.moveaxis(image, 0, -1)
    return np.asarray(image)


def _check_complete(pages: list[Any], path: Path) -> None:
    # Some decoders fill what is missing with zeros without a word.
    size = path.stat().st_size
    for page in pages:
        offsets = getattr(page, "dataoffsets", ())
        counts = getattr(page, "databytecounts", ())
        if any(a + n > size for a, n in zip(offsets, counts, strict=False)):
            raise InputError(
                f"{path.name} is cut off or damaged, its pixels lie beyond the end of the file: "
                "copy it from the microscope again."
            )


def _as_shown(image: NDArray[Any], page: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Grey values as a viewer shows them: palette applied, white-is-zero turned round."""
    if page.photometric == _PALETTE and page.colormap is not None and image.dtype.kind == "u":
        colours = np.asarray(page.colormap).T  # (256 or 65536, 3) in 16 bits
        levels = np.arange(len(colours))
        if (colours == colours[:, :1]).all():
            shown = colours[:, 0] // 257 if len(colours) == 256 else colours[:, 0]
            if (shown == levels).all() or image.dtype.itemsize > 1:
                return image, ()  # a grey ramp, as Zeiss writes it
            return shown.astype(image.dtype)[image], ("grey palette applied",)
        return (colours[image] // 257).astype(np.uint8), ("colour palette applied",)
    if page.photometric == _MIN_IS_WHITE and image.dtype.kind == "u":
        top = image.dtype.type((1 << min(int(page.bitspersample), 8 * image.dtype.itemsize)) - 1)
        return top - image, ("zero is white in this file: grey values turned round",)
    return image, ()


def _metadata(tiff: Any, page: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        tag.name: plain(tag.value) for tag in page.tags.values() if tag.code not in _NOT_METADATA
    }
    if tiff.imagej_metadata:
        found["ImageJ"] = plain(tiff.imagej_metadata)
    return found
