"""Metadata from outside as plain values that JSON can hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["plain"]

LONGEST_TEXT = 2000
LONGEST_LIST = 64
DEEPEST = 6


def plain(value: Any, depth: int = 0) -> Any:
    """Return `value` as dict, list, str, int, float, bool or None; what is too large is cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.generic):
        return plain(value.item(), depth)
    if depth >= DEEPEST:
        return "..."
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        value = value.ravel()[:LONGEST_LIST].tolist()
    if isinstance(value, list | tuple | set):
        return [plain(item, depth + 1) for item in list(value)[:LONGEST_LIST]]
    if isinstance(value, bytes):
        value = value[:LONGEST_TEXT].decode("utf-8", "replace")
    return str(value)[:LONGEST_TEXT].replace("\x00", "")
