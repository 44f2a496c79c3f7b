"""Glyphs from a file, checked at the door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.cards import SUITS

__all__ = ["read_glyphs"]

_SHAPE = (4, 64, 64)
_ASKED = "(4, 64, 64) float32 in [0, 1]: club, spade, heart, diamond"


def read_glyphs(path: Path) -> npt.NDArray[np.float32]:
    """Read (4, 64, 64) float32 in [0, 1], white on black; order club, spade, heart, diamond.

    Raises
    ------
    InputError
        No such file, no array of NumPy, pickled objects, or another shape or range.
    """
    if not path.is_file():
        raise InputError(f"{path} is not there: give a .npy file with {_ASKED}.")
    try:
        # A pickle would run code of the file: refused.
        glyphs = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(
            f"{path} is no array that can be read: save {_ASKED}, with numpy.save."
        ) from error
    if not isinstance(glyphs, np.ndarray):
        raise InputError(f"{path} is an archive of arrays: save one array, {_ASKED}.")
    if glyphs.shape != _SHAPE or glyphs.dtype.kind not in "fui":
        raise InputError(
            f"{path} holds {glyphs.dtype} of the shape {glyphs.shape}: the glyphs must be {_ASKED}."
        )
    if not np.isfinite(glyphs).all():
        raise InputError(f"{path} contains NaN or infinity: repair the glyphs.")
    if glyphs.min() < 0 or glyphs.max() > 1:
        raise InputError(
            f"The glyphs in {path} reach from {glyphs.min():.3g} to {glyphs.max():.3g}: "
            "divide them by the largest possible value, so that they lie in [0, 1]."
        )
    for name, glyph in zip(SUITS, glyphs, strict=True):
        if glyph.max() - glyph.min() < 1e-3:
            raise InputError(f"The {name} in {path} is blank: draw it white on black.")
    return np.ascontiguousarray(glyphs, dtype=np.float32)
