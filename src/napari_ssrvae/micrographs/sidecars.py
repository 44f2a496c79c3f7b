"""Pixel sizes that Hitachi and JEOL write into a text file beside the image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from napari_ssrvae.micrographs.units import plausible_nm, to_nm

__all__ = ["SidecarScale", "sidecar_scale"]

LARGEST_SIDECAR = 1_000_000


@dataclass(frozen=True)
class SidecarScale:
    """A pixel size from a text file, and what else that file says."""

    nm: float
    source: str
    record: dict[str, str]


def sidecar_scale(path: Path) -> SidecarScale | None:
    """Return what a text file of the same name beside the image says, or None.

    Hitachi: `PixelSize` in nm. JEOL: the length of the micron bar, in pixels (`$$SM_MICRON_BAR`) and in
    the specimen (`$$SM_MICRON_MARKER`).
    """
    text = next((_text(path.with_suffix(ending)) for ending in (".txt", ".TXT")), None)
    if not text:
        return None
    record = dict(re.findall(r"^\s*(\$*\w+)[ \t=]+(.*?)\s*$", text, re.MULTILINE))
    nm = to_nm(record.get("PixelSize"), "nm") if "PixelSize" in record else None
    if nm is not None:
        return SidecarScale(nm, f"PixelSize in {path.stem}.txt (Hitachi)", record)
    marker = re.fullmatch(r"([\d.]+)\s*(\S+)", record.get("$$SM_MICRON_MARKER", ""))
    bar = re.fullmatch(r"\d+(\.\d+)?", record.get("$$SM_MICRON_BAR", ""))
    if marker and bar and float(bar[0]) > 0:
        length = to_nm(marker[1], marker[2])
        nm = plausible_nm(length / float(bar[0])) if length else None
        if nm is not None:
            return SidecarScale(nm, f"micron bar in {path.stem}.txt (JEOL)", record)
    return None


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size > LARGEST_SIDECAR:
            return None
        raw = path.read_bytes()
    except OSError:
        return None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
