"""Drawing what a scanning electron microscope would show of particles on a substrate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.evaluation.placing import Spheres

__all__ = ["draw_particles", "substrate", "texture"]


def draw_particles(
    spheres: Spheres,
    shape: tuple[int, int],
    *,
    faceted: bool,
    edge: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Draw the particles without their surroundings.

    Secondary electrons leave more easily where the surface is steep: a sphere is brighter at its rim than on
    its face, roughly as 1 / cos of the tilt (Reimer, "Scanning Electron Microscopy", 1998). The side towards
    the detector is a little brighter.

    Parameters
    ----------
    spheres : Spheres
    shape : (int, int)
    faceted : bool
        Draw crystals with flat faces instead of spheres.
    edge : float
        How much brighter the rim is than the face, 0 to 1.
    rng : numpy.random.Generator

    Returns
    -------
    brightness : ndarray of float32, shape (H, W)
        About 0.5 to 1 inside particles, 0 outside.
    cover : ndarray of float32, shape (H, W)
        Share of each pixel that a particle covers.
    labels : ndarray of int32, shape (H, W)
    """
    brightness = np.zeros(shape, np.float32)
    cover = np.zeros(shape, np.float32)
    labels = np.zeros(shape, np.int32)
    nearest = np.full(shape, np.inf, np.float32)
    detector = rng.uniform(0, 2 * np.pi)
    gains = rng.normal(1.0, 0.05, int(spheres.owner.max()) + 1)
    for y, x, radius, owner in zip(
        spheres.y, spheres.x, spheres.radius, spheres.owner, strict=True
    ):
        reach = int(np.ceil(radius)) + 2
        top, left = int(y) - reach, int(x) - reach
        window = (
            slice(max(top, 0), min(top + 2 * reach + 1, shape[0])),
            slice(max(left, 0), min(left + 2 * reach + 1, shape[1])),
        )
        dy = np.arange(window[0].start, window[0].stop)[:, None] - y
        dx = np.arange(window[1].start, window[1].stop)[None, :] - x
        depth = _facets(dy, dx, rng) if faceted else np.hypot(dy, dx)
        rho = (depth / radius).astype(np.float32)
        covered = np.clip(radius - depth + 0.5, 0.0, 1.0).astype(np.float32)
        rim = 1 - np.sqrt(np.maximum(1 - np.minimum(rho, 1.0) ** (6 if faceted else 2), 0.0))
        side = 0.08 * (dy * np.sin(detector) + dx * np.cos(detector)) / radius
        value = gains[owner] * ((1 - edge) + edge * rim + side)
        front = (rho < nearest[window]) & (covered > 0)
        nearest[window] = np.where(front, rho, nearest[window])
        brightness[window] = np.where(front, value, brightness[window])
        cover[window] = np.maximum(cover[window], covered)
        labels[window] = np.where(rho <= 1, int(owner) + 1, labels[window])
    return brightness, cover, labels


def _facets(
    dy: NDArray[np.float64], dx: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the distance to a polygon with 5 to 8 edges, 1 on the edge of one with unit inner radius."""
    n = int(rng.integers(5, 9))
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(n) / n
    distance: NDArray[np.float64] = np.max(
        [dy * np.sin(a) + dx * np.cos(a) for a in angles], axis=0
    )
    return np.maximum(distance * 1.04, 0.0)


def substrate(
    shape: tuple[int, int], gradient: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a substrate of mean 0: a slope and a bow across the image, blotches and grain.

    Parameters
    ----------
    shape : (int, int)
    gradient : float
        Difference between the darkest and the brightest part of slope and bow.
    rng : numpy.random.Generator
    """
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.sin(angle) * rows + np.cos(angle) * columns
    bow = -0.5 * ((rows - rng.uniform(-0.5, 0.5)) ** 2 + (columns - rng.uniform(-0.5, 0.5)) ** 2)
    uneven = slope + bow
    uneven = gradient * (uneven - uneven.mean()) / max(float(np.ptp(uneven)), 1e-6)
    blotches = texture(shape, 24.0, rng)
    grain = texture(shape, 1.2, rng)
    return np.asarray(uneven + 0.012 * blotches + 0.010 * grain, np.float32)


def texture(shape: tuple[int, int], width: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return smooth noise of unit variance with grains `width` pixels wide."""
    step = max(1, int(width // 3))
    coarse = rng.standard_normal([n // step + 2 for n in shape], dtype=np.float32)
    smooth = ndimage.gaussian_filter(coarse, width / step, mode="wrap")
    smooth /= max(float(smooth.std()), 1e-6)
    if step == 1:
        return np.asarray(smooth[: shape[0], : shape[1]], np.float32)
    large = ndimage.zoom(smooth, step, order=1)
    return np.asarray(large[: shape[0], : shape[1]], np.float32)
