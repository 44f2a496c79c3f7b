"""What a drag on the map may do."""

from __future__ import annotations

from enum import Enum

__all__ = ["Drag"]


class Drag(Enum):
    """What a drag with the left button does; the value is what people read."""

    LASSO = "Lasso"
    BOX = "Box"
    PAN = "Move"
