"""Lengths as files write them."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["plausible_nm", "to_nm"]

_NM = {
    "fm": 1e-6,
    "pm": 1e-3,
    "a": 0.1,
    "å": 0.1,
    "angstrom": 0.1,
    "nm": 1.0,
    "nanometer": 1.0,
    "um": 1e3,
    "µm": 1e3,
    "μm": 1e3,
    "\\u00b5m": 1e3,
    "micron": 1e3,
    "microns": 1e3,
    "micrometer": 1e3,
    "mm": 1e6,
    "cm": 1e7,
    "inch": 2.54e7,
    "m": 1e9,
}


def to_nm(value: Any, unit: str) -> float | None:
    """Return a length in nanometres; None when the value or the unit is no length."""
    factor = _NM.get(unit.strip().lower())
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if factor is None else plausible_nm(number * factor)


def plausible_nm(value: float) -> float | None:
    """Return `value` where it can be the pixel of an electron microscope: 1 pm to 1 mm."""
    return value if math.isfinite(value) and 1e-3 <= value <= 1e6 else None
