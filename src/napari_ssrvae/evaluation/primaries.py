"""One primary particle seen from above: its height, how steep it is, and which way it faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Habit", "Relief", "draw_primary"]

Habit = Literal["sphere", "irregular", "cube", "octahedron", "crystal", "rod", "plate"]

# Width of the bright line along the edges of a crystal, as a share of its radius.
EDGE_LINE = 0.12


@dataclass(frozen=True, eq=False)
class Relief:
    """Something with height on a small grid of pixels.

    Attributes
    ----------
    top, left : int
        Pixel of the grid's first corner.
    height : ndarray of float32, shape (h, w)
        Of the upper surface, in pixels; minus infinity where there is nothing.
    steepness : ndarray of float32, shape (h, w)
        0 where the surface lies flat to 1 where it is vertical, and along edges.
    facing : ndarray of float32, shape (h, w)
        Cosine between the surface and the direction of the detector, -1 to 1.
    """

    top: int
    left: int
    height: NDArray[np.float32]
    steepness: NDArray[np.float32]
    facing: NDArray[np.float32]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Where there is something, shape (h, w)."""
        return np.isfinite(self.height)


def draw_primary(
    centre: tuple[float, float, float],
    radius: float,
    habit: Habit,
    *,
    aspect: float,
    roughness: float,
    direction: float,
    detector: float,
    rng: np.random.Generator,
) -> Relief:
    """Draw one primary particle.

    Parameters
    ----------
    centre : (float, float, float)
        Row, column and height, in pixels.
    radius : float
        Of the sphere of about the same size; half the width of a rod.
    habit : str
        sphere; irregular, a lump with a wavy outline; cube, octahedron, plate, rod; crystal, a convex body with
        faces at random.
    aspect : float
        Length of a rod as a multiple of its width.
    roughness : float
        Depth of the waves of an irregular outline as a share of the radius.
    direction : float
        In which a rod points, in radians.
    detector : float
        Where the detector stands, in radians.
    rng : numpy.random.Generator
    """
    reach = int(np.ceil(radius * (1.8 if habit != "rod" else aspect + 1))) + 2
    top, left = int(centre[0]) - reach, int(centre[1]) - reach
    y: NDArray[np.floating] = np.arange(2.0 * reach + 1)[:, None] + (top - centre[0])
    x: NDArray[np.floating] = np.arange(2.0 * reach + 1)[None, :] + (left - centre[1])
    if habit in ("sphere", "irregular"):
        height, steep, facing = _lump(
            y, x, radius, roughness if habit == "irregular" else 0.0, detector, rng
        )
    else:
        normals, offsets = _faces(habit, aspect, direction, rng)
        height, steep, facing = _convex(y, x, normals, offsets * radius, radius, detector)
    return Relief(
        top,
        left,
        (height + centre[2]).astype(np.float32),
        steep.astype(np.float32),
        facing.astype(np.float32),
    )


def _lump(
    y: NDArray[np.floating],
    x: NDArray[np.floating],
    radius: float,
    roughness: float,
    detector: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    angle = np.arctan2(y, x)
    outline = np.ones_like(angle)
    if roughness > 0:
        for order in range(2, 8):
            outline += (
                roughness
                * rng.normal()
                * np.cos(order * angle + rng.uniform(0, 2 * np.pi))
                / (order - 0.7)
            )
    rho = np.hypot(y, x) / (radius * np.maximum(outline, 0.4))
    upright = np.sqrt(np.maximum(1 - rho**2, 0.0))
    facing = rho * (np.sin(angle) * np.sin(detector) + np.cos(angle) * np.cos(detector))
    height = np.where(rho <= 1, radius * upright, -np.inf)
    steep = 1 - upright
    if roughness > 0:
        # Bumps tilt the surface here and there.
        waves = sum(
            np.sin((y * np.sin(a) + x * np.cos(a)) * k / radius + p)
            for a, k, p in zip(
                rng.uniform(0, 2 * np.pi, 4),
                rng.uniform(2, 6, 4),
                rng.uniform(0, 2 * np.pi, 4),
                strict=True,
            )
        )
        steep = np.clip(steep + roughness * 0.35 * waves, 0, 1)
    return height, steep, facing


def _faces(
    habit: str, aspect: float, direction: float, rng: np.random.Generator
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return unit normals (n, 3) as row, column, height, and distances of faces for a radius of 1."""
    cube = np.concatenate([np.eye(3), -np.eye(3)])
    if habit == "rod":
        around = np.arange(10) * 2 * np.pi / 10
        sides = np.stack([np.cos(around), np.zeros(10), np.sin(around)], 1)
        ends = np.array([[0.0, 1, 0], [0, -1, 0]])
        chamfers = np.array([[s, e, t] for s, t in ((1, 0), (-1, 0), (0, 1)) for e in (1.0, -1.0)])
        chamfers /= np.linalg.norm(chamfers, axis=1, keepdims=True)
        normals = np.concatenate([sides, ends, chamfers])
        offsets = np.concatenate(
            [np.ones(10), np.full(2, aspect), np.full(6, (aspect + 0.6) / np.sqrt(2))]
        )
        return normals @ _turned(direction, rng.normal(0, 0.06)).T, offsets
    if habit == "plate":
        around = rng.uniform(0, 1) + np.arange(6) * np.pi / 3
        sides = np.stack([np.cos(around), np.sin(around), np.zeros(6)], 1)
        normals = np.concatenate([sides, np.array([[0.0, 0, 1], [0, 0, -1]])])
        offsets = np.concatenate([rng.uniform(0.85, 1.15, 6), [0.25, 0.25]])
        return normals @ _random_turn(rng, 0.35).T, offsets
    if habit == "cube":
        return cube @ _random_turn(rng, 0.5).T, rng.uniform(0.75, 0.9, 6)
    if habit == "octahedron":
        signs = np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)])
        normals = np.concatenate([signs / np.sqrt(3), cube])
        offsets = np.concatenate([np.full(8, 0.8), np.full(6, 1.05)])
        return normals @ _random_turn(rng, np.pi).T, offsets
    normals = rng.normal(size=(14, 3))
    normals = np.concatenate([normals / np.linalg.norm(normals, axis=1, keepdims=True), cube])
    return normals, np.concatenate([rng.uniform(0.7, 1.0, 14), np.full(6, 1.1)])


def _turned(direction: float, tilt: float) -> NDArray[np.floating]:
    c, s = np.cos(direction), np.sin(direction)
    flat = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    c, s = np.cos(tilt), np.sin(tilt)
    up: NDArray[np.floating] = flat @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return up


def _random_turn(rng: np.random.Generator, tilt: float) -> NDArray[np.floating]:
    first = _turned(rng.uniform(0, 2 * np.pi), rng.uniform(-tilt, tilt))
    return first @ _turned(rng.uniform(0, 2 * np.pi), rng.uniform(-tilt, tilt))


def _convex(
    y: NDArray[np.floating],
    x: NDArray[np.floating],
    normals: NDArray[np.floating],
    offsets: NDArray[np.floating],
    radius: float,
    detector: float,
) -> tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]:
    """Return height, steepness and facing of the body `normals @ point <= offsets`."""
    upper = normals[:, 2] > 1e-3
    lower = normals[:, 2] < -1e-3
    wall = ~upper & ~lower

    def planes(which: NDArray[np.bool_]) -> NDArray[np.floating]:
        n, d = normals[which], offsets[which]
        part: NDArray[np.floating] = (
            d[:, None, None] - n[:, :1, None] * y - n[:, 1:2, None] * x
        ) / n[:, 2:, None]
        return part

    ceilings = planes(upper)
    roof = ceilings.min(axis=0)
    # How far within the outline, as electrons leave easily there too.
    depth = roof - planes(lower).max(axis=0)
    for n, d in zip(normals[wall], offsets[wall], strict=True):
        depth = np.minimum(depth, d - n[0] * y - n[1] * x)
    inside = depth >= 0
    face = ceilings.argmin(axis=0)
    upright = normals[upper][:, 2][face]
    second = np.partition(ceilings, 1, axis=0)[1] if len(ceilings) > 1 else roof + radius
    width = max(EDGE_LINE * radius, 0.8)
    line = np.exp(-((np.minimum(second - roof, np.maximum(depth, 0.0)) / width) ** 2))
    toward = normals[upper][:, 0] * np.sin(detector) + normals[upper][:, 1] * np.cos(detector)
    steep = np.clip(np.maximum(1 - upright, 0.55 * line), 0, 1)
    return np.where(inside, roof, -np.inf), steep, toward[face]
