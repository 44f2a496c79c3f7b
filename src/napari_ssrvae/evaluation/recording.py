"""From a signal to the grey values of a file: counts, flicker, depth, compression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.evaluation.artefacts import Artefacts, compressed

__all__ = ["recorded"]


def recorded(
    specimen: NDArray[np.float32], noise: float, how: Artefacts, rng: np.random.Generator
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return grey values with shot noise and the flicker of the scan lines.

    Parameters
    ----------
    specimen : ndarray of float32, shape (H, W)
        Signal, 0 black to 1 white; beyond is cut off.
    noise : float
        Standard deviation of the shot noise at middle grey, as a share of the grey range.
    how : Artefacts
        Its bandwidth, depth in bits and compression.
    rng : numpy.random.Generator
    """
    flicker = rng.normal(0.0, 0.08 * noise, size=(specimen.shape[0], 1))
    picture = np.clip(specimen + flicker, 0.0, 1.0)
    if noise > 0:
        counts = 0.5 / noise**2  # electrons at white, so that middle grey has the wished deviation
        picture = rng.poisson(picture * counts) / counts
    if how.bandwidth_px:
        picture = ndimage.gaussian_filter1d(picture, how.bandwidth_px, axis=1)
    if how.bits == 16:
        black, white = 1200, 1200 + int(rng.integers(8000, 42000))
        return np.clip(np.rint(black + (white - black) * picture), 0, 65535).astype(np.uint16)
    image = np.clip(np.rint(255 * picture), 0, 255).astype(np.uint8)
    return image if how.jpeg_quality is None else compressed(image, how.jpeg_quality)
