"""What is known about a micrograph, for `napari-ssrvae info`."""

from __future__ import annotations

from typing import Any

from napari_ssrvae.micrographs.blocks import grey_range
from napari_ssrvae.micrographs.model import Micrograph

__all__ = ["describe"]

MOST_ENTRIES = 40


def describe(micrograph: Micrograph) -> dict[str, Any]:
    """Return plain, JSON-able values: name, size, grey values, pixel size, data bar, notes, metadata.

    The metadata are the short ones only: whole vendor sections stay in `micrograph.metadata`.
    """
    image = micrograph.image
    short = {
        key: value
        for key, value in micrograph.metadata.items()
        if isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 200)
    }
    size = micrograph.pixel_size_nm
    low, high = grey_range(image)
    return {
        "name": micrograph.name,
        "path": None if micrograph.path is None else str(micrograph.path),
        "height_px": int(image.shape[0]),
        "width_px": int(image.shape[1]),
        "dtype": str(image.dtype),
        "grey_min": low.item(),
        "grey_max": high.item(),
        "pixel_size_nm": size,
        "pixel_size_source": micrograph.pixel_size_source,
        "pixel_size_choices": [
            {"nm": one.nm, "source": one.source} for one in micrograph.pixel_size_choices
        ],
        "width_nm": None if size is None else size * int(image.shape[1]),
        "data_bar": None if micrograph.data_bar is None else list(micrograph.data_bar),
        "sha256": micrograph.sha256,
        "notes": list(micrograph.notes),
        "metadata": dict(list(short.items())[:MOST_ENTRIES]),
    }
