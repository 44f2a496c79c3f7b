"""What a reader of one kind of file hands over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales

__all__ = ["RawPlane"]


@dataclass(frozen=True)
class RawPlane:
    """Pixels as the file holds them, (H, W) or (H, W, channels), and what the file says of them.

    `scales` are the trustworthy places, `last_resort` one to take where there is none of them.
    """

    image: Any
    metadata: dict[str, Any]
    scales: Scales = field(default_factory=Scales)
    last_resort: PixelSize | None = None
    notes: tuple[str, ...] = ()
