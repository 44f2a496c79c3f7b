"""Which pixels of a tile belong to particles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.particles.backgrounds import Surface
from napari_ssrvae.particles.blocks import block_means
from napari_ssrvae.particles.grey import GreySource
from napari_ssrvae.particles.levels import Levels
from napari_ssrvae.particles.look import PartLook
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.sight import smoothed
from napari_ssrvae.particles.tiling import Tile

__all__ = ["Outlining"]

# Where between background (0) and particle (1) the outline runs. Half is where a blurred edge lies; crowded
# particles need less, since the local rule below keeps them apart.
GLOBAL_LEVEL = 0.5
LOCAL_LEVEL = 0.42
HYSTERESIS_LEVEL = 0.28
# A pixel of a particle is brighter than its surroundings within about a particle's width, by this much.
LOCAL_REACH = 0.65
LOCAL_LEAD = 0.1
INSIDE = 0.8
# A particle is somewhere clearly above the level of its outline; a blot of noise is not.
PEAK_ABOVE = 0.15
HYSTERESIS_PEAK = 0.62
# A disc of diameter d answers most to the Laplacian of a Gaussian of d / (2 sqrt 2); a little less keeps
# neighbours apart and the edge in place.
BLOB_SIGMA = 0.3
# The answer to a disc of contrast 1 is about 0.8 at its middle.
BLOB_EDGE, BLOB_PEAK = 0.08, 0.35
TRUNCATE = 3.0


class Outlining:
    """The rule for one micrograph, or part of one, in one place for the whole, tiles and preview.

    Parameters
    ----------
    source : GreySource
        The rows that `look` is about.
    look : PartLook
        Its levels are there.
    parameters : SegmentationParameters
        In pixels.
    """

    def __init__(
        self, source: GreySource, look: PartLook, parameters: SegmentationParameters
    ) -> None:
        assert look.levels is not None
        self._source = source
        self._look = look
        self._levels: Levels = look.levels
        self._parameters = parameters
        self._reach = LOCAL_REACH * look.levels.width_px
        # A power of two: the grid is then read off alike in every tile, to the last bit.
        self.grid = 1 << int(np.clip(np.log2(max(1.0, self._reach / 4)), 0, 4))

    @property
    def margin(self) -> int:
        """How far a pixel sees."""
        margin = int(4 * self._look.sigma + 0.5) + 2
        if self._method == "local":
            margin += int(np.ceil(TRUNCATE * self._reach)) + 2 * self.grid
        if self._method == "blobs":
            margin += int(np.ceil(4 * BLOB_SIGMA * self._levels.width_px)) + 2
        return margin

    @property
    def _method(self) -> str:
        method = self._parameters.method
        return "local" if method == "auto" else method

    def mask(self, tile: Tile) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which pixels of a tile's core are particle, and which of these clearly so."""
        flat = self._flat(tile)
        low, contrast = self._levels.low, self._levels.contrast
        inner = flat[tile.inner]
        level = self._level()
        method = self._method
        if method == "blobs":
            return self._blobs(flat, tile)
        mask: NDArray[np.bool_] = inner > low + level * contrast
        peak = level + PEAK_ABOVE
        if method == "hysteresis":
            peak = HYSTERESIS_PEAK - 0.3 * self._parameters.sensitivity
        elif method == "local":
            lead = LOCAL_LEAD - 0.1 * self._parameters.sensitivity
            ahead = inner > self._around(flat, tile) + lead * contrast
            # The inside of a large agglomerate is no brighter than its surroundings, but bright.
            mask &= ahead | (inner > low + INSIDE * contrast)
        return mask, mask & (inner > low + peak * contrast)

    def _level(self) -> float:
        """Return where between background and particle the outline runs."""
        level = {"global": GLOBAL_LEVEL, "hysteresis": HYSTERESIS_LEVEL}.get(
            self._method, LOCAL_LEVEL
        )
        return level - (0.2 if self._method == "hysteresis" else 0.3) * self._parameters.sensitivity

    def _flat(self, tile: Tile) -> NDArray[np.float32]:
        look = self._look
        flat = smoothed(self._source.read(tile.outer), look.sigma, look.specks, look.bright)
        if look.surface is not None:
            flat = flat - look.surface.read(tile.outer)
        return flat

    def _around(self, flat: NDArray[np.float32], tile: Tile) -> NDArray[np.float32]:
        """Return the mean of the surroundings of each pixel of the core."""
        coarse = ndimage.gaussian_filter(
            block_means(flat, self.grid), self._reach / self.grid, mode="nearest", truncate=TRUNCATE
        )
        return Surface(coarse, self.grid, (self.grid - 1) / 2).read(tile.inner)

    def _blobs(
        self, flat: NDArray[np.float32], tile: Tile
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        sigma = BLOB_SIGMA * self._levels.width_px
        answer = -(sigma**2) * ndimage.gaussian_laplace(flat, sigma)[tile.inner]
        scale = self._levels.contrast * (1 - 0.6 * self._parameters.sensitivity)
        return answer > BLOB_EDGE * scale, answer > BLOB_PEAK * scale

    def coarser(self, step: int) -> Outlining:
        """Return the same rule for a picture of blocks of `step` pixels."""
        look = self._look
        levels = replace(self._levels, width_px=max(1.0, self._levels.width_px / step))
        # A block mean smooths already, by its own width.
        sigma = float(np.sqrt(max(look.sigma**2 - (step**2 - 1) / 12, 0.0))) / step
        surface = look.surface
        if surface is not None:
            first = (surface.first - (step - 1) / 2) / step
            surface = Surface(surface.grid, surface.step / step, first)
        blocks = replace(look, levels=levels, sigma=sigma, surface=surface)
        return Outlining(self._source.coarser(step), blocks, self._parameters)
