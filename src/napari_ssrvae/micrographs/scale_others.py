"""Olympus SIS, Tescan, and TIFF written by DigitalMicrograph."""

from __future__ import annotations

import re
from typing import Any

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales, agree
from napari_ssrvae.micrographs.units import to_nm

__all__ = ["dm_scales", "olympus_scales", "tescan_scales", "tescan_text_scales"]

OLYMPUS_SIS = 33560
# DigitalMicrograph: unit and length of a pixel, for each axis.
_DM = ((65003, 65009), (65004, 65010))


def olympus_scales(tags: dict[int, Any]) -> Scales:
    """Return what Olympus Soft Imaging wrote into tag 33560, in metres, across and down."""
    sis = tags.get(OLYMPUS_SIS)
    if not isinstance(sis, dict):
        return Scales()
    return _both(
        to_nm(sis.get("pixelsizex"), "m"),
        to_nm(sis.get("pixelsizey"), "m"),
        "Olympus SIS metadata",
    )


def tescan_scales(tag: Any) -> Scales:
    """Return PixelSizeX and PixelSizeY, in metres, from the text in tag 50431."""
    if isinstance(tag, bytes):
        tag = tag.decode("latin-1")
    if not isinstance(tag, str):
        return Scales()
    return tescan_text_scales(tag, "Tescan metadata")


def tescan_text_scales(text: str, source: str) -> Scales:
    """Return PixelSizeX and PixelSizeY, in metres, from Tescan's text."""
    values = dict(re.findall(r"(PixelSize[XY])\s*=\s*([\d.eE+-]+)", text))
    return _both(to_nm(values.get("PixelSizeX"), "m"), to_nm(values.get("PixelSizeY"), "m"), source)


def dm_scales(tags: dict[int, Any]) -> Scales:
    """Return the lengths that DigitalMicrograph writes into its own tags."""
    across, down = (to_nm(tags.get(size), str(tags.get(unit) or "")) for unit, size in _DM)
    return _both(across, down, "DigitalMicrograph metadata")


def _both(across: float | None, down: float | None, source: str) -> Scales:
    if across is None or down is None:
        only = across if down is None else down
        return Scales() if only is None else Scales((PixelSize(only, source),))
    if agree(across, down):
        return Scales((PixelSize(across, source),))
    return Scales(
        (PixelSize(across, f"{source}, across"), PixelSize(down, f"{source}, down")),
    )
