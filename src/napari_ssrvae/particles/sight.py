"""What one look at one picture tells: smoothing, polarity, background, levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.particles.levels import Levels, flattened, measure_levels, particles_are_bright
from napari_ssrvae.particles.noise import noise_level
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.surfaces import Surface

__all__ = [
    "BACKGROUND_SHARE",
    "NOISE_LEFT",
    "SMOOTHING_PX",
    "WIDTH_TO_SMOOTHING",
    "Sight",
    "first_sight",
    "noise_left",
    "smoothed",
]

# The noise that may be left after smoothing, as a share of the contrast.
NOISE_LEFT = 0.12
# What varies so many times more than the noise is structure.
STRUCTURE = 4.0
SMOOTHING_PX = (1.0, 1.5, 2.0, 3.0, 4.0)
WIDTH_TO_SMOOTHING = 2.5
BACKGROUND_SHARE = 1 / 8
# Where particles stand out from the background by less of its own spread, a wider background is tried, and taken
# if they stand out so many times more with it.
UNCLEAR = 6.0
WIDE_BACKGROUND_SHARE = 1 / 2
CLEARER = 1.7


@dataclass(frozen=True, eq=False)
class Sight:
    """What a look at one picture gives.

    `flat` is the picture smoothed and flattened, with bright particles, `background_px` how smooth the background
    is; `halves` tells that it could only be cut in two halves.
    """

    sigma: float
    bright: bool
    surface: Surface | None
    levels: Levels
    flat: NDArray[np.float32]
    background_px: float
    halves: bool


def first_sight(
    image: NDArray[np.float32], parameters: SegmentationParameters, extent: int
) -> Sight | None:
    """Return what is seen in a picture; None where there is only noise.

    It is smoothed as little as brings the noise down to a small share of the contrast, and not so much that
    particles flow together.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W)
    parameters : SegmentationParameters
        In pixels.
    extent : int
        Longer edge in pixels of what the picture is a part of.
    """
    if min(image.shape) < 4 or image.min() == image.max():
        return None
    wished = parameters.background_width
    usual = _sight(image, parameters, wished or BACKGROUND_SHARE * extent)
    if (
        not parameters.flatten_background
        or wished is not None
        or (usual is not None and usual.levels.separation >= UNCLEAR)
        # A small part of a large picture: its background is no wider than it is itself.
        or extent > 2 * max(image.shape)
    ):
        return usual
    # A background that follows the particles takes them away: one large agglomerate in a small picture.
    wide = _sight(image, parameters, WIDE_BACKGROUND_SHARE * extent)
    if wide is None or usual is None:
        return usual or wide
    return wide if wide.levels.separation > CLEARER * usual.levels.separation else usual


def _sight(
    image: NDArray[np.float32], parameters: SegmentationParameters, wide: float
) -> Sight | None:
    """Return what is seen with a background `wide` pixels wide."""
    wished = parameters.smoothing
    noise = noise_level(image)
    best: tuple[NDArray[np.float32], float, bool, Surface | None, Levels] | None = None
    crowded: tuple[NDArray[np.float32], float, bool, Surface | None] | None = None
    for sigma in SMOOTHING_PX if wished is None else (wished,):
        flat, bright, surface = _flat_and_bright(image, sigma, parameters, wide)
        levels = measure_levels(flat, least_piece_px=2 * sigma**2)
        left = noise_left(noise, sigma)
        if crowded is None and float(flat.std()) > STRUCTURE * left:
            crowded = flat, sigma, bright, surface
        if levels is None or not levels.significant:
            continue
        if best is not None and levels.width_px < WIDTH_TO_SMOOTHING * sigma:
            break
        best = flat, sigma, bright, surface, levels
        if left <= NOISE_LEFT * levels.contrast:
            break
    halves = best is None
    if best is None and crowded is not None:
        # Particles upon particles, or half of the image: no two hills of grey values, yet no noise either.
        halved = measure_levels(crowded[0], least_piece_px=2 * crowded[1] ** 2, halves=True)
        best = None if halved is None else (*crowded, halved)
    if best is None:
        return None
    flat, sigma, bright, surface, levels = best
    return Sight(sigma, bright, surface, levels, flat, wide, halves)


def noise_left(noise: float, sigma: float) -> float:
    """Return the noise after smoothing: white noise of deviation s is s / (2 sigma sqrt(pi)) after a Gaussian."""
    return noise / max(1.0, 2 * sigma * float(np.sqrt(np.pi)))


def _flat_and_bright(
    image: NDArray[np.float32], sigma: float, parameters: SegmentationParameters, wide: float
) -> tuple[NDArray[np.float32], bool, Surface | None]:
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(image, sigma) if sigma > 0 else image
    bright = parameters.polarity == "bright" or (
        parameters.polarity == "auto" and particles_are_bright(smooth)
    )
    if not bright:
        smooth = -smooth
    if not parameters.flatten_background:
        return smooth, bright, None
    flat, surface = flattened(smooth, wide)
    return flat, bright, surface


def smoothed(
    picture: NDArray[np.float32], sigma: float, specks: bool, bright: bool
) -> NDArray[np.float32]:
    """Return a picture without specks and smoothed, with bright particles."""
    calm = ndimage.median_filter(picture, 3) if specks else picture
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(calm, sigma) if sigma > 0 else calm
    return smooth if bright else -smooth
