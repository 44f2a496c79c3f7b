"""How particles are filled: the colour says the class, how strong it is says how sure the model is.

A layer of fills holds a code for each pixel, `class id + 256 * level`: the lower byte is the class, whoever says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.docks.pyramid import Mapped
from napari_ssrvae.session import Why

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass
    from napari_ssrvae.session import Shown

__all__ = ["Level", "Striped", "class_of", "codes_of", "fill_colours", "striped"]

NOTHING = (0.0, 0.0, 0.0, 0.0)
CLASSES_PER_LEVEL = 256


class Level(IntEnum):
    """How strongly a particle is filled."""

    HAND = 0
    VERY_SURE = 5
    STRIPE = 6
    GAP = 7


# From which probability on a prediction is filled how strongly: levels 1 to 5.
STEPS = (0.0, 0.6, 0.75, 0.88, 0.96)
# Opacity of each level within the layer's.
OPACITY = (1.0, 0.34, 0.47, 0.6, 0.75, 0.92, 0.8, 0.07)
# Unsure ones are striped; as wide as this in the pixels that are drawn, so about as wide on the screen at any zoom.
STRIPE_PX = 3
_PERIOD = 2 * STRIPE_PX


def codes_of(shown: Shown, probability: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the code of each of N particles.

    Parameters
    ----------
    shown : Shown
        What is shown of N particles.
    probability : (N,) float32
        Of the predicted class; NaN where there is none.
    """
    levels = np.searchsorted(STEPS, np.nan_to_num(probability, nan=0.0), side="right")
    levels = np.maximum(levels, 1).astype(np.uint16)
    why = shown.why
    levels[why == Why.HAND] = Level.HAND
    levels[why == Why.UNSURE] = Level.STRIPE
    levels[why == Why.NOVEL] = Level.VERY_SURE
    codes = shown.class_ids + levels * np.uint16(CLASSES_PER_LEVEL)
    codes[shown.class_ids == 0] = 0
    return codes


def class_of(codes: ArrayLike) -> NDArray[np.uint8]:
    """Return the class of each code, 0 = none."""
    return (np.asarray(codes) % CLASSES_PER_LEVEL).astype(np.uint8)


def fill_colours(classes: Iterable[ParticleClass]) -> DirectLabelColormap:
    """Return what codes look like."""
    from napari.utils.colormaps.standardize_color import transform_color

    colours: dict[int | None, Any] = {None: NOTHING, 0: NOTHING}
    for entry in classes:
        red, green, blue, _ = transform_color(entry.colour)[0]
        for level, opacity in enumerate(OPACITY):
            code = entry.class_id + CLASSES_PER_LEVEL * level
            colours[code] = np.array([red, green, blue, opacity], np.float32)
    return DirectLabelColormap(color_dict=colours)


def striped(
    codes: NDArray[np.uint16], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.uint16]:
    """Leave gaps between the stripes of unsure particles; in place, and returned.

    Parameters
    ----------
    codes : ndarray of uint16
    rows, columns : ndarray of int
        Where the codes lie; they broadcast to the shape of `codes`.
    """
    unsure = codes >= Level.STRIPE * CLASSES_PER_LEVEL
    if unsure.any():
        # In bytes and without a remainder for each pixel: this is done for all that is in view.
        phase = (rows % _PERIOD).astype(np.uint8) + (columns % _PERIOD).astype(np.uint8)
        gaps = ((phase >= STRIPE_PX) & (phase < _PERIOD)) | (phase >= _PERIOD + STRIPE_PX)
        gaps &= unsure
        codes += gaps * np.uint16(CLASSES_PER_LEVEL)
    return codes


class Striped(Mapped):
    """Codes of particles looked up when they are read, unsure ones striped.

    Parameters
    ----------
    labels : ndarray of integers, shape (H, W)
    table : ndarray of uint16
        Code of each label, as `codes_of` gives it.
    """

    def __getitem__(self, where: Any) -> Any:
        codes = np.asarray(self.table[self.labels[where]])
        parts = where if isinstance(where, tuple) else (where,)
        if len(parts) > 2 or not all(isinstance(part, slice) for part in parts):
            # Single pixels and the like: few, and asked for by value.
            return codes
        parts = parts + (slice(None),) * (2 - len(parts))
        rows, columns = (
            np.arange(size)[part] for size, part in zip(self.shape, parts, strict=True)
        )
        return striped(codes, rows[:, None], columns[None, :])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:, :], dtype=dtype)
