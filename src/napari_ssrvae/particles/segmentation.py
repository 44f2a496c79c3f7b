"""From grey values to particles, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.components import Parts, Pieces
from napari_ssrvae.particles.filters import shapes_that_fit
from napari_ssrvae.particles.grey import GreySource
from napari_ssrvae.particles.levels import Levels
from napari_ssrvae.particles.look import Look, PartLook, look_at
from napari_ssrvae.particles.outlining import Outlining
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.splitting import split_touching
from napari_ssrvae.particles.tiling import cut_tiles

__all__ = [
    "SegmentProgress",
    "Segmented",
    "iter_segment",
    "least_and_greatest_area",
    "segment_particles",
]

TILE_PX = 640
LEAST_PART = 0.07
LEAST_AREA_PX = 6
# How much of the time the first look takes, and the splitting.
LOOK_SHARE = 0.15


@dataclass(frozen=True)
class SegmentProgress:
    """How far the work is, from 0 to 1, and what it does."""

    fraction: float
    text: str


@dataclass(frozen=True, eq=False)
class Segmented:
    """The end of the work: labels of shape (H, W), 0 background, 1..N."""

    labels: NDArray[np.int32]
    n_particles: int


def segment_particles(
    image: ArrayLike,
    parameters: SegmentationParameters | None = None,
    *,
    data_bar: tuple[int, int] | None = None,
    pixel_size_nm: float | None = None,
) -> NDArray[np.int32]:
    """Find the particles in a micrograph.

    Specks and noise are taken out, the background between the particles is made flat, and what
    stands at least about half as high as a usual particle is kept. The local rule, which tells crowded
    particles apart, asks besides that a pixel is brighter than its surroundings. Everything scales with the
    width of the particles and the contrast of this image; there are no grey values in it.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Grey values of any kind; only their order and proportions matter. May be a dask or zarr array or a
        memory map, which is read in tiles.
    parameters : SegmentationParameters, optional
    data_bar : (int, int), optional
        Rows of a banner, in which no particle is looked for.
    pixel_size_nm : float, optional
        Needed where the parameters are in nm.

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 background, 1..N in raster order; all zeros where nothing stands out.

    Raises
    ------
    InputError
        Not an image, or settings in nm without a pixel size.
    """
    labels = np.zeros(0, np.int32)
    for event in iter_segment(image, parameters, data_bar=data_bar, pixel_size_nm=pixel_size_nm):
        if isinstance(event, Segmented):
            labels = event.labels
    return labels


def iter_segment(
    image: ArrayLike,
    parameters: SegmentationParameters | None = None,
    *,
    data_bar: tuple[int, int] | None = None,
    pixel_size_nm: float | None = None,
    look: Look | None = None,
    out: NDArray[np.int32] | None = None,
    tile_px: int = TILE_PX,
) -> Iterator[SegmentProgress | Segmented]:
    """Do what `segment_particles` does, in tiles, telling how far it is; to stop, stop iterating.

    The result does not depend on the tiles: what all of them share comes from one look at the whole
    (`look_at`), a tile sees as much of its surroundings as any of its pixels needs, and pieces are put together
    where tiles meet. Memory beside image and labels is that of a few tiles.

    Parameters
    ----------
    image, parameters, data_bar, pixel_size_nm
        As for `segment_particles`.
    look : Look, optional
        One that is at hand already and serves these parameters.
    out : ndarray of int32, shape (H, W), optional
        Where the labels are written, e.g. a memory map.
    tile_px : int
        Edge of a tile.
    """
    source = GreySource.of(image)
    settings = (parameters or SegmentationParameters()).in_pixels(pixel_size_nm)
    yield SegmentProgress(0.0, "Looking at the whole")
    if look is None or not look.serves(settings) or look.shape != source.shape:
        look = look_at(image, settings, data_bar=data_bar)
    labels = np.zeros(source.shape, dtype=np.int32) if out is None else out
    if out is not None:
        if out.shape != source.shape or out.dtype != np.int32:
            raise InputError(
                f"Labels of this image are {source.shape[0]} x {source.shape[1]} int32: they cannot be written "
                f"into {out.shape} {out.dtype}."
            )
        labels[...] = 0
    n = 0
    for part in look.parts:
        rows = labels[part.rows[0] : part.rows[1]]
        found = 0
        for event in _segment(source.rows(*part.rows), part, settings, rows, n, tile_px):
            if isinstance(event, SegmentProgress):
                yield event
            else:
                found = event
        n += found
    yield Segmented(labels, n)


def _segment(
    source: GreySource,
    look: PartLook,
    parameters: SegmentationParameters,
    labels: NDArray[np.int32],
    n_before: int,
    tile_px: int,
) -> Iterator[SegmentProgress | int]:
    """Write the particles of some rows into `labels`; last comes how many."""
    if look.levels is None:
        yield 0
        return
    outlining = Outlining(source, look, parameters)
    pieces = Pieces(labels, look.levels.width_px**2 if parameters.fill_holes else -1.0)
    tiles = cut_tiles(source.shape, tile_px, outlining.margin, outlining.grid)
    at_once = source.threads
    with ThreadPoolExecutor(at_once) as pool:
        for done in range(0, len(tiles), at_once):
            # No more than these are under way: memory stays small, and stopping takes one of them.
            some = tiles[done : done + at_once]
            for tile, seen in zip(some, pool.map(outlining.seen, some), strict=True):
                pieces.add(tile.core, seen.mask, seen.clear, (seen.inside, seen.outside, seen.fall))
            part = min(1.0, (done + at_once) / len(tiles))
            yield SegmentProgress(LOOK_SHARE + (1 - 2 * LOOK_SHARE) * part, "Outlining particles")
    parts = pieces.parts()
    n = pieces.number(parts, wanted(parts, outlining, look.levels, parameters), n_before)
    if n and (parameters.min_solidity > 0 or parameters.max_elongation is not None):
        yield SegmentProgress(1 - LOOK_SHARE, "Judging shapes")
        n = shapes_that_fit(labels, parameters, n_before)
    if n and parameters.split_touching:
        yield SegmentProgress(1 - LOOK_SHARE / 2, "Splitting")
        n = split_touching(labels, look.levels.width_px, n_before)
    yield n


def wanted(
    parts: Parts, outlining: Outlining, levels: Levels, parameters: SegmentationParameters
) -> NDArray[np.bool_]:
    """Return which parts are particles; the settings are in pixels."""
    least, greatest = least_and_greatest_area(levels, parameters)
    keep: NDArray[np.bool_] = parts.clear & (parts.area >= least) & (parts.area <= greatest)
    keep &= ~(parts.drop < outlining.least_drop)
    if parameters.remove_border:
        keep &= ~parts.rim
    return keep


def least_and_greatest_area(
    levels: Levels, parameters: SegmentationParameters
) -> tuple[float, float]:
    """Return between which areas in pixels a particle is kept; the settings are in pixels."""
    least: float = max(LEAST_AREA_PX, round(LEAST_PART * np.pi / 4 * levels.width_px**2))
    greatest = np.inf
    if parameters.min_diameter is not None:
        least = np.pi / 4 * parameters.min_diameter**2
    if parameters.max_diameter is not None:
        greatest = np.pi / 4 * parameters.max_diameter**2
    return least, greatest
