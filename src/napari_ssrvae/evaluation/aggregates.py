"""Agglomerates of many primary particles, grown in space and seen from above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.evaluation.primaries import Habit, Relief, draw_primary

__all__ = ["Aggregates", "grow", "grown_relief"]

# Prefactor of the scaling law; 1.3 is usual for soot and fumed oxides (Sorensen, Aerosol Sci. Technol. 2011).
PREFACTOR = 1.3
CANDIDATES = 40


@dataclass(frozen=True, kw_only=True)
class Aggregates:
    """What agglomerates are made of and how.

    Attributes
    ----------
    primaries : (int, int)
        Least and greatest number of primary particles; small ones are commoner (uniform in the logarithm).
    habit : str
        Shape of a primary particle: sphere, irregular, cube, octahedron, crystal, rod, plate.
    fractal_dimension : float
        From 1.4, branched chains, to 2.9, dense lumps.
    monolayer : bool
        All primary particles lie on the substrate.
    polydispersity : float
        Standard deviation of the diameters inside one agglomerate as a share of their mean.
    sintering : float
        How far neighbours have grown into each other, as a share of the distance at which they would touch.
    roughness : float
        Waviness of an irregular outline.
    aspect : float
        Length of rods as a multiple of their width.
    cut : bool
        The border of the micrograph may cut agglomerates.
    overlap : float
        Share of agglomerates that may come to lie on others; both are then one object.
    occlusion : float
        How much darker recesses between primary particles are, as a share of the contrast.
    mass_contrast : float
        How much brighter thick parts are than thin ones, as a share of the contrast.
    shadow : float
        How much darker the substrate beside particles is, as a share of the contrast.
    """

    primaries: tuple[int, int] = (1, 30)
    habit: Habit = "sphere"
    fractal_dimension: float = 1.9
    monolayer: bool = False
    polydispersity: float = 0.1
    sintering: float = 0.08
    roughness: float = 0.15
    aspect: float = 4.0
    cut: bool = True
    overlap: float = 0.0
    occlusion: float = 0.5
    mass_contrast: float = 0.0
    shadow: float = 0.25


def grow(n: int, radius: float, how: Aggregates, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return `n` touching spheres, shape (n, 4): row, column, height and radius in pixels.

    Each new one touches one that is there, where it follows best the scaling of the radius of gyration with the
    number, N = k (Rg / a) ** D (sequential algorithm of Filippov, Zurita, Rosner, J. Colloid Interface Sci.
    2000).
    """
    spheres = np.zeros((n, 4))
    spheres[:, 3] = radius * np.clip(rng.normal(1, how.polydispersity, n), 0.35, 2.0)
    apart = 1 - how.sintering
    for i in range(1, n):
        there = spheres[:i]
        parents = there[rng.integers(i, size=CANDIDATES)]
        steps = rng.normal(size=(CANDIDATES, 3))
        if how.monolayer:
            steps[:, 2] = 0
        steps /= np.linalg.norm(steps, axis=1, keepdims=True)
        places = parents[:, :3] + steps * apart * (parents[:, 3:] + spheres[i, 3])
        gaps = np.linalg.norm(places[:, None] - there[None, :, :3], axis=2)
        free = gaps - apart * (there[None, :, 3] + spheres[i, 3])
        wished = _distance(i + 1, radius, how.fractal_dimension)
        off = np.abs(np.linalg.norm(places - there[:, :3].mean(0), axis=1) - wished)
        # What sinks into others is taken only where nothing else is left.
        best = int(np.argmin(off - 10 * np.minimum(free.min(axis=1) + 1e-6, 0)))
        spheres[i, :3] = places[best]
    spheres[:, 2] -= (spheres[:, 2] - spheres[:, 3]).min()
    spheres[:, :2] -= spheres[:, :2].mean(0)
    return spheres


def _distance(n: int, radius: float, dimension: float) -> float:
    """Return how far from the centre of the others the `n`-th sphere must lie."""
    before = radius**2 * ((n - 1) / PREFACTOR) ** (2 / dimension)
    after = radius**2 * (n / PREFACTOR) ** (2 / dimension)
    squared = n**2 / (n - 1) * after - n / (n - 1) * radius**2 - n * before
    return float(np.sqrt(max(squared, 0.0)))


def grown_relief(
    n: int, radius: float, how: Aggregates, detector: float, rng: np.random.Generator
) -> Relief:
    """Return one agglomerate of `n` primary particles in one piece, around row and column 0."""
    spheres = _raft(n, radius, how, rng) if how.habit == "rod" else grow(n, radius, how, rng)
    directions = spheres[:, 4] if how.habit == "rod" else np.zeros(n)
    parts = [
        draw_primary(
            (float(s[0]), float(s[1]), float(s[2])),
            float(s[3]),
            how.habit,
            aspect=how.aspect,
            roughness=how.roughness,
            direction=float(direction),
            detector=detector,
            rng=rng,
        )
        for s, direction in zip(spheres, directions, strict=True)
    ]
    return _one_piece(_merged(parts))


def _raft(n: int, width: float, how: Aggregates, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return rods across each other, shape (n, 5): row, column, height, radius, direction."""
    rods = np.zeros((n, 5))
    rods[:, 3] = width * np.clip(rng.normal(1, how.polydispersity, n), 0.5, 2.0)
    rods[:, 4] = rng.uniform(0, np.pi)
    for i in range(1, n):
        other = rods[rng.integers(i)]
        # Neighbours lie side by side or across.
        side = rng.random() < 0.6
        rods[i, 4] = other[4] + (rng.normal(0, 0.12) if side else rng.uniform(0, np.pi))
        along, across = np.array(
            [
                [-np.sin(other[4]), np.cos(other[4])],
                [np.cos(other[4]), np.sin(other[4])],
            ]
        )
        half = other[3] * how.aspect
        shift = rng.uniform(-0.6, 0.6) * half * along
        aside = (other[3] + rods[i, 3]) * (1 - how.sintering) * (1 if rng.random() < 0.5 else -1)
        rods[i, :2] = other[:2] + shift + (aside * across if side else 0)
        rods[i, 2] = other[2] + (rng.uniform(-0.3, 0.3) if side else 1.5) * width
    rods[:, 2] += width - rods[:, 2].min()
    rods[:, :2] -= rods[:, :2].mean(0)
    return rods


def _merged(parts: list[Relief]) -> Relief:
    top, left = min(p.top for p in parts), min(p.left for p in parts)
    bottom = max(p.top + p.height.shape[0] for p in parts)
    right = max(p.left + p.height.shape[1] for p in parts)
    shape = (bottom - top, right - left)
    height = np.full(shape, -np.inf, np.float32)
    steep, facing = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for p in parts:
        rows = slice(p.top - top, p.top - top + p.height.shape[0])
        columns = slice(p.left - left, p.left - left + p.height.shape[1])
        front = p.height > height[rows, columns]
        height[rows, columns][front] = p.height[front]
        steep[rows, columns][front] = p.steepness[front]
        facing[rows, columns][front] = p.facing[front]
    return Relief(top, left, height, steep, facing)


def _one_piece(relief: Relief) -> Relief:
    """Return the largest piece without the empty rows and columns round it."""
    pieces, n = ndimage.label(relief.inside)
    if n == 0:
        return relief
    kept = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    box = ndimage.find_objects(kept.astype(np.int8))[0]
    height = np.where(kept, relief.height, -np.inf).astype(np.float32)
    return Relief(
        relief.top + box[0].start,
        relief.left + box[1].start,
        height[box],
        relief.steepness[box],
        relief.facing[box],
    )
