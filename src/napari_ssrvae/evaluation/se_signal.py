"""The secondary-electron signal of agglomerates with relief."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.evaluation.aggregates import Aggregates
from napari_ssrvae.evaluation.laying import Laid

__all__ = ["secondary_electrons"]


def secondary_electrons(
    laid: Laid,
    ground: NDArray[np.float32],
    radius: float,
    how: Aggregates,
    *,
    contrast: float,
    edge: float,
    detector: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return grey values, about 0 on the mean substrate and `contrast` on a steep rim.

    Steep surfaces and edges are bright; recesses are dark, as electrons from them are caught by what stands
    round them; a little of that holds for the substrate beside particles, more so on the side away from the
    detector (Reimer, "Scanning Electron Microscopy", 1998).

    Parameters
    ----------
    laid : Laid
    ground : ndarray of float32, shape (H, W)
        Grey values of the bare substrate.
    radius : float
        Typical radius of a primary particle in pixels.
    how : Aggregates
    contrast, edge : float
        As in `generate_micrograph`; with `edge` above 1 faces are darker than the substrate.
    detector : float
        Where the detector stands, in radians.
    rng : numpy.random.Generator
    """
    inside = laid.labels > 0
    gains = rng.normal(1.0, 0.05, int(laid.labels.max()) + 1).astype(np.float32)
    gains[0] = 0
    face = (1 - edge) + edge * laid.steepness + 0.12 * laid.facing
    around = ndimage.gaussian_filter(laid.height, 0.9 * radius) / (
        ndimage.gaussian_filter(inside.astype(np.float32), 0.9 * radius) + 0.02
    )
    deep = np.clip((around - laid.height) / radius, -0.6, 1.6)
    face = face - how.occlusion * 0.45 * (deep + 0.15)
    face = face + how.mass_contrast * (np.sqrt(laid.height / (2 * radius)) - 0.7)
    particles = contrast * face * gains[laid.labels]
    walls = ndimage.gaussian_filter(np.minimum(laid.height, 6 * radius) / (2 * radius), radius)
    away = (-np.sin(detector) * 0.6 * radius, -np.cos(detector) * 0.6 * radius)
    cast = ndimage.shift(walls, away, order=1, mode="nearest")
    shade = how.shadow * contrast * np.clip(cast, 0, 1.3)
    lit = np.where(inside, 0.5 * ground + particles, ground - shade)
    return np.asarray(lit, np.float32)
