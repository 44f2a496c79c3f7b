"""The look at a micrograph too large to be held as floating point numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.blocks import block_means, busy_windows
from napari_ssrvae.particles.grey import GreySource, Region
from napari_ssrvae.particles.levels import Levels, flattened_by, split_level
from napari_ssrvae.particles.noise_only import only_noise
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.sight import (
    BACKGROUND_SHARE,
    NOISE_LEFT,
    SMOOTHING_PX,
    WIDTH_TO_SMOOTHING,
    Sight,
    first_sight,
    noise_left,
    smoothed,
)
from napari_ssrvae.particles.surfaces import Surface
from napari_ssrvae.particles.tiling import surrounded

__all__ = ["wide_sight"]

# Longer edge of the coarse picture, and of the grid of samples.
COARSE_EDGE = 1536
SAMPLES_EDGE = 1024
# A particle this wide in the coarse picture is seen well enough in it.
WELL_SEEN_PX = 8.0
# Where particles are too small for that: places with most structure down to the middling one.
WINDOW_EDGE = 640
WINDOWS = 4
# As far as a dilation by two steps reaches.
_NEAR = ((0, 0), (2, 0), (-2, 0), (0, 2), (0, -2), (1, 1), (1, -1), (-1, 1), (-1, -1))
STRIP_PX = 1 << 20


def wide_sight(
    source: GreySource, parameters: SegmentationParameters, noise: float, specks: bool
) -> tuple[Sight | None, list[NDArray[np.float32]]]:
    """Return what is seen in a large picture, None where there is only noise, and some places of it, flattened.

    See `first_sight`.
    """
    extent = max(source.shape)
    step = -(-extent // COARSE_EDGE)
    if step > min(source.shape):
        raise InputError(
            f"An image of {source.shape[0]} x {source.shape[1]} pixels is too narrow for its length: "
            "cut it into pieces."
        )
    coarse = _coarse(source, step)
    lengths = {
        name: None if value is None else value / step
        for name, value in (
            ("smoothing", parameters.smoothing),
            ("background_width", parameters.background_width),
        )
    }
    seen = first_sight(coarse, parameters.model_copy(update=lengths), max(coarse.shape))
    if seen is not None and only_noise(seen):
        seen = None
    if seen is not None and seen.levels.width_px >= WELL_SEEN_PX:
        width = seen.levels.width_px * step
        wide = seen.background_px * step
        wished = parameters.smoothing
        sigma = _enough_smoothing(noise, seen.levels.contrast, width) if wished is None else wished
    else:
        close = _close_sights(source, coarse, step, parameters, noise if specks else None)
        if not close:
            return None, []
        votes = sum(1 if one.bright else -1 for one in close)
        bright = close[0].bright if votes == 0 else votes > 0
        close = [one for one in close if one.bright == bright]
        width = float(np.median([one.levels.width_px for one in close]))
        sigma = sorted(one.sigma for one in close)[len(close) // 2]
        seen = close[0]
        wide = parameters.background_width or BACKGROUND_SHARE * extent
    whole = _sampled(
        source,
        replace(seen, sigma=sigma),
        width,
        wide if parameters.flatten_background else None,
        specks,
    )
    pictures = [
        _flat(source, region, whole, specks) for region in _busy_regions(source, coarse, step)
    ]
    return whole, pictures


def _flat(source: GreySource, region: Region, seen: Sight, specks: bool) -> NDArray[np.float32]:
    flat = smoothed(source.read(region), seen.sigma, specks, seen.bright)
    return flat if seen.surface is None else flat - seen.surface.read(region)


def _busy_regions(source: GreySource, coarse: NDArray[np.float32], step: int) -> list[Region]:
    """Return places with much structure, that of the largest and of middling amount."""
    regions = []
    for rows, columns in busy_windows(coarse, max(1, WINDOW_EDGE // step), WINDOWS):
        top, left = rows.start * step, columns.start * step
        regions.append(
            (
                slice(top, min(top + WINDOW_EDGE, source.shape[0])),
                slice(left, min(left + WINDOW_EDGE, source.shape[1])),
            )
        )
    return regions


def _coarse(source: GreySource, step: int) -> NDArray[np.float32]:
    """Return the means over blocks of `step` pixels, read in strips."""
    height = max(step, STRIP_PX // source.shape[1] // step * step)
    strips = [
        block_means(
            source.read((slice(a, min(a + height, source.shape[0])), slice(0, source.shape[1]))),
            step,
        )
        for a in range(0, source.shape[0], height)
    ]
    return np.concatenate(strips)


def _enough_smoothing(noise: float, contrast: float, width: float) -> float:
    for sigma in SMOOTHING_PX:
        if noise_left(noise, sigma) <= NOISE_LEFT * contrast:
            return sigma
        if width < WIDTH_TO_SMOOTHING * 2 * sigma:
            return sigma
    return SMOOTHING_PX[-1]


def _close_sights(
    source: GreySource,
    coarse: NDArray[np.float32],
    step: int,
    parameters: SegmentationParameters,
    speckled: float | None,
) -> list[Sight]:
    """Look closely at a few places, the one with most structure first.

    `speckled` is the noise where single pixels are wrong; None where they are not.
    """
    sights = []
    for region in _busy_regions(source, coarse, step):
        window = source.read(region)
        calm = window if speckled is None else ndimage.median_filter(window, 3)
        sights.append(first_sight(calm, parameters, max(source.shape)))
    found = [one for one in sights if one is not None and not only_noise(one, speckled or 0.0)]
    clear = [one for one in found if not one.halves]
    return clear or found


def _sampled(
    source: GreySource, seen: Sight, width: float, wide: float | None, specks: bool
) -> Sight:
    """Return background and levels of the whole, from every so many-th pixel of the smoothed picture."""
    every = -(-max(source.shape) // SAMPLES_EDGE)
    values, highest = _samples(source, seen, every, specks)
    if wide is None:
        flat, surface = values, None
    else:

        def near_particles(flat: NDArray[np.float32], level: float) -> NDArray[np.bool_]:
            near: NDArray[np.bool_] = flat + rise > level
            return near

        rise = highest - values
        flat, fitted = flattened_by(values, wide / every, near_particles)
        surface = Surface(fitted.grid, fitted.step * every, every // 2 + fitted.first * every)
    level, rare = split_level(flat)
    if seen.halves:
        level, rare = float(np.median(flat)), False
    above = flat > level
    if not above.any() or above.all():
        # Too rare for the samples: what was seen closely counts.
        return replace(
            seen,
            surface=surface,
            levels=replace(seen.levels, low=float(np.median(flat)), width_px=width),
        )
    outside = flat[~above]
    low = float(np.median(outside))
    spread = 1.4826 * float(np.median(np.abs(outside - low)))
    high = float(np.median(flat[above]))
    return replace(seen, surface=surface, levels=Levels(low, high, spread, width, rare))


def _samples(
    source: GreySource, seen: Sight, every: int, specks: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the smoothed picture with bright particles at every so many-th pixel, and the highest value near it."""
    shape = source.shape
    margin = int(4 * seen.sigma + 0.5) + 4
    height = max(every, STRIP_PX // shape[1] // every * every)
    values, highest = [], []
    for start in range(0, shape[0], height):
        core = (slice(start, min(start + height, shape[0])), slice(0, shape[1]))
        tile = surrounded(core, shape, margin)
        smooth = smoothed(source.read(tile.outer), seen.sigma, specks, seen.bright)
        rows = np.arange(tile.inner[0].start + every // 2, tile.inner[0].stop, every)
        columns = np.arange(every // 2, shape[1], every)
        near = [
            smooth[
                np.clip(rows + dy, 0, smooth.shape[0] - 1)[:, None],
                np.clip(columns + dx, 0, shape[1] - 1)[None, :],
            ]
            for dy, dx in _NEAR
        ]
        values.append(near[0])
        highest.append(np.max(near, axis=0))
    return np.concatenate(values), np.concatenate(highest)
