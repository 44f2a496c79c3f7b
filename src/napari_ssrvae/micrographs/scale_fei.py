"""FEI and Thermo: the width of a pixel and of the field; XL: the magnification on a screen of known size."""

from __future__ import annotations

from typing import Any

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales, agree
from napari_ssrvae.micrographs.stored_size import StoredSize
from napari_ssrvae.micrographs.units import length_nm, plausible_nm, to_nm

__all__ = ["fei_scales", "fei_xl_scales", "not_square"]

# Widths that these microscopes scan, for files that do not say theirs.
_WIDTHS = (512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768)
_SCREEN = 4 / 3
# 712 x 484 pixels on a screen of 4:3 are 10 % higher than wide.
LEAST_SQUARE = 0.15


def fei_scales(tag: Any, shape: tuple[int, int]) -> Scales:
    """Return what the tag 34682 (or a newer 34680) says.

    PixelWidth, and HorFieldsize over ResolutionX, tell the same in every file seen, in the section Scan and
    again in that of the beam (EScan, IScan). The navigation camera has only the width of its field (HFW).
    """
    if not isinstance(tag, dict):
        return Scales()
    image = _section(tag, "Image")
    columns, rows = _whole(image.get("ResolutionX")), _whole(image.get("ResolutionY"))
    stored = StoredSize.of((rows, columns) if rows and columns else None, shape)
    found = Scales()
    for name in dict.fromkeys(("Scan", str(_section(tag, "Beam").get("Scan")), "EScan", "IScan")):
        scan = _section(tag, name)
        if scan and (not found.sizes or name == _section(tag, "Beam").get("Scan")):
            found += _of_scan(scan, name, columns, shape)
    if not found.sizes and columns:
        field = length_nm(_section(tag, "IRBeam").get("HFW"), "m")
        nm = plausible_nm(field / columns) if field else None
        if nm is not None:
            found = Scales((PixelSize(nm, "FEI/Thermo metadata (IRBeam HFW over ResolutionX)"),))
    if found.sizes and columns and stored.columns != columns:
        # Resampled: the field of view is all that still holds.
        own = found.sizes[0].nm * columns / stored.columns
        found += Scales(
            (PixelSize(own, "FEI/Thermo metadata (its field over the columns in hand)"),)
        )
    return found + Scales(notes=stored.notes if found.sizes else ())


def _of_scan(
    scan: dict[str, Any], name: str, columns: int | None, shape: tuple[int, int]
) -> Scales:
    width, height = to_nm(scan.get("PixelWidth"), "m"), to_nm(scan.get("PixelHeight"), "m")
    field = length_nm(scan.get("HorFieldsize"), "m")
    sizes: list[PixelSize] = []
    if width is not None:
        sizes.append(PixelSize(width, f"FEI/Thermo metadata ({name} PixelWidth)"))
    confirmed = False
    if field is not None:
        over = columns
        if over is None and width is not None:
            over = next((n for n in (shape[1], *_WIDTHS) if agree(field / n, width)), None)
        nm = plausible_nm(field / (over or shape[1]))
        if nm is not None:
            sizes.append(PixelSize(nm, f"FEI/Thermo metadata ({name} HorFieldsize)"))
            confirmed = width is not None and agree(nm, width)
    if width is None or height is None or agree(width, height):
        return Scales(tuple(sizes))
    if confirmed:
        return Scales(tuple(sizes), not_square(width, height))
    sizes.append(PixelSize(height, f"FEI/Thermo metadata ({name} PixelHeight)"))
    return Scales(tuple(sizes))


def fei_xl_scales(tag: Any, shape: tuple[int, int]) -> Scales:
    """Return what the tag 34680 of an XL says: the height of the screen in mm and the magnification on it.

    The magnification is there twice: as such, and as half a screen's height in the specimen (`flMagn`, mm).
    """
    if not isinstance(tag, dict) or "ImageDevice" not in tag:
        return Scales()
    device, data_bar = tag["ImageDevice"], _section(tag, "DatabarData")
    vector = _section(tag, "Vector")
    ratio, screen_mm = _number(device.get("RatioXY")), _number(device.get("SizeY"))
    magnification, half_mm = _number(vector.get("Magnification")), _number(data_bar.get("flMagn"))
    heights: list[tuple[float, str]] = []
    if screen_mm and magnification:
        heights.append((screen_mm * 1e6 / magnification, "magnification on the screen"))
    if half_mm and half_mm < 1:
        heights.append((2e6 * half_mm, "flMagn, the field in the data bar"))
    elif half_mm and screen_mm:
        heights.append((screen_mm * 1e6 / half_mm, "flMagn, the magnification in the data bar"))
    if not heights:
        return Scales()
    ratios = [ratio] if ratio else []
    if not ratio or not agree(ratio, _SCREEN):
        ratios.append(_SCREEN)
    sizes = tuple(
        PixelSize(nm, f"FEI XL metadata ({where})")
        for one in ratios
        for height, where in heights
        if (nm := plausible_nm(height * one / shape[1])) is not None
    )
    if not sizes:
        return Scales()
    down = heights[0][0] / shape[0]
    if abs(down / sizes[0].nm - 1) > LEAST_SQUARE and plausible_nm(down):
        # No instrument scans so flat: the image is not the one that was on the screen.
        return Scales((*sizes, PixelSize(down, "FEI XL metadata (screen over the rows)")))
    return Scales(sizes, not_square(sizes[0].nm, down))


def not_square(width: float, height: float) -> tuple[str, ...]:
    """Return a note where a pixel is not as high as wide."""
    if agree(width, height):
        return ()
    return (
        f"pixels are not square ({width:.4g} nm wide, {height:.4g} nm high): the width is taken",
    )


def _section(tag: dict[str, Any], name: str) -> dict[str, Any]:
    section = tag.get(name)
    return section if isinstance(section, dict) else {}


def _number(value: Any) -> float | None:
    return length_nm(value, "nm")


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 16 <= number <= 1_000_000 else None
