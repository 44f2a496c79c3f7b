"""Where layers lie in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Image, Layer

__all__ = ["place_of", "put_in_place"]


def place_of(image: Image) -> dict[str, Any]:
    """Return scale, place, units and turn of a picture's last two axes, as arguments for a layer upon it."""
    place: dict[str, Any] = {
        "scale": tuple(map(float, image.scale[-2:])),
        "translate": tuple(map(float, image.translate[-2:])),
        "units": tuple(map(str, image.units[-2:])),
    }
    if image.ndim == 2:
        place |= {"rotate": image.rotate, "shear": image.shear, "affine": image.affine}
    return place


def put_in_place(layer: Layer, place: dict[str, Any]) -> None:
    """Move a layer there; what is right already is left alone, since each change draws the layer anew."""
    for name, value in place.items():
        known = getattr(layer, name)
        if name == "units":
            same = tuple(map(str, known)) == tuple(value)
        elif name == "affine":
            same = np.array_equal(np.asarray(known), np.asarray(value))
        else:
            same = np.array_equal(known, value)
        if not same:
            setattr(layer, name, value)
