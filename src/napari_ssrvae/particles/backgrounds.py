"""The background of a micrograph, also where particles hide it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["smooth_background"]


def smooth_background(
    image: NDArray[np.float32], known: NDArray[np.bool_], width_px: float
) -> NDArray[np.float32]:
    """Return a smooth surface through the known pixels, shape (H, W).

    A parabola through all of them, and on it what normalised convolution finds (Knutsson and Westin 1993):
    the Gaussian mean of the known pixels only, so that a particle leaves no bump. The parabola keeps a
    slope from being bent at the edges of the image. It is worked out on a coarse grid, which a smooth
    surface does not feel.

    Parameters
    ----------
    image : ndarray of float32, shape (H, W)
    known : ndarray of bool, shape (H, W)
        Where the background is seen.
    width_px : float
        Sigma of the Gaussian.
    """
    if not known.any():
        return np.full(image.shape, np.median(image), dtype=np.float32)
    step = int(np.clip(width_px // 4, 1, 16))
    weight = _blocks(known.astype(np.float32), step)
    total = _blocks(np.where(known, image, np.float32(0)), step)
    sigma = width_px / step
    bowl = _parabola(total, weight)
    total = total - weight * bowl
    # Far from any known pixel the surface falls back, first to a wider mean, then to the parabola.
    surface = np.zeros(weight.shape, dtype=np.float32)
    for factor in (4.0, 1.0):
        near = ndimage.gaussian_filter(weight, sigma * factor, mode="nearest", truncate=3)
        value = ndimage.gaussian_filter(total, sigma * factor, mode="nearest", truncate=3)
        surface = (value + 0.01 * surface) / (near + 0.01)
    surface += bowl
    return _spread(surface, step, image.shape)


def _parabola(total: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weighted least-squares surface of second order, shape of `weight`."""
    rows = np.linspace(-1, 1, weight.shape[0])[:, None] * np.ones((1, weight.shape[1]))
    columns = np.linspace(-1, 1, weight.shape[1])[None, :] * np.ones((weight.shape[0], 1))
    terms = np.stack(
        [np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2]
    ).reshape(6, -1)
    heavy = terms * weight.ravel()
    # A whisper of ridge: a narrow image has no second order across.
    square = heavy @ terms.T
    square[np.diag_indices(6)] += 1e-6 * np.trace(square) / 6
    solution = np.linalg.solve(square, terms @ total.ravel().astype(np.float64))
    surface: NDArray[np.float32] = (solution @ terms).reshape(weight.shape).astype(np.float32)
    return surface


def _blocks(array: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """Return the mean over blocks of `step` pixels; the last ones may be smaller and are filled with edges."""
    if step == 1:
        return array
    short = [-n % step for n in array.shape]
    padded = np.pad(array, [(0, n) for n in short], mode="edge")
    rows, columns = (n // step for n in padded.shape)
    blocks: NDArray[np.float32] = padded.reshape(rows, step, columns, step).mean(axis=(1, 3))
    return blocks


def _spread(coarse: NDArray[np.float32], step: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the coarse grid read off at every pixel, linearly."""
    if step == 1:
        return coarse
    fine = coarse
    for axis in (0, 1):
        at = np.clip((np.arange(shape[axis]) + 0.5) / step - 0.5, 0, coarse.shape[axis] - 1)
        low = np.minimum(at.astype(np.intp), max(coarse.shape[axis] - 2, 0))
        high = np.minimum(low + 1, coarse.shape[axis] - 1)
        part = (at - low).astype(np.float32)
        part = part[:, None] if axis == 0 else part[None, :]
        fine = np.take(fine, low, axis) * (1 - part) + np.take(fine, high, axis) * part
    return fine
