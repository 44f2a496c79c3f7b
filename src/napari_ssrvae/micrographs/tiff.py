"""TIFF, the format of nearly every SEM."""

from __future__ import annotations

import logging
import math
import re
import warnings
from pathlib import Path
from typing import Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.raw import RawPlane
from napari_ssrvae.micrographs.scale import last_resort, tiff_scales
from napari_ssrvae.micrographs.tiff_colour import as_shown
from napari_ssrvae.micrographs.tiff_plane import choose_series, read_plane
from napari_ssrvae.micrographs.tiff_tags import metadata_of, tag_values

__all__ = ["read_tiff"]

MOST_PLANES = 1_000_000
# tifffile logs what it finds odd; without any handler Python would print that between our own lines.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def read_tiff(path: Path, plane: int | None) -> RawPlane:
    """Read one plane of a TIFF file with its metadata; a large one without compression is memory-mapped.

    Raises
    ------
    InputError
        The file is damaged or cut off, claims more pixels than it holds, or a channel must be chosen.
    """
    import tifffile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with tifffile.TiffFile(path) as tiff:
                believed = not (tiff.is_ome and _claims_too_many(str(tiff.ome_metadata)))
                if believed:
                    return _read(tiff, path, plane)
            # Planes that OME claims are counted through one by one, whether they are there or not.
            with tifffile.TiffFile(path, is_ome=False) as tiff:
                return _read(tiff, path, plane)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like on damaged files
        raise _damaged(path, error) from None


def _claims_too_many(ome: str) -> bool:
    sizes = (re.findall(rf'\bSize{axis}="(\d{{1,18}})\d*"', ome) for axis in "ZCT")
    return math.prod(max(map(int, found), default=1) for found in sizes) > MOST_PLANES


def _damaged(path: Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return InputError(
        f"The pixels of {path.name} cannot be read, the file is damaged or of an unknown kind ({reason}): "
        "export it from the microscope again."
    )


def _read(tiff: Any, path: Path, plane: int | None) -> RawPlane:
    stack, index, notes = choose_series(tiff, plane, path.name)
    image, page = read_plane(stack, index, path)
    image, said = as_shown(image, page)
    tags = tag_values(page)
    imagej, ome = _or_none(tiff, "imagej_metadata"), _or_none(tiff, "ome_metadata")
    return RawPlane(
        image=image,
        metadata=metadata_of(page, tags, imagej),
        scales=tiff_scales(
            tags, (int(image.shape[0]), int(image.shape[1])), imagej=imagej, ome=ome
        ),
        last_resort=last_resort(tags),
        notes=(*notes, *said),
    )


def _or_none(tiff: Any, name: str) -> Any:
    try:
        return getattr(tiff, name)
    except Exception:  # noqa: BLE001 - damaged metadata are no reason to lose the pixels
        return None
