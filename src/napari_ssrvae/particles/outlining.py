"""Which pixels of a tile belong to particles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.particles.grey import GreySource, Region
from napari_ssrvae.particles.levels import Levels
from napari_ssrvae.particles.look import PartLook
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.sharpness import (
    DROP_UNIT,
    LOCAL_LEAD,
    PEAK,
    drops_along,
    local_grid,
    local_margin,
    local_mean,
    outline_mask,
)
from napari_ssrvae.particles.sight import smoothed
from napari_ssrvae.particles.surfaces import Surface
from napari_ssrvae.particles.tiling import Tile

__all__ = ["Outlining", "Seen"]

HYSTERESIS_LEVEL = 0.25
# A particle's outline is sharp, that of a stain, a glow or a tail of charge is not: least fall across it, as a
# share of the usual one.
LEAST_DROP = 0.35
# A disc of diameter d answers most to the Laplacian of a Gaussian of d / (2 sqrt 2); a little less keeps
# neighbours apart and the edge in place.
BLOB_SIGMA = 0.3
# The answer to a disc of contrast 1 is about 0.8 at its middle.
BLOB_EDGE, BLOB_PEAK = 0.08, 0.35


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen in the core of a tile.

    Attributes
    ----------
    mask : ndarray of bool, shape (h, w)
        Pixels of particles.
    clear : ndarray of bool, shape (h, w)
        Those that clearly are.
    inside, outside : ndarray of int64, shape (P,)
        Raster indices of the two pixels at every place where the mask ends; -1 where one lies beside the core.
    fall : ndarray of int64, shape (P,)
        How far grey values fall there, in units of `DROP_UNIT`.
    """

    mask: NDArray[np.bool_]
    clear: NDArray[np.bool_]
    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    fall: NDArray[np.int64]


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
        self.grid = local_grid(look.levels.width_px)

    @property
    def margin(self) -> int:
        """How far a pixel sees."""
        margin = int(4 * self._look.sigma + 0.5) + 5
        if self._method == "local":
            margin += local_margin(self._levels.width_px)
        if self._method == "blobs":
            margin += int(np.ceil(4 * BLOB_SIGMA * self._levels.width_px)) + 2
        return margin

    @property
    def _method(self) -> str:
        if self._parameters.method != "auto":
            return self._parameters.method
        return "local" if self._look.outline.local else "global"

    @property
    def least_drop(self) -> int:
        """Least mean fall across a particle's outline, in units of `DROP_UNIT`."""
        share = LEAST_DROP * (1 - 0.6 * self._parameters.sensitivity)
        return round(share * self._look.outline.drop / DROP_UNIT)

    def seen(self, tile: Tile) -> Seen:
        """Return what belongs to particles in a tile's core."""
        share = self._share(tile)
        method, sensitivity = self._method, self._parameters.sensitivity
        core = tile.inner
        # One pixel more on each side, as far as the image goes: does the outline run along the core's edge?
        rows, columns = (
            slice(max(0, r.start - 1), min(n, r.stop + 1))
            for r, n in zip(core, share.shape, strict=True)
        )
        ring = (rows, columns)
        near = share[ring]
        if method == "blobs":
            mask, clear = self._blobs(share, ring)
        else:
            mean = local_mean(share, self._levels.width_px)[ring] if method == "local" else None
            mask = outline_mask(near, mean, self._level(), LOCAL_LEAD - 0.1 * sensitivity)
            clear = mask & (near > PEAK - 0.3 * sensitivity)
        drops = drops_along(share, mask, ring, core)
        own = tuple(
            slice(c.start - a.start, c.stop - a.start) for c, a in zip(core, ring, strict=True)
        )
        fall = np.rint(drops.fall / DROP_UNIT).astype(np.int64)
        return Seen(mask[own], clear[own], drops.inside, drops.outside, fall)

    def _level(self) -> float:
        """Return where between background and particle the outline runs."""
        outline = self._look.outline
        level = {"local": outline.local_level, "hysteresis": HYSTERESIS_LEVEL}.get(
            self._method, outline.global_level
        )
        return level - min(0.3, 0.8 * level) * self._parameters.sensitivity

    def _share(self, tile: Tile) -> NDArray[np.float32]:
        """Return a tile's grey values between background (0) and particles (1)."""
        look = self._look
        flat = smoothed(self._source.read(tile.outer), look.sigma, look.specks, look.bright)
        if look.surface is not None:
            flat = flat - look.surface.read(tile.outer)
        return (flat - np.float32(self._levels.low)) / np.float32(self._levels.contrast)

    def _blobs(
        self, share: NDArray[np.float32], region: Region
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        sigma = BLOB_SIGMA * self._levels.width_px
        answer = -(sigma**2) * ndimage.gaussian_laplace(share, sigma)[region]
        scale = 1 - 0.6 * self._parameters.sensitivity
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
