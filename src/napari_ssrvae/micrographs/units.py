"""Lengths as files write them."""

from __future__ import annotations

import math
import re
from typing import Any

__all__ = ["length_nm", "plausible_nm", "text_to_nm", "to_nm"]

_NM = {
    "fm": 1e-6,
    "pm": 1e-3,
    "picometer": 1e-3,
    "a": 0.1,
    "å": 0.1,
    "angstrom": 0.1,
    "nm": 1.0,
    "nanometer": 1.0,
    "nanometre": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "\\u00b5m": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "mm": 1e6,
    "millimeter": 1e6,
    "cm": 1e7,
    "inch": 2.54e7,
    "m": 1e9,
}
_LENGTH = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s]*)\s*")


def length_nm(value: Any, unit: str) -> float | None:
    """Return any length in nanometres; None when the value or the unit is no length."""
    factor = _NM.get(unit.strip().lower())
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if factor is None or not math.isfinite(number) or number <= 0:
        return None
    return number * factor


def text_to_nm(text: Any, unit: str) -> float | None:
    """Return any length written as a text, in nanometres; `unit` is that of a number without one.

    >>> text_to_nm("1.25 um", "nm")
    1250.0
    """
    found = _LENGTH.fullmatch(str(text))
    return length_nm(found[1], found[2] or unit) if found else None


def to_nm(value: Any, unit: str) -> float | None:
    """Return the edge of a pixel in nanometres; None when it is no length or no pixel's."""
    length = length_nm(value, unit)
    return None if length is None else plausible_nm(length)


def plausible_nm(value: float) -> float | None:
    """Return `value` where it can be the pixel of an electron microscope: 1 pm to 1 mm."""
    return value if math.isfinite(value) and 1e-3 <= value <= 1e6 else None
