"""Where touching spheres lie: inside an agglomerate, and agglomerates on the substrate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError

__all__ = ["Spheres", "agglomerate", "place"]

# Spheres that touch in projection sink into each other a little: blur and contact.
CONTACT = 0.96
TRIES = 400


@dataclass(frozen=True, eq=False)
class Spheres:
    """All spheres of a picture: centres and radii in pixels, and the agglomerate each belongs to (from 0)."""

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    radius: NDArray[np.float64]
    owner: NDArray[np.int64]


def agglomerate(
    n: int, diameters: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return `n` touching spheres around their common centroid, shape (n, 3): y, x, radius in pixels.

    Each new sphere touches one that is there already, at a random angle at which it overlaps no other:
    chains, triangles, rhombs and branches all occur.
    """
    spheres = np.zeros((n, 3))
    spheres[:, 2] = rng.uniform(*diameters, size=n) / 2
    for i in range(1, n):
        for _ in range(TRIES):
            parent = spheres[rng.integers(i)]
            angle = rng.uniform(0, 2 * np.pi)
            apart = CONTACT * (parent[2] + spheres[i, 2])
            spheres[i, :2] = parent[:2] + apart * np.array([np.sin(angle), np.cos(angle)])
            gaps = np.hypot(*(spheres[:i, :2] - spheres[i, :2]).T)
            if (gaps >= CONTACT * (spheres[:i, 2] + spheres[i, 2]) - 1e-9).all():
                break
    weight = spheres[:, 2:] ** 2
    spheres[:, :2] -= (spheres[:, :2] * weight).sum(0) / weight.sum()
    return spheres


def place(
    groups: list[NDArray[np.float64]], shape: tuple[int, int], gap: float, rng: np.random.Generator
) -> Spheres:
    """Lay agglomerates down at random, at least `gap` pixels apart and inside the picture.

    Raises
    ------
    InputError
        They do not fit.
    """
    cell = 2 * max(float(group[:, 2].max()) for group in groups) + gap
    taken: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    placed: list[NDArray[np.float64]] = [np.zeros((0, 3))] * len(groups)
    # The largest first: they find no room later.
    for index in sorted(range(len(groups)), key=lambda i: -len(groups[i])):
        group = groups[index]
        margin = float((np.abs(group[:, :2]).max(axis=1) + group[:, 2]).max()) + 2
        if 2 * margin >= min(shape):
            raise _too_full(shape)
        for _ in range(TRIES):
            middle = np.array([rng.uniform(margin, n - margin) for n in shape])
            moved = group.copy()
            moved[:, :2] += middle
            if _free(moved, taken, cell, gap):
                break
        else:
            raise _too_full(shape)
        placed[index] = moved
        for y, x, radius in moved.tolist():
            taken.setdefault((int(y // cell), int(x // cell)), []).append((y, x, radius))
    every = np.concatenate(placed)
    owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Spheres(every[:, 0], every[:, 1], every[:, 2], owner)


def _free(
    group: NDArray[np.float64],
    taken: dict[tuple[int, int], list[tuple[float, float, float]]],
    cell: float,
    gap: float,
) -> bool:
    for y, x, radius in group.tolist():
        row, column = int(y // cell), int(x // cell)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                for there in taken.get((row + dy, column + dx), ()):
                    if (y - there[0]) ** 2 + (x - there[1]) ** 2 < (radius + there[2] + gap) ** 2:
                        return False
    return True


def _too_full(shape: tuple[int, int]) -> InputError:
    return InputError(
        f"The particles do not fit into {shape[0]} x {shape[1]} pixels: "
        "ask for fewer or smaller ones, or for a larger picture."
    )
