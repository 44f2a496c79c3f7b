"""How sharp outlines are: what tells a particle from a blot of the substrate, and a good level from a poor one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.particles.blocks import block_means, busy_windows
from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.levels import LEAST_PIECE_PX, Levels, fill_small_holes
from napari_ssrvae.particles.surfaces import Surface

__all__ = [
    "DROP_UNIT",
    "LOCAL_LEAD",
    "PEAK",
    "Drops",
    "Outline",
    "drops_along",
    "local_grid",
    "local_margin",
    "local_mean",
    "outline_mask",
    "sharpest_outline",
]

# Shares of the contrast among which the level is chosen, for either rule.
LEVELS = (0.22, 0.28, 0.35, 0.42, 0.5)
LOCAL_LEVELS = (0.35, 0.42, 0.5)
# The local rule: brighter than the surroundings within about a particle's width, by this much, or bright anyhow.
LOCAL_REACH = 0.65
LOCAL_LEAD = 0.1
INSIDE = 0.8
TRUNCATE = 3.0
# Gaps between particles narrower than this are blurred so much that only the local rule sees them.
NARROW_PX = 15.0
# What does not rise above this share is too faint to have a say, and no particle later.
PEAK = 0.65
# The fall is measured from so many pixels inside an outline to as many outside.
REACH = 2
# Falls are added up as whole numbers of this share of the contrast: sums do not depend on their order.
DROP_UNIT = 1 / 4096
WINDOW_EDGE, WINDOWS = 512, 4


@dataclass(frozen=True)
class Outline:
    """Where outlines run best, and how sharp they are there.

    Attributes
    ----------
    local : bool
        Whether the local rule gives the sharper outlines.
    global_level, local_level : float
        Between background (0) and particle (1), for either rule.
    drop : float
        By how much grey values usually fall across an outline, as a share of the contrast.
    """

    local: bool = False
    global_level: float = 0.42
    local_level: float = 0.35
    drop: float = 0.0


@dataclass(frozen=True, eq=False)
class Drops:
    """How far grey values fall at every place where a mask ends.

    Attributes
    ----------
    inside : ndarray of int64, shape (P,)
        Raster index, in the core, of the last pixel inside; -1 where that lies beside the core.
    outside : ndarray of int64, shape (P,)
        Of the next pixel, likewise.
    fall : ndarray of float32, shape (P,)
        From two pixels further inside to two pixels further outside.
    """

    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    fall: NDArray[np.float32]


def drops_along(
    flat: NDArray[np.float32], mask: NDArray[np.bool_], around: Region, core: Region
) -> Drops:
    """Return how far grey values fall at every place where a mask ends.

    Parameters
    ----------
    flat : ndarray of float32, shape (h, w)
        A tile with its margin.
    mask : ndarray of bool
        In `around`.
    around : (slice, slice)
        The core and a pixel on each side of it, as far as the image goes; in the coordinates of `flat`.
    core : (slice, slice)
        In the same coordinates.
    """
    inside, outside, falls = [], [], []
    for axis in (0, 1):
        ahead = tuple(slice(1, None) if a == axis else slice(None) for a in (0, 1))
        behind = tuple(slice(None, -1) if a == axis else slice(None) for a in (0, 1))
        before, after = mask[behind], mask[ahead]
        index = np.flatnonzero(before != after)
        at = list(np.divmod(index, before.shape[1]))
        falling = before.ravel()[index]
        at[0], at[1] = at[0] + around[0].start, at[1] + around[1].start
        # From the pixel before the edge backwards, and from the one after it onwards.
        low, high = at[axis] - REACH, at[axis] + 1 + REACH
        seen = (low >= 0) & (high < flat.shape[axis])
        at, falling, low, high = [x[seen] for x in at], falling[seen], low[seen], high[seen]
        first = flat[(low, at[1])] if axis == 0 else flat[(at[0], low)]
        last = flat[(high, at[1])] if axis == 0 else flat[(at[0], high)]
        here = _index(at[0], at[1], core)
        there = _index(at[0] + (axis == 0), at[1] + (axis == 1), core)
        inside.append(np.where(falling, here, there))
        outside.append(np.where(falling, there, here))
        falls.append(np.where(falling, first - last, last - first))
    return Drops(np.concatenate(inside), np.concatenate(outside), np.concatenate(falls))


def _index(rows: NDArray[np.int64], columns: NDArray[np.int64], core: Region) -> NDArray[np.int64]:
    """Return raster indices in the core, -1 beside it."""
    rows, columns = rows - core[0].start, columns - core[1].start
    height, width = (r.stop - r.start for r in core)
    within = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(within, rows * width + columns, -1)


def sharpest_outline(pictures: Sequence[NDArray[np.float32]], levels: Levels) -> Outline:
    """Return the rule and the level at which grey values fall most steeply across the outlines.

    At a level too low outlines run through soft glows and stains, at one too high through the shaded parts of
    agglomerates; and where the local rule is wrong, it cuts through particles. A few places of a large picture are
    enough.

    Parameters
    ----------
    pictures : sequence of ndarray of float32, shape (H, W)
        Flattened, with bright particles.
    levels : Levels
    """
    windows = [
        (picture[window] - levels.low) / levels.contrast
        for picture in pictures
        for window in busy_windows(picture, WINDOW_EDGE, WINDOWS)
    ]
    means = [local_mean(window, levels.width_px) for window in windows]
    crowded = levels.width_px < NARROW_PX
    best: dict[bool, tuple[float, float, float]] = {}
    for local, shares in ((False, LEVELS), (True, LOCAL_LEVELS[: 1 if crowded else None])):
        for level in shares:
            masks = [
                outline_mask(window, mean if local else None, level)
                for window, mean in zip(windows, means, strict=True)
            ]
            steepness, drop = _steepness(windows, masks, levels.width_px**2)
            if steepness > best.get(local, (0.0, 0.0, 0.0))[0]:
                best[local] = steepness, level, drop
    wide, near = (best.get(local, (0.0, 0.0, 0.0)) for local in (False, True))
    local = near[0] > 0 and (crowded or near[0] > wide[0])
    return Outline(
        local,
        wide[1] or Outline.global_level,
        near[1] or Outline.local_level,
        near[2] if local else wide[2],
    )


def local_mean(share: NDArray[np.float32], width_px: float) -> NDArray[np.float32]:
    """Return the mean of the surroundings of each pixel, within about a particle's width.

    It is worked out on a grid, whose step is a power of two: so it is read off alike in every tile, to the last bit.
    """
    reach, step = LOCAL_REACH * width_px, local_grid(width_px)
    coarse = ndimage.gaussian_filter(
        block_means(share, step), reach / step, mode="nearest", truncate=TRUNCATE
    )
    return Surface(coarse, step, (step - 1) / 2).over(share.shape)


def local_grid(width_px: float) -> int:
    """Return the step of the grid of `local_mean`."""
    return 1 << int(np.clip(np.log2(max(1.0, LOCAL_REACH * width_px / 4)), 0, 4))


def local_margin(width_px: float) -> int:
    """Return how far `local_mean` sees."""
    return int(np.ceil(TRUNCATE * LOCAL_REACH * width_px)) + 2 * local_grid(width_px)


def outline_mask(
    share: NDArray[np.float32],
    mean: NDArray[np.float32] | None,
    level: float,
    lead: float = LOCAL_LEAD,
) -> NDArray[np.bool_]:
    """Return which pixels belong to particles.

    Parameters
    ----------
    share : ndarray of float32, shape (H, W)
        Grey values between background (0) and particles (1).
    mean : ndarray of float32, shape (H, W), or None
        Of the surroundings, for the local rule: a pixel is brighter than these, besides, by `lead`. The inside of a
        large agglomerate is no brighter than its surroundings, but bright.
    level, lead : float
    """
    mask: NDArray[np.bool_] = share > level
    if mean is not None:
        mask &= (share > mean + lead) | (share > INSIDE)
    return mask


def _steepness(
    windows: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]], holes_px: float
) -> tuple[float, float]:
    """Return the mean fall along all outlines, and the usual one of an object."""
    falls, lengths = [], []
    for window, rough in zip(windows, masks, strict=True):
        mask = fill_small_holes(rough, holes_px)
        found, n = ndimage.label(mask)
        clear = np.zeros(n + 1, dtype=bool)
        clear[found[mask & (window > PEAK)]] = True
        clear &= np.bincount(found.ravel(), minlength=n + 1) >= LEAST_PIECE_PX
        everywhere = (slice(0, window.shape[0]), slice(0, window.shape[1]))
        drops = drops_along(window, mask, everywhere, everywhere)
        of = found.ravel()[drops.inside]
        falls.append(np.bincount(of, weights=drops.fall, minlength=n + 1)[1:][clear[1:]])
        lengths.append(np.bincount(of, minlength=n + 1)[1:][clear[1:]])
    fall, length = np.concatenate(falls), np.concatenate(lengths)
    if length.sum() == 0:
        return 0.0, 0.0
    each = fall / np.maximum(length, 1)
    order = np.argsort(each)
    # Weighed by the fall itself: many faint stains do not outvote a few particles.
    share = np.cumsum(np.maximum(fall, 0)[order])
    half = np.searchsorted(share, share[-1] / 2)
    return float(fall.sum() / length.sum()), float(each[order[half]])
