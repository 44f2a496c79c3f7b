"""TIFF files: the patches as a calibrated ImageJ stack, and a mask of numbers per micrograph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_ssrvae.library.export.content import Content

__all__ = ["write"]

_LARGEST_IMAGEJ = 3_500_000_000  # bytes; the format ends at 4 GiB


def write(content: Content, folder: Path) -> None:
    """Write `patches.tif`, `labels/<micrograph>_instances.tif` and `labels/..._classes.tif`."""
    _write_patches(content, folder / "patches.tif")
    (folder / "labels").mkdir()
    for micrograph_id, mask, rows in content.masks():
        name = content.micrograph_names[micrograph_id]
        nm = content.pixel_size_nm(micrograph_id)
        _write_mask(folder / "labels" / f"{name}_instances.tif", mask, nm)
        class_of = np.zeros(int(mask.max()) + 1, dtype=np.uint16)
        class_of[rows["label_id"].to_numpy()] = rows["class_id"].to_numpy()
        _write_mask(folder / "labels" / f"{name}_classes.tif", class_of[mask], nm)


def _write_patches(content: Content, path: Path) -> None:
    images = content.patches
    if images.nbytes > _LARGEST_IMAGEJ:
        images = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    nm = content.patch_pixel_size_nm
    metadata: dict[str, Any] = {
        "axes": "ZYX",
        "Labels": [f"particle {i}" for i in content.table.index],
    }
    if nm is not None:
        metadata["unit"] = "nm"
    tifffile.imwrite(
        path,
        images,
        imagej=True,
        resolution=(1, 1) if nm is None else (1 / nm, 1 / nm),
        metadata=metadata,
    )


def _write_mask(path: Path, mask: np.ndarray[Any, Any], nm: float) -> None:
    # Not ImageJ's own flavour: that has no 32-bit whole numbers. Fiji reads it all the same.
    known = np.isfinite(nm)
    tifffile.imwrite(
        path,
        mask,
        compression="zlib",
        photometric="minisblack",
        resolution=(1e7 / nm, 1e7 / nm) if known else None,
        resolutionunit="CENTIMETER" if known else None,
    )
