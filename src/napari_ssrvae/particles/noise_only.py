"""Noise that looks like particles at first sight: grainy noise, few electrons, single wrong pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.sight import Sight, noise_left

__all__ = ["may_be_single_pixels", "only_noise"]

# Grains of noise are not wider than this; what is wider is better shown than kept back.
WIDEST_GRAIN_PX = 20.0
# Heights that are normally distributed: skewness and excess kurtosis, and by how many standard errors of as many
# grains as there are they may be off.
SKEWNESS, KURTOSIS, ERRORS = 0.1, 0.2, 2.5
# Where single pixels are wrong, a median makes islands of chance: they stand out by no more than the noise that it
# took away.
LEAST_CONTRAST_TO_NOISE = 4.0


def only_noise(seen: Sight, noise: float = 0.0) -> bool:
    """Tell whether a sight is of nothing but noise.

    Noise whose neighbouring pixels are alike, because the detector is slow along a line or the image was scaled up,
    differs little from pixel to pixel, and yet its upper half is made of islands. Its heights follow the normal
    distribution all the same; those of particles do not. This is asked only where there are no two hills of
    grey values.

    Parameters
    ----------
    seen : Sight
    noise : float
        Standard deviation from pixel to pixel of the picture before single wrong pixels were taken out of it; 0
        where none were.
    """
    if seen.levels.contrast < LEAST_CONTRAST_TO_NOISE * noise_left(noise, seen.sigma):
        return True
    return seen.halves and seen.levels.width_px < WIDEST_GRAIN_PX and _normal(seen)


def may_be_single_pixels(seen: Sight) -> bool:
    """Tell whether particles are as narrow as the smoothing makes a single pixel."""
    return seen.levels.width_px <= 3 * seen.sigma + 2


def _normal(seen: Sight) -> bool:
    heights: NDArray[np.float64] = seen.flat.ravel().astype(np.float64)
    heights -= heights.mean()
    heights /= max(float(heights.std()), 1e-30)
    square = heights * heights
    grains = max(1.0, heights.size / seen.levels.width_px**2)
    skewness = abs(float((square * heights).mean()))
    kurtosis = abs(float((square * square).mean()) - 3)
    return bool(
        skewness < SKEWNESS + ERRORS * np.sqrt(6 / grains)
        and kurtosis < KURTOSIS + ERRORS * np.sqrt(24 / grains)
    )
