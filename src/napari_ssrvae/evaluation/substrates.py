"""Substrates that agglomerates are deposited on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.evaluation.sem_picture import texture

__all__ = ["Support", "surface"]

Support = Literal["wafer", "blotchy", "carbon film", "membrane", "scratched", "rough", "fibres"]


def surface(
    support: Support, shape: tuple[int, int], strength: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the structure of a support, of mean about 0, shape (H, W).

    Parameters
    ----------
    support : str
        wafer: none. blotchy: coarse stains. carbon film: fine and coarse grain. membrane: dark round pores of a
        filter. scratched: fine bright and dark lines. rough: wrinkled, as adhesive carbon tape. fibres: a few
        bright fibres, which belong to no particle.
    shape : (int, int)
    strength : float
        About the amplitude as a share of the grey range.
    rng : numpy.random.Generator
    """
    if support == "blotchy":
        return _unit(texture(shape, 60, rng) + 0.6 * texture(shape, 20, rng), strength)
    if support == "carbon film":
        grain = (
            texture(shape, 1.6, rng) + 0.7 * texture(shape, 4, rng) + 0.6 * texture(shape, 15, rng)
        )
        return _unit(grain, strength)
    if support == "rough":
        ridges = -np.abs(texture(shape, 12, rng)) - 0.5 * np.abs(texture(shape, 5, rng))
        return _unit(ridges + 0.6 * texture(shape, 40, rng), strength)
    if support == "membrane":
        return np.asarray(strength * _pores(shape, rng), np.float32)
    if support == "scratched":
        return np.asarray(strength * _lines(shape, 14, 0.7, rng), np.float32)
    if support == "fibres":
        return np.asarray(strength * np.abs(_lines(shape, 7, 2.5, rng)), np.float32)
    return np.zeros(shape, np.float32)


def _unit(field: NDArray[np.float32], strength: float) -> NDArray[np.float32]:
    return np.asarray(strength * (field - field.mean()) / max(float(field.std()), 1e-6), np.float32)


def _pores(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return pores that may overlap, as tracks of ions do, with a faint bright rim."""
    radius = rng.uniform(6, 12)
    n = int(0.12 * shape[0] * shape[1] / (np.pi * radius**2))
    marks = np.ones(shape, bool)
    marks[rng.integers(shape[0], size=n), rng.integers(shape[1], size=n)] = False
    away = ndimage.distance_transform_edt(marks) if n else np.full(shape, np.inf)
    wall = 0.35 * np.exp(-(((away - radius - 1) / 1.5) ** 2))
    return np.asarray(wall - np.clip(radius - away + 0.5, 0, 1), np.float32)


def _lines(
    shape: tuple[int, int], n: int, width: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    y, x = np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]
    lines = np.zeros(shape, np.float32)
    main = rng.uniform(0, np.pi)
    for _ in range(n):
        angle = main + rng.normal(0, 0.4)
        across = (y - rng.uniform(0, shape[0])) * np.cos(angle)
        across = across - (x - rng.uniform(0, shape[1])) * np.sin(angle)
        along = (y - rng.uniform(0, shape[0])) * np.sin(angle) + x * np.cos(angle)
        bent = across + rng.uniform(0, 12) * np.sin(along / rng.uniform(60, 200))
        thick = width * rng.uniform(0.6, 1.4)
        lines += rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 1) * np.exp(-((bent / thick) ** 2))
    return lines
