"""napari's writer: a Labels layer as a TIFF that keeps its scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.docks.units import BORROWED

__all__ = ["write_masks"]

CM_IN_NM = 1e7


def write_masks(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write masks as a compressed TIFF with the pixel size in its resolution tags; return the path."""
    import tifffile

    from napari_ssrvae.files import atomic_file

    labels = np.asarray(data[0] if attributes.get("multiscale") else data)
    scale = attributes.get("scale")
    unit = str((attributes.get("units") or ("pixel",))[-1])
    options: dict[str, Any] = {"compression": "zlib", "photometric": "minisblack"}
    in_pixels = BORROWED in (attributes.get("metadata") or {})
    if scale is not None and unit in ("nanometer", "nm") and not in_pixels:
        per_cm = CM_IN_NM / float(scale[-1])
        options |= {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER"}
    with atomic_file(Path(path)) as draft:
        tifffile.imwrite(draft, labels, **options)
    return [path]
