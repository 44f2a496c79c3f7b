"""ImageJ, OME and the plain resolution tags."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales, agree
from napari_ssrvae.micrographs.units import to_nm

__all__ = ["imagej_scales", "ome_scales", "resolution_scale"]

# The resolution tags are meant for printing: 72, 96, 300 or 2400 dots per inch say nothing about the
# specimen. Only a pixel finer than any printer's dot was written by a microscope.
FINEST_PRINT_NM = 1e4
_OF_PRINTS = frozenset({"inch", "in", "cm", "mm"})
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296


def imagej_scales(tags: dict[int, Any], imagej: dict[str, Any] | None) -> Scales:
    """Return what ImageJ was calibrated to: pixels per unit, across and down."""
    if not imagej:
        return Scales()
    unit = str(imagej["unit"]).strip()
    found = []
    for code, way in ((X_RESOLUTION, "across"), (Y_RESOLUTION, "down")):
        nm = to_nm(_per_pixel(tags.get(code)), unit)
        if nm is not None and not (unit.lower() in _OF_PRINTS and nm >= FINEST_PRINT_NM):
            found.append(PixelSize(nm, f"ImageJ calibration ({unit}, {way})"))
    if found and all(agree(found[0].nm, one.nm) for one in found):
        return Scales((PixelSize(found[0].nm, f"ImageJ calibration ({unit})"),))
    return Scales(tuple(found))


def ome_scales(text: str | None) -> Scales:
    """Return PhysicalSizeX of the first image, and PhysicalSizeY where it differs."""
    if not text or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return Scales()
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return Scales()
    for element in root.iter():
        if not element.tag.endswith("Pixels"):
            continue
        found: list[PixelSize] = []
        for axis in "XY":
            nm = to_nm(
                element.attrib.get(f"PhysicalSize{axis}"),
                element.attrib.get(f"PhysicalSize{axis}Unit", "µm"),
            )
            if nm is not None and not (found and agree(found[0].nm, nm)):
                found.append(PixelSize(nm, f"OME metadata (PhysicalSize{axis})"))
        if found:
            return Scales(tuple(found))
    return Scales()


def resolution_scale(tags: dict[int, Any]) -> PixelSize | None:
    """Return what the plain resolution tags say, None where it can be the size of a print."""
    unit = {2: "inch", 3: "cm"}.get(int(tags[RESOLUTION_UNIT]))
    if unit is None:
        return None
    across, down = (to_nm(_per_pixel(tags.get(c)), unit) for c in (X_RESOLUTION, Y_RESOLUTION))
    if across is None or across >= FINEST_PRINT_NM:
        return None
    if down is not None and not agree(across, down):
        return None
    return PixelSize(
        across, "plain TIFF resolution tags (check it: programs also write print sizes there)"
    )


def _per_pixel(resolution: Any) -> float | None:
    """Return units per pixel from pixels per unit, a fraction."""
    try:
        numerator, denominator = resolution
        return float(denominator) / float(numerator)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
