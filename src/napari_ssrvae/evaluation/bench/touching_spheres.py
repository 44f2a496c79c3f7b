"""Patches of touching spheres with known classes, as unequal in number as on a real micrograph."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_ssrvae.evaluation.bench.rows import Classes, Images

__all__ = ["touching_spheres"]


def touching_spheres(
    seed: int, counts: tuple[int, ...], size: int = 48, diameter: float = 10.0
) -> tuple[Images, Classes]:
    """Return patches (N, size, size) in [0, 1] of 1, 2, 3 and 4-8 touching spheres, and classes.

    Parameters
    ----------
    seed : int
    counts : tuple of int
        How many of each class.
    size : int
    diameter : float
        Mean diameter of a sphere, in pixels.
    """
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    return np.stack([_patch(rng, int(k), size, diameter) for k in y]), y.astype(np.int64)


def _patch(rng: np.random.Generator, k: int, size: int, diameter: float) -> Images:
    n = k + 1 if k < 3 else int(rng.integers(4, 9))
    radii = diameter / 2 * rng.lognormal(0, 0.15, n)
    centres = np.zeros((n, 2))
    for i in range(1, n):
        for _ in range(50):
            host = rng.integers(i)
            turn = rng.uniform(0, 2 * np.pi)
            reach = (radii[host] + radii[i]) * rng.uniform(0.7, 1.05)
            spot = centres[host] + reach * np.array([np.cos(turn), np.sin(turn)])
            others = np.linalg.norm(centres[:i] - spot, axis=1)
            if (others > 0.65 * (radii[:i] + radii[i])).all():
                break
        centres[i] = spot
    centres += size / 2 - (centres.min(axis=0) + centres.max(axis=0)) / 2 - 0.5
    rows, columns = np.mgrid[:size, :size]
    height = np.zeros((size, size))
    for (row, column), radius in zip(centres, radii, strict=True):
        depth = 1 - ((rows - row) ** 2 + (columns - column) ** 2) / radius**2
        height = np.maximum(height, np.sqrt(np.clip(depth, 0, None)) * radius / diameter * 2)
    contrast, ground = rng.uniform(0.5, 0.75), rng.uniform(0.1, 0.2)
    grey = gaussian_filter(ground + contrast * height, rng.uniform(1.0, 1.6))
    grey += (height > 0) * gaussian_filter(rng.normal(0, 0.05, grey.shape), 0.7)
    return np.asarray(np.clip(grey, 0, 1), np.float32)
