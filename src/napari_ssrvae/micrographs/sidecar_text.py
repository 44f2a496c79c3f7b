"""The text files that Hitachi, JEOL and Tescan instruments write beside an image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from napari_ssrvae.micrographs.photo import doubts
from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales
from napari_ssrvae.micrographs.scale_jeol import jeol_full_size, jeol_record, jeol_scales
from napari_ssrvae.micrographs.scale_others import tescan_text_scales
from napari_ssrvae.micrographs.text import decode_text
from napari_ssrvae.micrographs.units import plausible_nm, text_to_nm

__all__ = ["SidecarText", "read_sidecar"]

LARGEST = 1_000_000
# The width of the photograph that Hitachi's magnification is meant for, in mm.
PHOTO_MM = (127.0,)


@dataclass(frozen=True)
class SidecarText:
    """What a text file says: pixel sizes, the image that it names, and that image's rows and columns.

    A `title` is what people typed: it may be the image's name, but need not.
    """

    scales: Scales
    image_name: str
    size: tuple[int, int] | None
    record: dict[str, str]
    title: str = ""


def read_sidecar(path: Path) -> SidecarText | None:
    """Read a text file; None where it is not from an instrument or says no pixel size."""
    try:
        if not 0 < path.stat().st_size <= LARGEST:
            return None
        text = decode_text(path.read_bytes())
    except OSError:
        return None
    if "PixelSizeX" in text and path.suffix.lower() == ".hdr":
        scales = tescan_text_scales(text, f"{path.name} (Tescan)")
        return SidecarText(scales, "", None, {}) if scales.sizes else None
    if "$CM_" in text or "$SM_" in text:
        return _jeol(text, path)
    return _hitachi(text, path) if "PixelSize" in text or "[SemImageFile]" in text else None


def _jeol(text: str, path: Path) -> SidecarText | None:
    record = jeol_record(text)
    scales = jeol_scales(record, f"{path.name} (JEOL)")
    if not scales.sizes:
        return None
    return SidecarText(scales, "", jeol_full_size(record), record, record.get("$CM_TITLE", ""))


def _hitachi(text: str, path: Path) -> SidecarText | None:
    record = dict(re.findall(r"^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t\r]*$", text, re.MULTILINE))
    found = re.fullmatch(r"(\d{2,6})\s*[x×*]\s*(\d{2,6})", record.get("DataSize", ""))
    size = (int(found[2]), int(found[1])) if found else None
    columns = size[1] if size else None
    length = text_to_nm(record.get("PixelSize", ""), "nm")
    nm = plausible_nm(length) if length else None
    if nm is not None:
        taken = PixelSize(nm, f"PixelSize in {path.name} (Hitachi)")
        scales = Scales((taken,)) + doubts(
            taken,
            magnification=record.get("Magnification"),
            columns=columns,
            photo_mm=PHOTO_MM,
        )
    else:
        scales = _by_magnification(record, columns, path)
    # The name may come with a folder of the instrument's own computer.
    name = PureWindowsPath(record.get("ImageName", "")).name
    return SidecarText(scales, name, size, record) if scales.sizes else None


def _by_magnification(record: dict[str, str], columns: int | None, path: Path) -> Scales:
    """Old instruments (S-4700) write the magnification alone."""
    found = re.fullmatch(r"\d+(\.\d+)?", record.get("Magnification", ""))
    if "PixelSize" in record or found is None or not columns or not float(found[0]):
        return Scales()
    nm = plausible_nm(PHOTO_MM[0] * 1e6 / (float(found[0]) * columns))
    if nm is None:
        return Scales()
    source = f"magnification on {PHOTO_MM[0]:g} mm in {path.name} (Hitachi)"
    return Scales((PixelSize(nm, source),))
