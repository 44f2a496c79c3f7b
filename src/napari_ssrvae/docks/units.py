"""Micrographs with and without a scale in one viewer: napari needs one kind of unit for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Image, Layer

__all__ = ["BORROWED", "as_if_nm", "borrow_nm", "borrows_nm", "give_back_nm", "mark_like"]

# In a layer's metadata: the scale that it had when its pixels were called nm for want of anything better.
BORROWED = "napari_ssrvae_pixels_as_nm"


def borrows_nm(layer: Layer) -> bool:
    """Whether the nm of this layer are pixels in truth; not any more once somebody scaled it."""
    kept = layer.metadata.get(BORROWED)
    return kept is not None and np.allclose(kept, np.asarray(layer.scale, float)[-2:])


def borrow_nm(layer: Image) -> None:
    """Call the pixels of a picture without scale nm, so that napari does not drop the units of all others."""
    if str(layer.units[-1]) == "pixel":
        layer.metadata[BORROWED] = tuple(map(float, layer.scale[-2:]))
        layer.units = (*map(str, layer.units[:-2]), "nm", "nm")


def as_if_nm(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what `borrow_nm` would change in the attributes of a layer that is still to come."""
    metadata = attributes.get("metadata", {}) | {BORROWED: attributes.get("scale", (1.0, 1.0))}
    return {"units": ("nm", "nm"), "metadata": metadata}


def give_back_nm(layer: Image) -> None:
    """Call them pixels again."""
    if borrows_nm(layer):
        layer.units = (*map(str, layer.units[:-2]), "pixel", "pixel")
    layer.metadata.pop(BORROWED, None)


def mark_like(layer: Layer, picture: Image) -> None:
    """Let a layer upon a picture tell as well whether its nm are pixels."""
    if borrows_nm(picture):
        layer.metadata[BORROWED] = picture.metadata[BORROWED]
    else:
        layer.metadata.pop(BORROWED, None)
