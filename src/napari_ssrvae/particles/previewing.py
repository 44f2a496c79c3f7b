"""A quick look at what a setting does to the part of a micrograph that is in view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.components import Pieces
from napari_ssrvae.particles.filters import shapes_that_fit
from napari_ssrvae.particles.grey import GreySource, Region
from napari_ssrvae.particles.look import Look, PartLook
from napari_ssrvae.particles.outlining import Outlining
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.segmentation import least_and_greatest_area
from napari_ssrvae.particles.splitting import split_touching
from napari_ssrvae.particles.tiling import surrounded

__all__ = ["preview"]


def preview(
    image: Any,
    look: Look,
    parameters: SegmentationParameters | None = None,
    region: Region | None = None,
    *,
    step: int = 1,
) -> NDArray[np.int32]:
    """Return the particles of a part of a micrograph.

    With `step` 1 they are those that `segment_particles` finds there; one that the edge of the part cuts is
    judged by what is seen of it. With more, blocks of so many pixels are looked at, which is quicker and coarser.

    Parameters
    ----------
    image : array_like, shape (H, W)
    look : Look
        Of this image, with settings that it serves.
    parameters : SegmentationParameters, optional
    region : (slice, slice), optional
        Rows and columns in pixels; what lies outside of the image is left out. All of it by default.
    step : int

    Returns
    -------
    ndarray of int32, shape (ceil(rows / step), ceil(columns / step))
        Of the region as far as it lies in the image: 0 background, 1..N.

    Raises
    ------
    InputError
        The image is not the one that was looked at, or the look does not serve these settings.
    """
    if step < 1:
        raise InputError(f"A preview in steps of {step} pixels cannot be made: give 1 or more.")
    settings = (parameters or SegmentationParameters()).in_pixels(look.pixel_size_nm)
    source = GreySource.of(image)
    if source.shape != look.shape or not look.serves(settings):
        raise InputError(
            "The preview belongs to another image or to other settings: look at the image again."
        )
    rows, columns = (
        slice(max(0, r.start or 0), n if r.stop is None else min(r.stop, n))
        for r, n in zip(region or (slice(None), slice(None)), source.shape, strict=True)
    )
    shape = tuple(max(0, -(-(r.stop - r.start) // step)) for r in (rows, columns))
    labels = np.zeros(shape, dtype=np.int32)
    n = 0
    for part in look.parts:
        start, stop = max(rows.start, part.rows[0]), min(rows.stop, part.rows[1])
        top = -(-(start - rows.start) // step)
        height = (stop - start) // step if step > 1 else stop - start
        if part.levels is None or height < 1 or columns.stop <= columns.start:
            continue
        first = part.rows[0]
        seen = (slice(start - first, stop - first), columns)
        found = _part(source.rows(*part.rows), part, settings, seen, step)
        here = labels[top : top + found.shape[0], : found.shape[1]]
        here[...] = np.where(found > 0, found + n, 0)[: here.shape[0], : here.shape[1]]
        n += int(found.max(initial=0))
    return labels


def _part(
    source: GreySource,
    look: PartLook,
    parameters: SegmentationParameters,
    region: Region,
    step: int,
) -> NDArray[np.int32]:
    assert look.levels is not None
    outlining = Outlining(source, look, parameters)
    shape = source.shape
    if step > 1:
        outlining = outlining.coarser(step)
        shape = (shape[0] // step, shape[1] // step)
    rows, columns = (
        slice(r.start // step, max(r.start // step + 1, min(r.stop // step, n)))
        for r, n in zip(region, shape, strict=True)
    )
    if rows.stop > shape[0] or columns.stop > shape[1]:
        return np.zeros((0, 0), dtype=np.int32)
    seen = outlining.seen(surrounded((rows, columns), shape, outlining.margin, outlining.grid))
    mask = seen.mask
    labels = np.zeros(mask.shape, dtype=np.int32)
    width = look.levels.width_px / step
    pieces = Pieces(labels, width**2 if parameters.fill_holes else -1.0)
    pieces.add(
        (slice(0, mask.shape[0]), slice(0, mask.shape[1])),
        mask,
        seen.clear,
        (seen.inside, seen.outside, seen.fall),
    )
    parts = pieces.parts()
    least, greatest = (area / step**2 for area in least_and_greatest_area(look.levels, parameters))
    # What the edge of the view cuts may be as large as it likes beyond it, and clear.
    cut = parts.rim
    sharp = ~(parts.drop < outlining.least_drop)
    keep = sharp & parts.clear & (parts.area >= least) & (parts.area <= greatest)
    keep |= cut & (parts.area > 1)
    n = pieces.number(parts, keep)
    if n and (parameters.min_solidity > 0 or parameters.max_elongation is not None):
        n = shapes_that_fit(labels, parameters)
    if n and parameters.split_touching:
        split_touching(labels, width)
    return labels
