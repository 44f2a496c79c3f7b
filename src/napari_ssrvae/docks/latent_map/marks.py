"""The particles of the map as marks: where, in which colour, which above which; nothing of Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.docks.latent_map.raster import HOLE

__all__ = ["FIRST", "GREY", "Marks", "NumberScale", "marks_of", "number_levels", "palette_of"]

GREY, FIRST = 2, 3
"""Level of the palette for what has no class or no number, and of the first colour."""

N_COLOURS = 256


@dataclass(frozen=True, eq=False)
class Marks:
    """Particles in the order in which they are drawn: the grey ones, the model's, then those labelled by hand.

    Attributes
    ----------
    rows : (n,) int64
        Of the catalogue.
    x, y : (n,) float64
    levels : (n,) uint16
        Rows of the palette.
    n_filled : int
        The first so many have no label by hand.
    """

    rows: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    levels: NDArray[np.uint16]
    n_filled: int

    def __len__(self) -> int:
        return len(self.rows)

    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Return the least and the largest x, and y; None without marks."""
        if not len(self):
            return None
        return (
            (float(self.x.min()), float(self.x.max())),
            (float(self.y.min()), float(self.y.max())),
        )


def marks_of(
    rows: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    levels: NDArray[np.uint16],
    by_hand: NDArray[np.bool_],
) -> Marks:
    """Return the marks of particles, all arrays (n,); those that lack a coordinate are left out.

    Within a kind the order is mixed, always in the same way: which of two classes is above the other is a
    matter of their numbers only.
    """
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    mixed = known[np.random.default_rng(0).permutation(len(known))]
    hand, grey = by_hand[mixed], levels[mixed] == GREY
    order = np.concatenate([mixed[~hand & grey], mixed[~hand & ~grey], mixed[hand]])
    n_filled = int(np.count_nonzero(~hand))
    return Marks(rows[order], x[order], y[order], levels[order], n_filled)


@dataclass(frozen=True)
class NumberScale:
    """What the ends of the colours stand for; beyond them the colour is that of the end."""

    low: float
    high: float
    below: bool = False
    above: bool = False


def number_levels(
    values: NDArray[np.float64], ends: tuple[float, float] | None = None
) -> tuple[NDArray[np.uint16], NumberScale | None]:
    """Return the level of each number, and their scale; None if there is no number.

    The scale is from end to end, or, where these are not told, all but the outermost 1 %.
    """
    known = np.isfinite(values)
    levels = np.full(len(values), GREY, np.uint16)
    if not known.any():
        return levels, None
    numbers = values[known]
    low, high = ends or (float(v) for v in np.percentile(numbers, (0.5, 99.5)))
    if high <= low:
        low, high = float(numbers.min()), float(numbers.max())
    spread = high - low or 1.0
    steps = np.clip(np.round((numbers - low) / spread * (N_COLOURS - 1)), 0, N_COLOURS - 1)
    levels[known] = steps.astype(np.uint16) + FIRST
    beyond = bool((numbers < low).any()), bool((numbers > high).any())
    return levels, NumberScale(low, high, *beyond)


def palette_of(
    colours: Mapping[int, tuple[int, int, int]] | Sequence[tuple[int, int, int]],
    hole: tuple[int, int, int],
    grey: tuple[int, int, int],
) -> NDArray[np.uint8]:
    """Return the palette (K, 3): colours of class ids, or of levels."""
    palette = np.zeros((FIRST + N_COLOURS, 3), np.uint8)
    palette[:] = grey
    palette[HOLE] = hole
    pairs = colours.items() if isinstance(colours, Mapping) else enumerate(colours)
    for number, colour in pairs:
        palette[FIRST + number] = colour
    return palette
