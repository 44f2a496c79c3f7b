"""The background of a micrograph, also where particles hide it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.surfaces import BlockSums, Surface

__all__ = ["fit_background", "smooth_background"]


def smooth_background(
    image: NDArray[np.float32], known: NDArray[np.bool_], width_px: float
) -> NDArray[np.float32]:
    """Return a smooth surface through the known pixels, shape (H, W). See `fit_background`."""
    return fit_background(image, known, width_px).over(image.shape)


def fit_background(
    image: NDArray[np.float32], known: NDArray[np.bool_], width_px: float
) -> Surface:
    """Return a smooth surface through the known pixels. See `BlockSums.surface`.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W)
    known : ndarray of bool, shape (H, W)
        Where the background is seen.
    width_px : float
        Sigma of the Gaussian.
    """
    sums = BlockSums(image.shape, width_px)
    sums.put(0, known, image)
    return sums.surface(0.0 if known.any() else float(np.median(image)))
