"""The colours of numbers: even steps for the eye, and seen on a light and on a dark ground."""

from __future__ import annotations

from qtpy.QtGui import QColor

__all__ = ["number_colours"]

Rgb = tuple[int, int, int]


def number_colours(ground: str, *, cyclic: bool) -> list[Rgb]:
    """Return 256 colours from the least to the largest number.

    Parameters
    ----------
    ground : str
        Colour of what they are drawn on: the end that would not be seen there is left out.
    cyclic : bool
        Both ends have one colour, for angles.
    """
    import pyqtgraph as pg

    if cyclic:
        # Kovesi's cyclic map, of nearly even lightness.
        start, stop, name = 0.0, 1.0, "CET-C6"
    else:
        light = QColor(ground).lightnessF() > 0.5
        start, stop, name = (0.0, 0.9, "viridis") if light else (0.15, 1.0, "viridis")
    table = pg.colormap.get(name).getLookupTable(start, stop, 256)
    return [(int(r), int(g), int(b)) for r, g, b in table[:, :3]]
