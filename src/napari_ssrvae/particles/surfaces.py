"""A smooth surface through the background, found from an image read in bands and kept as a coarse grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.particles.blocks import block_means
from napari_ssrvae.particles.grey import Region

__all__ = ["BlockSums", "Surface"]

COARSEST = 16


@dataclass(frozen=True, eq=False)
class Surface:
    """A smooth surface over an image, linear between the points of a coarse grid, level beyond them.

    Attributes
    ----------
    grid : ndarray of float32
    step : float
        Pixels from point to point.
    first : float
        Row and column of the first point in pixels.
    """

    grid: NDArray[np.float32]
    step: float
    first: float

    def over(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the surface at all pixels of an image of this shape."""
        return self.read((slice(0, shape[0]), slice(0, shape[1])))

    def read(self, region: Region, every: int = 1) -> NDArray[np.float32]:
        """Return the surface at the pixels of a rectangle, or at the middles of blocks of `every` pixels."""
        fine = self.grid
        for axis, part in enumerate(region):
            low, high, share = self._between(part, self.grid.shape[axis], every)
            share = share[:, None] if axis == 0 else share[None, :]
            below, above = np.take(fine, low, axis), np.take(fine, high, axis)
            above -= below
            above *= share
            above += below
            fine = above
        return fine

    def take_from(self, pixels: NDArray[np.float32], rows: slice, columns: slice) -> None:
        """Subtract the surface from a part of the image, in place.

        Parameters
        ----------
        pixels : ndarray of float32, shape (h, w)
            The pixels of `rows` and `columns`.
        """
        top, bottom, down = self._between(rows, self.grid.shape[0])
        left, right, along = self._between(columns, self.grid.shape[1])
        # Rows between the same two lines of the grid together: few numbers at a time stay in the cache.
        begins = np.flatnonzero(np.diff(top, prepend=-1))
        for start, stop in zip(begins, [*begins[1:], len(top)], strict=True):
            upper, lower = self.grid[top[start]], self.grid[bottom[start]]
            upper = upper[left] * (1 - along) + upper[right] * along
            lower = lower[left] * (1 - along) + lower[right] * along
            pixels[start:stop] -= upper
            pixels[start:stop] -= down[start:stop, None] * (lower - upper)

    def _between(
        self, part: slice, n: int, every: int = 1
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Return the two grid points around each pixel of one axis, and how near it is to the second."""
        pixels = np.arange(part.start, part.stop, every, dtype=np.float64) + (every - 1) / 2
        at = np.clip((pixels - self.first) / self.step, 0, n - 1)
        low = np.minimum(at.astype(np.intp), max(n - 2, 0))
        return low, np.minimum(low + 1, n - 1), (at - low).astype(np.float32)


class BlockSums:
    """Means of the known pixels over blocks, gathered band by band.

    Parameters
    ----------
    shape : (int, int)
        Of the image.
    width_px : float
        Sigma of the Gaussian that the surface will be as smooth as.
    """

    def __init__(self, shape: tuple[int, ...], width_px: float) -> None:
        self.step = int(np.clip(width_px // 4, 1, COARSEST))
        self.sigma = width_px / self.step
        coarse = [-(-n // self.step) for n in shape]
        self.weight = np.zeros(coarse, np.float32)
        self.total = np.zeros(coarse, np.float32)

    def put(self, start: int, known: NDArray[np.bool_], values: NDArray[np.float32]) -> None:
        """Take in whole rows of pixels from row `start`, a multiple of `step`.

        Parameters
        ----------
        known : ndarray of bool, shape (h, W)
        values : ndarray of float32, shape (h, W)
        """
        at = start // self.step
        for kept, pixels in (
            (self.weight, known.astype(np.float32)),
            (self.total, values * known),
        ):
            blocks = block_means(pixels, self.step)
            kept[at : at + len(blocks)] = blocks

    def surface(self, otherwise: float) -> Surface:
        """Return a smooth surface through what is known, or the level `otherwise` where nothing is.

        A parabola through all of it, and on it what normalised convolution finds (Knutsson and Westin 1993):
        the Gaussian mean of the known pixels only, so that a particle leaves no bump. The parabola keeps a
        slope from being bent at the edges of the image.
        """
        weight, sigma = self.weight, self.sigma
        if not weight.any():
            return Surface(np.full((1, 1), otherwise, np.float32), 1.0, 0.0)
        bowl = _parabola(self.total, weight)
        total = self.total - weight * bowl
        # Far from any known pixel the surface falls back, first to a wider mean, then to the parabola.
        surface = np.zeros(weight.shape, dtype=np.float32)
        for factor in (4.0, 1.0):
            near = ndimage.gaussian_filter(weight, sigma * factor, mode="nearest", truncate=3)
            value = ndimage.gaussian_filter(total, sigma * factor, mode="nearest", truncate=3)
            surface = (value + 0.01 * surface) / (near + 0.01)
        surface += bowl
        return Surface(surface, float(self.step), (self.step - 1) / 2)


def _parabola(total: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the weighted least-squares surface of second order, shape of `weight`."""
    rows = np.linspace(-1, 1, weight.shape[0])[:, None] * np.ones((1, weight.shape[1]))
    columns = np.linspace(-1, 1, weight.shape[1])[None, :] * np.ones((weight.shape[0], 1))
    terms = np.stack(
        [np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2]
    ).reshape(6, -1)
    square = (terms * weight.ravel()) @ terms.T
    # A whisper of ridge: a narrow image has no second order across.
    square[np.diag_indices(6)] += 1e-6 * np.trace(square) / 6
    solution = np.linalg.solve(square, terms @ total.ravel().astype(np.float64))
    surface: NDArray[np.float32] = (solution @ terms).reshape(weight.shape).astype(np.float32)
    return surface
