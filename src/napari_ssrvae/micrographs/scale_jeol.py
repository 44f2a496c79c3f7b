"""JEOL: lines of `$NAME value`, in a text file beside the image or in the EXIF MakerNote."""

from __future__ import annotations

import re
from typing import Any

from napari_ssrvae.micrographs.photo import doubts
from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales, agree
from napari_ssrvae.micrographs.text import decode_text
from napari_ssrvae.micrographs.units import plausible_nm, text_to_nm, to_nm

__all__ = [
    "jeol_full_size",
    "jeol_record",
    "jeol_scales",
    "jeol_scales_in_bytes",
    "jeol_scales_in_tags",
]

EXIF, MAKER_NOTE, PHOTOSHOP = 34665, 37500, 37724
LONGEST = 1 << 20
_LINE = re.compile(r"(\$+[A-Z][A-Z0-9_]+)[ \t=]+([^\r\n\x00$]*)")
# Widths of the photograph that JEOL's magnification is meant for, in mm.
PHOTO_MM = (120.0, 128.0)


def jeol_record(text: str) -> dict[str, str]:
    """Return the lines of JEOL's text that have a value."""
    return {name: value.strip() for name, value in _LINE.findall(text) if value.strip()}


def jeol_full_size(record: dict[str, str]) -> tuple[int, int] | None:
    """Return rows and columns of the image that a record belongs to, where it says so."""
    found = re.fullmatch(r"(\d{2,6})\s+(\d{2,6})", record.get("$CM_FULL_SIZE", ""))
    return (int(found[2]), int(found[1])) if found else None


def jeol_scales(record: dict[str, str], source: str) -> Scales:
    """Return the pixel size itself, the field over its columns, and the micron bar with its length.

    Parameters
    ----------
    record : dict
    source : str
        Where the record is, for people.
    """
    size = jeol_full_size(record)
    sizes: list[PixelSize] = []

    def add(nm: float | None, where: str) -> None:
        if nm is not None:
            sizes.append(PixelSize(nm, f"{where} in {source}"))

    said = text_to_nm(_first(record.get("$CM_PIXEL_SIZE", "")), "nm")
    add(plausible_nm(said) if said else None, "$CM_PIXEL_SIZE")
    if size and "$CM_FIELD_OF_VIEW" in record:
        field = text_to_nm(_first(record["$CM_FIELD_OF_VIEW"]), "um")
        add(plausible_nm(field / size[1]) if field else None, "$CM_FIELD_OF_VIEW")
    bar = _bar(record)
    if bar is not None:
        nm, pixels = bar
        # The bar is drawn in whole pixels.
        rounded = pixels and sizes and abs(nm / sizes[0].nm - 1) <= 1.01 / pixels
        if not (rounded and not agree(nm, sizes[0].nm)):
            add(nm, "micron bar")
    if not sizes:
        return Scales()
    return Scales(tuple(sizes)) + doubts(
        sizes[0],
        magnification=record.get("$CM_MAG"),
        columns=size[1] if size else None,
        photo_mm=PHOTO_MM,
    )


def _first(text: str) -> str:
    """Return the first number with its unit out of `2.34 nm` or `120.0 96.0`."""
    found = re.match(r"\s*[\d.eE+-]+\s*[a-zA-Zµμ]*", text)
    return found[0] if found else ""


def _bar(record: dict[str, str]) -> tuple[float, float] | None:
    length = text_to_nm(record.get("$$SM_MICRON_MARKER", ""), "um")
    pixels = to_nm(record.get("$$SM_MICRON_BAR", ""), "nm")
    if length is None or pixels is None:
        return None
    nm = plausible_nm(length / pixels)
    return None if nm is None else (nm, pixels)


def jeol_scales_in_bytes(value: Any, source: str) -> Scales:
    """Return what JEOL's lines say that lie somewhere in a block of bytes or text."""
    raw = value[:LONGEST] if isinstance(value, bytes) else None
    text = value[:LONGEST] if isinstance(value, str) else ""
    if raw is not None:
        if b"$\x00C\x00M\x00_" in raw:
            start = raw.index(b"$\x00C\x00M\x00_")
            text = raw[start:].decode("utf-16-le", "replace")
        elif b"$CM_" in raw or b"$SM_" in raw:
            text = decode_text(raw.replace(b"\x00", b"\n"))
    return jeol_scales(jeol_record(text), source) if "$" in text else Scales()


def jeol_scales_in_tags(tags: dict[int, Any]) -> Scales:
    """Return what JEOL wrote into a TIFF: the EXIF MakerNote, or a tag of text."""
    exif = tags.get(EXIF)
    if isinstance(exif, dict):
        found = jeol_scales_in_bytes(
            exif.get("MakerNote", exif.get(37500)), "the EXIF MakerNote (JEOL)"
        )
        if found.sizes:
            return found
    for code in (MAKER_NOTE, PHOTOSHOP, *sorted(tags)):
        value = tags.get(code)
        if isinstance(value, bytes | str):
            found = jeol_scales_in_bytes(value, f"tag {code} (JEOL)")
            if found.sizes:
                return found
    return Scales()
