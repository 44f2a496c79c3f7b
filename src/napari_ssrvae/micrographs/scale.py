"""Where a TIFF says how large its pixels are, the most trustworthy place first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from napari_ssrvae.micrographs.units import plausible_nm, to_nm

__all__ = ["Scale", "tiff_scale"]

# The resolution tags are meant for printing: 72, 96, 300 or 2400 dots per inch say nothing about the
# specimen. Only a pixel finer than any printer's dot was written by a microscope.
FINEST_PRINT_NM = 1e4
SQUARE_WITHIN = 0.02


@dataclass(frozen=True)
class Scale:
    """A pixel size, and how far to trust it."""

    nm: float
    source: str
    notes: tuple[str, ...] = ()


def tiff_scale(
    page: Any, *, imagej: dict[str, Any] | None = None, ome: str | None = None
) -> Scale | None:
    """Return the pixel size of a page, or None when nothing trustworthy says it.

    Parameters
    ----------
    page : tifffile.TiffPage
    imagej : dict, optional
        ImageJ's own metadata.
    ome : str, optional
        OME-XML.
    """
    tags = {tag.code: tag.value for tag in page.tags.values()}
    places: tuple[Callable[[], Scale | None], ...] = (
        lambda: _zeiss(tags.get(34118)),
        lambda: _fei(tags.get(34682), page.shape),
        lambda: _fei(tags.get(34680), page.shape),
        lambda: _imagej(tags, imagej),
        lambda: _ome(ome),
        lambda: _resolution(tags),
    )
    for place in places:
        try:
            scale = place()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            continue  # metadata come from outside: whatever is in them, it is no reason to fail
        if scale is not None:
            return scale
    return None


def _zeiss(tag: Any) -> Scale | None:
    # AP_PIXEL_SIZE belongs to the live scan; the stored image may have another resolution.
    if not isinstance(tag, dict):
        return None
    _, value, unit = tag["ap_image_pixel_size"]
    nm = to_nm(value, unit)
    return None if nm is None else Scale(nm, "Zeiss metadata (AP_IMAGE_PIXEL_SIZE)")


def _fei(tag: Any, shape: tuple[int, ...]) -> Scale | None:
    if not isinstance(tag, dict):
        return None
    for section in ("Scan", "EScan", "IScan"):
        scan = tag.get(section)
        if isinstance(scan, dict) and "PixelWidth" in scan:
            width = to_nm(scan["PixelWidth"], "m")
            if width is not None:
                height = to_nm(scan.get("PixelHeight", scan["PixelWidth"]), "m")
                source = f"FEI/Thermo metadata ({section} PixelWidth)"
                return Scale(width, source, _not_square(width, height))
    return _fei_xl(tag, shape)


def _fei_xl(tag: dict[str, Any], shape: tuple[int, ...]) -> Scale | None:
    """FEI XL instruments: the height of the screen in mm, its aspect, and the magnification on it."""
    device = tag["ImageDevice"]
    magnification = float(tag["Vector"]["Magnification"])
    height_nm = float(device["SizeY"]) * 1e6 / magnification
    width = plausible_nm(height_nm * float(device["RatioXY"]) / shape[1])
    height = plausible_nm(height_nm / shape[0])
    if width is None:
        return None
    return Scale(width, "FEI XL metadata (magnification on the screen)", _not_square(width, height))


def _not_square(width: float, height: float | None) -> tuple[str, ...]:
    if height is None or abs(width - height) <= SQUARE_WITHIN * width:
        return ()
    return (
        f"pixels are not square ({width:.4g} nm wide, {height:.4g} nm high): the width is taken",
    )


def _per_unit(tags: dict[int, Any]) -> float:
    numerator, denominator = tags[282]
    return float(numerator) / float(denominator)


def _imagej(tags: dict[int, Any], imagej: dict[str, Any] | None) -> Scale | None:
    if not imagej:
        return None
    nm = to_nm(1 / _per_unit(tags), str(imagej["unit"]))
    return None if nm is None else Scale(nm, f"ImageJ calibration ({imagej['unit']})")


def _ome(text: str | None) -> Scale | None:
    if not text or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None
    for element in root.iter():
        if element.tag.endswith("Pixels") and "PhysicalSizeX" in element.attrib:
            nm = to_nm(
                element.attrib["PhysicalSizeX"], element.attrib.get("PhysicalSizeXUnit", "µm")
            )
            if nm is not None:
                return Scale(nm, "OME metadata (PhysicalSizeX)")
    return None


def _resolution(tags: dict[int, Any]) -> Scale | None:
    unit = {2: "inch", 3: "cm"}.get(int(tags[296]))
    nm = to_nm(1 / _per_unit(tags), unit) if unit else None
    if nm is None or nm >= FINEST_PRINT_NM:
        return None
    return Scale(nm, "plain TIFF resolution tags (check it: programs also write print sizes there)")
