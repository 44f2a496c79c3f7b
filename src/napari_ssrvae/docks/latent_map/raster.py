"""Many points as one picture: arrays in, pixels out; nothing of Qt.

Every disc, outline and ring is a list of offsets from its centre, and a pixel of all marks at once is one
assignment to a flat array: 100,000 points take about as long as 500 drawn one by one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HOLE",
    "NOTHING",
    "Picture",
    "density_of",
    "draw_points",
    "draw_surrounds",
    "outline_radius",
    "radius_for",
]

NOTHING, HOLE = 0, 1
"""Levels of the palette that are taken: no mark, and the inside of an outlined one."""

LEAST_RADIUS, MOST_RADIUS = 1.5, 4.5
LINE_PX = 1.75
HALO_PX = 1.0
RING_PX = 2.0
# A share of the area that all marks together may take: above it they are drawn smaller.
COVER = 0.5
FAINTEST = 0.45
SHADES = 16
# From one mark per so many pixels on, shifting whole pictures is quicker than stepping from mark to mark.
PIXELS_PER_MARK = 48

Pixels = NDArray[np.float32]
Levels = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Picture:
    """Points as pixels.

    Attributes
    ----------
    argb : (H, W) uint32
        Premultiplied.
    radius : float
        Of the marks, in pixels.
    """

    argb: NDArray[np.uint32]
    radius: float


def radius_for(n: int, area: float) -> float:
    """Return the radius in pixels at which `n` marks leave enough of an area free; in steps of a half."""
    if n == 0:
        return MOST_RADIUS
    wanted = math.sqrt(COVER * area / (math.pi * n))
    return max(LEAST_RADIUS, min(MOST_RADIUS, math.floor(2 * wanted) / 2))


def draw_points(
    x: Pixels,
    y: Pixels,
    levels: Levels,
    n_filled: int,
    palette: NDArray[np.uint8],
    size: tuple[int, int],
    radius: float,
    scale: float = 1.0,
    *,
    shaded: bool = False,
) -> Picture:
    """Draw points: discs, and above them outlined ones.

    Where discs overlap, a pixel belongs to the one whose centre is nearest; outlines are drawn above all.

    Parameters
    ----------
    x, y : (n,) float32
        Pixels of the picture, from its upper left corner; those outside are left out.
    levels : (n,) uint16
        Rows of the palette. `NOTHING` and `HOLE` are taken.
    n_filled : int
        The first so many are discs, the others outlined.
    palette : (K, 3) uint8
    size : (int, int)
        Width and height of the picture.
    radius : float
    scale : float
        Pixels of the picture per pixel that the lines are thought in.
    shaded : bool
        Faint where few discs share a pixel, full where many do.
    """
    canvas = _Canvas(size, math.ceil((radius + LINE_PX + 2) * scale))
    at, there = canvas.places(x[:n_filled], y[:n_filled])
    codes = levels[:n_filled][there]
    k = len(palette)
    edged = radius >= 3
    rim = (radius - 1) * scale if edged else math.inf
    for offset, distance in canvas.offsets(0, radius * scale):
        canvas.flat[at + offset] = codes + k if distance > rim else codes
    shades = density_of(canvas, at, canvas.offsets(0, radius * scale)) if shaded else None
    at, there = canvas.places(x[n_filled:], y[n_filled:])
    codes = levels[n_filled:][there]
    outer = outline_radius(radius) * scale
    canvas.cover(at, canvas.offsets(0, outer + HALO_PX * scale), HOLE, shades)
    for offset, _ in canvas.offsets(outer - LINE_PX * scale, outer):
        canvas.flat[at + offset] = codes
    return Picture(canvas.pictured(_colours(palette), shades), radius)


def draw_surrounds(
    x: Pixels,
    y: Pixels,
    n_filled: int,
    colour: tuple[int, int, int],
    size: tuple[int, int],
    radius: float,
    scale: float = 1.0,
) -> NDArray[np.uint32]:
    """Draw what marks lie on that are to stand out: a larger disc, to be seen as a ring around each.

    Parameters
    ----------
    x, y : (n,) float32
        Pixels of the picture.
    n_filled : int
        The first so many are discs, the others outlined.
    colour : red, green, blue
    size, radius, scale
        As `draw_points` has them.

    Returns
    -------
    (H, W) uint32
        ARGB, premultiplied; the marks belong above it.
    """
    outlined = outline_radius(radius) + HALO_PX + RING_PX
    canvas = _Canvas(size, math.ceil(outlined * scale))
    parts = (slice(None, n_filled), radius + RING_PX), (slice(n_filled, None), outlined)
    for part, reach in parts:
        at, _ = canvas.places(x[part], y[part])
        canvas.cover(at, canvas.offsets(0, reach * scale), 1)
    return canvas.pictured(_packed(np.array([(0, 0, 0), colour], np.uint8)), None)


def outline_radius(radius: float) -> float:
    """Return the radius of outlined marks beside discs: large enough for the hole to be seen."""
    return max(radius + 0.75, 3.5)


def density_of(
    canvas: _Canvas, at: NDArray[np.int64], offsets: list[tuple[int, float]]
) -> NDArray[np.uint8]:
    """Return for each pixel how many marks cover it, as a shade below `SHADES`: 0 for one, the last for most."""
    most = np.iinfo(np.uint16).max // max(1, len(offsets))
    single = np.bincount(at, minlength=len(canvas.flat))
    single = np.minimum(single, most).astype(np.uint16)
    counts = _spread(single, offsets, np.add)
    highest = max(int(counts.max(initial=1)), 2)
    table = np.log(np.maximum(np.arange(highest + 1), 1)) / math.log(highest)
    return np.asarray(np.round(table * (SHADES - 1)), np.uint8)[counts]


def _spread(single: NDArray[Any], offsets: list[tuple[int, float]], join: np.ufunc) -> NDArray[Any]:
    """Return what lies at centres at all these steps from them, joined where it meets."""
    spread = np.zeros_like(single)
    for offset, _ in offsets:
        # Nothing lies in the margin's outer half, so nothing is lost at the ends.
        if offset >= 0:
            there, here = spread[offset:], single[: len(single) - offset]
        else:
            there, here = spread[:offset], single[-offset:]
        join(there, here, out=there)
    return spread


class _Canvas:
    """A picture with a margin, so that marks at its edge need no second look."""

    def __init__(self, size: tuple[int, int], reach: int) -> None:
        self.width, self.height = size
        # Marks whose centre lies outside but within reach are seen too, and reach as far again.
        self.reach, self.margin = reach, 2 * reach + 1
        margin = self.margin
        self.stride = self.width + 2 * margin
        self.flat = np.zeros(self.stride * (self.height + 2 * margin), np.uint16)

    def places(self, x: Pixels, y: Pixels) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where marks lie in `flat`, and which of them do."""
        near = self.reach
        with np.errstate(invalid="ignore"):
            inside = (x > -near) & (x < self.width + near) & (y > -near) & (y < self.height + near)
        there = np.flatnonzero(inside)
        columns = np.floor(x[there]).astype(np.int64) + self.margin
        rows = np.floor(y[there]).astype(np.int64) + self.margin
        return rows * self.stride + columns, there

    def offsets(self, inner: float, outer: float) -> list[tuple[int, float]]:
        """Return steps in `flat` to all pixels so far from a centre, and how far; the farthest first."""
        reach = math.ceil(outer)
        steps = np.arange(-reach, reach + 1)
        distance = np.hypot(steps[:, None], steps[None, :])
        rows, columns = np.nonzero((distance >= inner) & (distance <= outer))
        far = distance[rows, columns]
        order = np.argsort(-far, kind="stable")
        flat = (rows - reach) * self.stride + (columns - reach)
        return [(int(flat[i]), float(far[i])) for i in order]

    def cover(
        self,
        at: NDArray[np.int64],
        offsets: list[tuple[int, float]],
        level: int,
        shades: NDArray[np.uint8] | None = None,
    ) -> None:
        """Put one level, in full shade, on all pixels at these steps from these places."""
        if len(at) * PIXELS_PER_MARK < len(self.flat):
            for offset, _ in offsets:
                self.flat[at + offset] = level
                if shades is not None:
                    shades[at + offset] = SHADES - 1
            return
        single = np.zeros(len(self.flat), np.bool_)
        single[at] = True
        covered = _spread(single, offsets, np.logical_or)
        np.copyto(self.flat, level, where=covered)
        if shades is not None:
            np.copyto(shades, SHADES - 1, where=covered)

    def pictured(
        self, colours: NDArray[np.uint32], shades: NDArray[np.uint8] | None
    ) -> NDArray[np.uint32]:
        """Return the picture without its margin."""
        m = self.margin
        inside = np.s_[m : m + self.height, m : m + self.width]
        codes = self.flat.reshape(-1, self.stride)[inside]
        if shades is None:
            return np.ascontiguousarray(colours[codes])
        shade = shades.reshape(-1, self.stride)[inside].astype(np.uint32)
        table = np.stack([_faded(colours, s) for s in np.linspace(FAINTEST, 1, SHADES)])
        return np.ascontiguousarray(table.ravel()[shade * len(colours) + codes])


def _packed(palette: NDArray[np.uint8]) -> NDArray[np.uint32]:
    red, green, blue = palette.astype(np.uint32).T
    packed = np.asarray((0xFF << 24) | (red << 16) | (green << 8) | blue, np.uint32)
    packed[NOTHING] = 0
    return packed


def _colours(palette: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the palette as pixels, and after it the same darker, for the rims of discs."""
    darker = (palette * 0.55).astype(np.uint8)
    return np.concatenate([_packed(palette), _packed(darker)])


def _faded(colours: NDArray[np.uint32], alpha: float) -> NDArray[np.uint32]:
    parts = [(colours >> shift) & 0xFF for shift in (24, 16, 8, 0)]
    faded = [np.round(part * alpha).astype(np.uint32) for part in parts]
    return np.asarray(
        (faded[0] << 24) | (faded[1] << 16) | (faded[2] << 8) | faded[3], dtype=np.uint32
    )
