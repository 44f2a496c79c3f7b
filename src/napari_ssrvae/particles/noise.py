"""How noisy a micrograph is, and single wrong pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["SAMPLE_EDGE", "has_specks", "noise_level"]

SAMPLE_EDGE = 1024
SPECK_SIGMAS = 6.0
MANY_SPECKS = 0.01
_TO_SIGMA = 1.4826


def noise_level(image: NDArray[np.float32]) -> float:
    """Return the standard deviation of the noise from pixel to pixel.

    Immerkaer, "Fast noise variance estimation" (1996): a difference of Laplacians that leaves slopes and
    bends out; here with the median, which edges do not disturb.
    """
    part = _sample(image)
    if min(part.shape) < 3:
        return 0.0
    kernel = np.array([1.0, -2.0, 1.0], dtype=np.float32)
    twice = ndimage.correlate1d(ndimage.correlate1d(part, kernel, axis=0), kernel, axis=1)
    return float(_TO_SIGMA * np.median(np.abs(twice)) / 6)


def has_specks(image: NDArray[np.float32]) -> bool:
    """Tell whether single pixels stick out, salt and pepper, so that a median of 3 x 3 is worth its loss."""
    part = _sample(image)
    off = np.abs(part - ndimage.median_filter(part, 3))
    level = _TO_SIGMA * float(np.median(off))
    # Where most pixels equal their median, anything would stick out: then a part of the grey range counts.
    least = 0.1 * float(np.ptp(np.percentile(part, (1, 99))))
    return bool((off > max(SPECK_SIGMAS * level, least)).mean() >= MANY_SPECKS)


def _sample(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the middle of a large image."""
    cut = [
        slice(max(0, (n - SAMPLE_EDGE) // 2), max(0, (n - SAMPLE_EDGE) // 2) + SAMPLE_EDGE)
        for n in image.shape
    ]
    return image[tuple(cut)]
