"""Grey values of a TIFF as a viewer shows them: palette applied, white-is-zero turned round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_shown", "is_as_stored"]

_MIN_IS_WHITE = 0
_PALETTE = 3
# Zeiss keeps some entries of a grey palette for coloured drawings; no pixel of the specimen has them.
MOST_DRAWN = 64


def is_as_stored(page: Any) -> bool:
    """Whether the stored values are the grey values, so that nothing must be computed."""
    if page.photometric == _PALETTE and page.colormap is not None:
        return _table(page) is None
    return page.photometric != _MIN_IS_WHITE or page.dtype is None or page.dtype.kind != "u"


def as_shown(image: NDArray[Any], page: Any) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return what a viewer shows, and what was done."""
    if image.dtype.kind == "u" and page.photometric == _PALETTE and page.colormap is not None:
        table = _table(page)
        if table is None:
            return image, ()
        shown = table[np.minimum(image, len(table) - 1)]
        what = "colour palette applied" if table.ndim == 2 else "grey palette applied"
        return shown.astype(image.dtype) if table.ndim == 1 else shown, (what,)
    if page.photometric == _MIN_IS_WHITE and image.dtype.kind == "u":
        top = image.dtype.type((1 << min(int(page.bitspersample), 8 * image.dtype.itemsize)) - 1)
        return top - image, ("zero is white in this file: grey values turned round",)
    return image, ()


def _table(page: Any) -> NDArray[Any] | None:
    """Return the grey value or colour of each index; None where the index is the grey value."""
    colours = np.asarray(page.colormap).T  # (256 or 65536, 3) in 16 bits
    grey = (colours == colours[:, :1]).all(axis=1)
    levels = np.arange(len(colours))
    shown = colours[:, 0] // 257 if len(colours) == 256 else colours[:, 0]
    if len(colours) > 256 and grey.all():
        return None
    off = int((~grey | (shown != levels)).sum())
    if off <= min(MOST_DRAWN, len(colours) // 4):
        return None  # a grey ramp, as Zeiss writes it
    return shown if grey.all() else (colours // 257).astype(np.uint8)
