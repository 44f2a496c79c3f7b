"""Bright particles on black: one smooth background and one scale for a micrograph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.brightness import run_pixels
from napari_ssrvae.particles.grey import GreySource, Region
from napari_ssrvae.particles.isolation import HALO, far_from
from napari_ssrvae.particles.runs import LabelRuns
from napari_ssrvae.particles.sources import BAND_PIXELS, Source, mapped, piece
from napari_ssrvae.particles.surfaces import BlockSums, Surface
from napari_ssrvae.particles.tiles import inside_of

__all__ = ["BRIGHT_END", "Shading"]

BRIGHT_END = 98.0
# Of more pixels than this, every n-th tells the bright end.
MOST_VALUES = 1 << 21
LEAST_WIDTH = 16.0
TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, eq=False)
class Shading:
    """How the grey values of a micrograph become heights above its background.

    Attributes
    ----------
    image : source, shape (H, W)
    greys : GreySource
        The same as float32.
    surface : Surface
        The smooth background.
    sign : float
        -1 where particles are dark.
    high : float
        The bright end of the particles above the background, positive.
    data_bar : (int, int) or None
    """

    image: Source
    greys: GreySource
    surface: Surface
    sign: float
    high: float
    data_bar: tuple[int, int] | None

    @classmethod
    def of(
        cls, image: Source, labels: Source, runs: LabelRuns, data_bar: tuple[int, int] | None
    ) -> Shading:
        """Find the background and the bright end of the particles of `runs`, all of the mask."""
        greys = GreySource.of(image)
        if data_bar is not None:
            start, stop, _ = slice(*data_bar).indices(image.shape[0])
            data_bar = (start, max(start, stop))
        inside = _off_bar(runs, data_bar)
        area = float(inside.lengths.sum())
        width = max(LEAST_WIDTH, 4 * float(np.sqrt(area / max(1, len(runs)))))
        sums = _background(greys, image, labels, width, data_bar, far_from)
        if not sums.weight.any():
            sums = _background(greys, image, labels, width, data_bar, np.logical_not)
        if sums.weight.any():
            surface = sums.surface(0.0)
            values = _values(greys, image, surface, inside)
        else:
            values = _values(greys, image, sums.surface(0.0), inside)
            level = float(np.median(values)) if len(values) else 0.0
            surface, values = sums.surface(level), values - np.float32(level)
        if len(values) == 0:
            return cls(image, greys, surface, 1.0, 1.0, data_bar)
        dark, middle, bright = np.percentile(values, (100 - BRIGHT_END, 50, BRIGHT_END))
        sign, high = (-1.0, -float(dark)) if middle < 0 else (1.0, float(bright))
        if high <= 0:
            high = max(float((sign * values).max()), TINY)
        return cls(image, greys, surface, sign, high, data_bar)

    def heights(self, region: Region) -> NDArray[np.float32]:
        """Return the height above the background of a region that may reach beyond the image, 0 there.

        Particles are above 0, also dark ones; `high` is the bright end. The data bar is 0.
        """
        whole, own = inside_of(self.greys.shape, *region)
        heights = self.greys.read(whole)
        self.surface.take_from(heights, *whole)
        if self.sign < 0:
            np.negative(heights, out=heights)
        if self.data_bar is not None:
            top = whole[0].start
            heights[max(0, self.data_bar[0] - top) : max(0, self.data_bar[1] - top)] = 0
        shape = tuple(part.stop - part.start for part in region)
        if heights.shape == shape:
            return heights
        padded = np.zeros(shape, np.float32)
        padded[own] = heights
        return padded


def _off_bar(runs: LabelRuns, data_bar: tuple[int, int] | None) -> LabelRuns:
    if data_bar is None:
        return runs
    keep = (runs.rows < data_bar[0]) | (runs.rows >= data_bar[1])
    if keep.all():
        return runs
    return LabelRuns(
        runs.label_ids, runs.rank[keep], runs.rows[keep], runs.first[keep], runs.last[keep]
    )


def _background(
    greys: GreySource,
    image: Source,
    labels: Source,
    width_px: float,
    data_bar: tuple[int, int] | None,
    outside: Callable[[NDArray[np.bool_]], NDArray[np.bool_]],
) -> BlockSums:
    """Return the sums over the pixels that `outside` makes of the particles' mask, without the data bar."""
    height, width = greys.shape
    sums = BlockSums((height, width), width_px)
    rows = max(1, BAND_PIXELS // width // sums.step) * sums.step

    def put(start: int) -> None:
        stop = min(start + rows, height)
        top = max(0, start - HALO)
        mask = piece(labels, slice(top, min(stop + HALO, height)), slice(None)) != 0
        known = outside(mask)[start - top : stop - top]
        if data_bar is not None:
            known[max(0, data_bar[0] - start) : max(0, data_bar[1] - start)] = False
        sums.put(start, known, greys.read((slice(start, stop), slice(0, width))))

    for _ in mapped(put, range(0, height, rows), image, labels):
        pass
    return sums


def _values(
    greys: GreySource, image: Source, surface: Surface, runs: LabelRuns
) -> NDArray[np.float32]:
    """Return grey values above the surface inside the particles, evenly chosen where they are many."""
    every = int(-(-runs.lengths.sum() // MOST_VALUES)) or 1

    def read(region: Region) -> NDArray[np.float32]:
        at, _, _ = run_pixels(runs, runs.between(region[0].start, region[0].stop), region)
        at = at[::every]
        heights = greys.read(region)
        surface.take_from(heights, *region)
        values: NDArray[np.float32] = heights.ravel()[at]
        return values

    bands = runs.bands(greys.shape[1])
    return np.concatenate([np.zeros(0, np.float32), *mapped(read, bands, image)])
