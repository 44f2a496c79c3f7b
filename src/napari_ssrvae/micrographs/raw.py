"""What a reader of one kind of file hands over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["RawPlane"]


@dataclass(frozen=True)
class RawPlane:
    """Pixels as the file holds them, (H, W) or (H, W, channels), and what the file says of them."""

    image: Any
    pixel_size_nm: float | None
    pixel_size_source: str
    metadata: dict[str, Any]
    notes: tuple[str, ...]
