"""Formats of makers of electron microscopes, through RosettaSciIO where it is installed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.limits import check_claim
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
_HDF5 = frozenset({".emd", ".hspy"})


def read_vendor(path: Path, plane: int | None) -> RawPlane:
    """Read the first image of a vendor's file.

    RosettaSciIO is under the GPL: an extra, imported only here and only when such a file is opened.

    Raises
    ------
    InputError
        RosettaSciIO is not installed, or the file cannot be read, or holds no image.
    """
    from importlib import import_module

    hdf5 = path.suffix.lower() in _HDF5
    try:
        reader: Any = import_module(f"rsciio.{_READERS[path.suffix.lower()]}")
        if hdf5:
            import_module("h5py")
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs RosettaSciIO: install it with pip install 'napari-ssrvae[vendors]'."
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # What a damaged file claims is judged before it is taken into memory: HDF5 by its own word,
            # the others lazily.
            if hdf5:
                _check_hdf5(path)
            read = reader.file_reader(str(path), lazy=not hdf5)
            images = [one for one in read if np.ndim(one["data"]) >= 2]
            if not images:
                raise InputError(f"{path.name} holds no image: choose another file.")
            first = max(images, key=lambda one: int(np.prod(np.shape(one["data"])[-2:])))
            image, notes = _plane(first["data"], plane, path)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - readers raise whatever they like on damaged files
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"{path.name} cannot be read ({reason}): export it from the microscope again."
        ) from None
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
        image=image,
        scales=Scales(sizes),
        metadata=plain(first.get("metadata") or {}),
        notes=notes,
    )


def _plane(data: Any, plane: int | None, path: Path) -> tuple[NDArray[Any], tuple[str, ...]]:
    leading = tuple(int(n) for n in data.shape[:-2])
    shape = (int(data.shape[-2]), int(data.shape[-1]))
    index, notes = choose_plane(int(np.prod(leading, dtype=np.int64)), plane, path.name)
    n_bytes = shape[0] * shape[1] * np.dtype(data.dtype).itemsize
    check_claim(path, shape, n_bytes, path.stat().st_size)
    at = tuple(int(i) for i in np.unravel_index(index, leading)) if leading else ()
    return np.array(data[at]), notes


def _check_hdf5(path: Path) -> None:
    """Refuse a file with an array that it cannot hold: HDF5 fills what was never written."""
    import h5py

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim >= 2:
            check_claim(
                path, (item.shape[-2], item.shape[-1]), int(item.nbytes), item.id.get_storage_size()
            )

    with h5py.File(path, "r") as file:
        file.visititems(visit)
