"""Layers whose pixels belong to the session: napari's tools cannot change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["keep_from_editing"]


def keep_from_editing(layer: Layer) -> None:
    """Let nobody paint or drag in this layer, now or later: it would change the picture and nothing else.

    Setting once is not enough: napari makes a layer editable again whenever its data or visibility change.
    """
    layer.editable = False
    if hasattr(layer, "mode"):
        layer.mode = "pan_zoom"
    layer.events.editable.connect(_refuse)


def _refuse(event: Any) -> None:
    if event.source.editable:
        event.source.editable = False
