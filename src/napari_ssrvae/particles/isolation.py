"""Bright on black, each particle by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.backgrounds import smooth_background

__all__ = ["normalised", "owners"]

# How much of the grey value is kept 1, 2 and 3 pixels outside the mask.
SOFT_EDGE = (0.75, 0.5, 0.25)
BRIGHT_END = 98.0


def normalised(
    image: NDArray[np.float32],
    labels: NDArray[np.int32],
    n_particles: int,
    data_bar: tuple[int, int] | None,
) -> NDArray[np.float32]:
    """Return grey values in [0, 1]: 0 the smooth background, 1 the bright end of the particles.

    Dark particles are turned bright. The scale is one for the whole micrograph, so a faint particle
    stays faint beside a bright one.
    """
    inside = labels > 0
    outside = ~_grown(inside, 3)
    if data_bar is not None:
        outside[data_bar[0] : data_bar[1]] = False
        inside = inside.copy()
        inside[data_bar[0] : data_bar[1]] = False
    if not outside.any():
        outside = ~inside
    width = max(16.0, 4 * float(np.sqrt(inside.sum() / max(1, n_particles))))
    flat = image - smooth_background(image, outside, width)
    values = flat[inside] if inside.any() else flat.ravel()
    if float(np.median(values)) < 0:
        flat, values = -flat, -values
    high = float(np.percentile(values, BRIGHT_END))
    if high <= 0:
        high = max(float(values.max()), float(np.finfo(np.float32).tiny))
    shown: NDArray[np.float32] = np.clip(flat / np.float32(high), 0.0, 1.0).astype(np.float32)
    if data_bar is not None:
        shown[data_bar[0] : data_bar[1]] = 0
    return shown


def owners(labels: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return whose particle each pixel is, up to three pixels outside its mask, and how much of it to keep."""
    owner = labels.copy()
    weight = (labels > 0).astype(np.float32)
    for kept in SOFT_EDGE:
        grown = _neighbour(owner)
        new = (owner == 0) & (grown > 0)
        owner[new] = grown[new]
        weight[new] = kept
    return owner, weight


def _neighbour(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    grown = labels.copy()
    for axis in (0, 1):
        ahead = [slice(None), slice(None)]
        behind = [slice(None), slice(None)]
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        np.maximum(grown[tuple(ahead)], labels[tuple(behind)], out=grown[tuple(ahead)])
        np.maximum(grown[tuple(behind)], labels[tuple(ahead)], out=grown[tuple(behind)])
    return grown


def _grown(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    grown = mask.astype(np.int32)
    for _ in range(by):
        grown = _neighbour(grown)
    return grown > 0
