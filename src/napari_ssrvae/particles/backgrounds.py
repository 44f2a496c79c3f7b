"""The background of a micrograph, also where particles hide it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.particles.blocks import block_means
from napari_ssrvae.particles.grey import Region

__all__ = ["Surface", "fit_background", "read_grid", "smooth_background"]


@dataclass(frozen=True, eq=False)
class Surface:
    """A smooth surface over an image, kept on a coarse grid.

    Attributes
    ----------
    grid : ndarray of float32
        Values at the grid's points.
    step : float
        Pixels from point to point.
    first : float
        Row and column of the first point in pixels.
    """

    grid: NDArray[np.float32]
    step: float
    first: float

    def read(self, region: Region, every: int = 1) -> NDArray[np.float32]:
        """Return the surface at the pixels of a rectangle, or at the middles of blocks of `every` pixels."""
        at = [
            (np.arange(r.start, r.stop, every, dtype=np.float64) + (every - 1) / 2 - self.first)
            / self.step
            for r in region
        ]
        return read_grid(self.grid, at[0], at[1])


def smooth_background(
    image: NDArray[np.float32], known: NDArray[np.bool_], width_px: float
) -> NDArray[np.float32]:
    """Return a smooth surface through the known pixels, shape (H, W). See `fit_background`."""
    surface = fit_background(image, known, width_px)
    return surface.read((slice(0, image.shape[0]), slice(0, image.shape[1])))


def fit_background(
    image: NDArray[np.float32], known: NDArray[np.bool_], width_px: float
) -> Surface:
    """Return a smooth surface through the known pixels.

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
        return Surface(np.full((1, 1), np.median(image), dtype=np.float32), 1.0, 0.0)
    step = int(np.clip(width_px // 4, 1, 16))
    weight = block_means(known.astype(np.float32), step)
    total = block_means(np.where(known, image, np.float32(0)), step)
    sigma = width_px / step
    bowl = _parabola(total, weight)
    total = total - weight * bowl
    # Far from any known pixel the surface falls back, first to a wider mean, then to the parabola.
    surface = np.zeros(weight.shape, dtype=np.float32)
    for factor in (4.0, 1.0):
        near = ndimage.gaussian_filter(weight, sigma * factor, mode="nearest", truncate=3)
        value = ndimage.gaussian_filter(total, sigma * factor, mode="nearest", truncate=3)
        surface = (value + 0.01 * surface) / (near + 0.01)
    return Surface(surface + bowl, float(step), (step - 1) / 2)


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


def read_grid(
    grid: NDArray[np.float32], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return a grid read off linearly at positions in units of its points, shape (len(rows), len(columns)).

    Beyond its edges the nearest point holds.
    """
    fine = grid
    # First along the axis that leaves less to do for the other.
    for axis, position in ((0, rows), (1, columns)):
        at = np.clip(position, 0, grid.shape[axis] - 1)
        low = np.minimum(at.astype(np.intp), max(grid.shape[axis] - 2, 0))
        high = np.minimum(low + 1, grid.shape[axis] - 1)
        part = (at - low).astype(np.float32)
        part = part[:, None] if axis == 0 else part[None, :]
        below = np.take(fine, low, axis)
        above = np.take(fine, high, axis)
        above -= below
        above *= part
        above += below
        fine = above
    return fine
