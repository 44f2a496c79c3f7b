"""How many particles of each class there are, how large they are, and where they point to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "Histogram", "Sizes", "class_counts", "histogram", "rose", "sizes_of"]

Floats = NDArray[np.floating]
# Rare giants would press all others into one bar: the last bar holds them.
SHOWN_UP_TO = 99.5
BARS, SECTORS = 32, 24


@dataclass(frozen=True, eq=False)
class Counts:
    """Particles of each of K classes, whoever says so.

    Attributes
    ----------
    by_hand, by_model : (K,) int64
        By a label, and by a prediction alone.
    none : int
        Of no class yet.
    """

    by_hand: NDArray[np.int64]
    by_model: NDArray[np.int64]
    none: int


@dataclass(frozen=True, eq=False)
class Sizes:
    """Equivalent diameters (N,) of particles in one unit; NaN for the `left_out` ones that have none in it."""

    values: NDArray[np.float64]
    unit: Literal["nm", "px"]
    left_out: int


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts (K, B) of K classes in B bins with the edges (B + 1,); `beyond` of them lie above the last edge."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    beyond: int = 0


def class_counts(
    by_hand: NDArray[np.integer], shown: NDArray[np.integer], class_ids: list[int]
) -> Counts:
    """Count the classes (N,) that are shown, 0 = none, and those of them that are by hand."""
    hand = np.bincount(shown[by_hand > 0], minlength=256)
    every = np.bincount(shown, minlength=256)
    return Counts(hand[class_ids], (every - hand)[class_ids], int(every[0]))


def sizes_of(in_nm: Floats, in_px: Floats) -> Sizes:
    """Return sizes in nm if any particle has a scale, those without left out; else in px. Never mixed."""
    known = np.isfinite(in_nm)
    if known.any() or not len(in_nm):
        return Sizes(np.asarray(in_nm, np.float64), "nm", int((~known).sum()))
    return Sizes(np.asarray(in_px, np.float64), "px", int((~np.isfinite(in_px)).sum()))


def histogram(
    values: Floats, shown: NDArray[np.integer], class_ids: list[int], bars: int = BARS
) -> Histogram:
    """Count values (N,) of each class in common bins; NaN and other classes are left out."""
    place = _places(class_ids)[shown]
    use = np.isfinite(values) & (place >= 0)
    x, k = np.asarray(values, np.float64)[use], place[use]
    if not len(x):
        return Histogram(np.linspace(0, 1, bars + 1), np.zeros((len(class_ids), bars), np.int64))
    low, high = float(x.min()), float(np.percentile(x, SHOWN_UP_TO))
    if high <= low:
        low, high = low - max(0.5, 0.1 * abs(low)), low + max(0.5, 0.1 * abs(low))
    at = np.clip(((x - low) / (high - low) * bars).astype(np.int64), 0, bars - 1)
    return Histogram(
        np.linspace(low, high, bars + 1),
        _table(k, at, len(class_ids), bars),
        int((x > high).sum()),
    )


def rose(
    angle_rad: Floats,
    shown: NDArray[np.integer],
    class_ids: list[int],
    *,
    period: float = 2 * np.pi,
    sectors: int = SECTORS,
) -> Histogram:
    """Count angles (N,) of each class in sectors of the whole circle; edges in radians from 0 to 2 pi.

    Angles are counter-clockwise as seen on the screen. With a `period` of pi an axis points both ways and is
    counted once on either side. NaN and other classes are left out.
    """
    place = _places(class_ids)[shown]
    use = np.isfinite(angle_rad) & (place >= 0)
    times = round(2 * np.pi / period)
    x = np.mod(np.asarray(angle_rad, np.float64)[use], period)
    width = 2 * np.pi / sectors
    at = (x / width).astype(np.int64) % (sectors // times)
    counts = _table(place[use], at, len(class_ids), sectors // times)
    return Histogram(np.linspace(0, 2 * np.pi, sectors + 1), np.tile(counts, (1, times)))


def _places(class_ids: list[int]) -> NDArray[np.int64]:
    places = np.full(256, -1, np.int64)
    places[class_ids] = np.arange(len(class_ids))
    return places


def _table(
    rows: NDArray[np.int64], columns: NDArray[np.int64], n_rows: int, n_columns: int
) -> NDArray[np.int64]:
    flat = np.bincount(rows * n_columns + columns, minlength=n_rows * n_columns)
    return flat.reshape(n_rows, n_columns)
