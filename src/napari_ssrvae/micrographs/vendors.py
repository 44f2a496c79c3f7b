"""Formats of makers of electron microscopes, through RosettaSciIO where it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales
from napari_ssrvae.micrographs.plain import plain
from napari_ssrvae.micrographs.planes import choose_plane
from napari_ssrvae.micrographs.raw import RawPlane
from napari_ssrvae.micrographs.units import to_nm

__all__ = ["read_vendor"]

_READERS = {
    ".dm3": "digitalmicrograph",
    ".dm4": "digitalmicrograph",
    ".emd": "emd",
    ".ser": "tia",
    ".hspy": "hspy",
}


def read_vendor(path: Path, plane: int | None) -> RawPlane:
    """Read the first image of a vendor's file.

    RosettaSciIO is under the GPL: an extra, imported only here and only when such a file is opened.

    Raises
    ------
    InputError
        RosettaSciIO is not installed, or the file cannot be read, or holds no image.
    """
    from importlib import import_module

    try:
        reader: Any = import_module(f"rsciio.{_READERS[path.suffix.lower()]}")
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs RosettaSciIO: install it with pip install 'napari-ssrvae[vendors]'."
        ) from None
    try:
        images = [one for one in reader.file_reader(str(path)) if np.ndim(one["data"]) >= 2]
    except Exception as error:  # noqa: BLE001 - readers raise whatever they like on damaged files
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"{path.name} cannot be read ({reason}): export it from the microscope again."
        ) from None
    if not images:
        raise InputError(f"{path.name} holds no image: choose another file.")
    first = max(images, key=lambda one: int(np.prod(np.shape(one["data"])[-2:])))
    data = np.asarray(first["data"])
    n_planes = int(np.prod(data.shape[:-2], dtype=np.int64))
    index, notes = choose_plane(n_planes, plane, path.name)
    if len(images) > 1:
        notes = (*notes, f"the largest of {len(images)} images in the file taken")
    source = f"calibration in the {path.suffix.lstrip('.')} file"
    axes: list[dict[str, Any]] = list(first.get("axes") or [])[-2:][::-1]
    found = [to_nm(axis.get("scale"), str(axis.get("units") or "")) for axis in axes]
    # Across first; down is another value only where it contradicts.
    ways = (source, f"{source}, down")
    sizes = tuple(
        PixelSize(nm, way) for nm, way in zip(found, ways, strict=False) if nm is not None
    )
    return RawPlane(
        image=data.reshape(n_planes, *data.shape[-2:])[index],
        scales=Scales(sizes),
        metadata=plain(first.get("metadata") or {}),
        notes=notes,
    )
