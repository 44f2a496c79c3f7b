"""What the live preview computes away from the main thread: outlines and sizes in the visible part."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.layers import Image

    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles import SegmentationParameters

__all__ = ["LookAt", "PreviewResult", "SegmentPart", "compute", "visible_region"]

Region = tuple[slice, slice]
LookAt = Callable[..., Any]
SegmentPart = Callable[..., NDArray[np.int32]]

# As many pixels are outlined in about a tenth of a second.
MOST_PX = 1_000_000
# Above, a picture half as fine comes first, unless particles would vanish in it: so narrow, in its pixels.
QUICK_PX = 400_000
LEAST_WIDTH_PX = 4.0


@dataclass(frozen=True, eq=False)
class PreviewResult:
    """Particles of a part of a micrograph as the settings would find them.

    Attributes
    ----------
    region : (slice, slice)
        Rows and columns of the micrograph.
    step : int
        Edge of the blocks of pixels that were looked at as one.
    labels : ndarray of int32, shape (h, w)
    outlines : ndarray of uint8, shape (h, w)
        1 on the outermost pixels of each particle.
    diameters_px : ndarray of float64, shape (n,)
        Diameters of circles of the same area of the particles that the part does not cut, in pixels of the micrograph.
    count : int
        How many there are, with those that are cut.
    finer : bool
        Whether a look at blocks of half the edge is worth while.
    look : object
        What was seen of the whole micrograph, for the next time.
    """

    region: Region
    step: int
    labels: NDArray[np.int32]
    outlines: NDArray[np.uint8]
    diameters_px: NDArray[np.float64]
    count: int
    finer: bool
    look: Any


def visible_region(
    layer: Image, corners: NDArray[np.float64], shape: tuple[int, ...]
) -> tuple[Region, int] | None:
    """Return the part of a picture that is in view and how coarsely to look at it, None if it is out of view.

    Parameters
    ----------
    layer : Image
        Shows the picture; may be scaled and turned.
    corners : ndarray, shape (4, ndim)
        Corners of the view in the world.
    shape : (int, int)
        Rows and columns of the picture.

    Returns
    -------
    region : (slice, slice)
        Rows and columns, from a multiple of twice the step on: so outlines stay where they are while the view moves.
    step : int
        Edge of the blocks of pixels that are looked at as one, so that it stays quick.
    """
    inside = np.array([np.asarray(layer.world_to_data(corner), float)[-2:] for corner in corners])
    low, high = np.floor(inside.min(axis=0)), np.ceil(inside.max(axis=0)) + 1
    r0, c0 = (int(v) for v in np.clip(low, 0, shape))
    r1, c1 = (int(v) for v in np.clip(high, 0, shape))
    if r1 - r0 < 2 or c1 - c0 < 2:
        return None
    step = max(1, math.ceil(math.sqrt((r1 - r0) * (c1 - c0) / MOST_PX)))
    return (slice(r0 - r0 % (2 * step), r1), slice(c0 - c0 % (2 * step), c1)), step


def compute(
    micrograph: Micrograph,
    parameters: SegmentationParameters,
    region: Region,
    step: int,
    look: Any,
    look_at: LookAt,
    preview: SegmentPart,
    *,
    quickly: bool = False,
) -> PreviewResult:
    """Outline the particles of a region, with a new look at the micrograph where the old one does not serve.

    `quickly` asks for blocks twice as large where that is much quicker and particles can still be seen.

    Raises
    ------
    InputError
        The settings are in nm and the scale is not known.
    """
    parameters = parameters.in_pixels(micrograph.pixel_size_nm)
    if look is None or not look.serves(parameters):
        look = look_at(
            micrograph.image,
            parameters,
            data_bar=micrograph.data_bar,
            pixel_size_nm=micrograph.pixel_size_nm,
        )
    rows, columns = (r.stop - r.start for r in region)
    coarse = quickly and rows * columns > QUICK_PX * step**2 and _wide(look, 2 * step)
    step = 2 * step if coarse else step
    labels = np.asarray(preview(micrograph.image, look, parameters, region, step=step))
    areas = np.bincount(labels.ravel())
    areas[:1] = 0
    count = int((areas > 0).sum())
    for edge in _cut_edges(labels, region, micrograph.image.shape):
        areas[edge] = 0
    diameters = np.sqrt(areas[areas > 0] * (4 / math.pi)) * step
    return PreviewResult(region, step, labels, _outlines(labels), diameters, count, coarse, look)


def _wide(look: Any, step: int) -> bool:
    width = getattr(look, "width_px", None)
    return width is not None and width >= LEAST_WIDTH_PX * step


def _cut_edges(labels: NDArray[np.int32], region: Region, shape: tuple[int, ...]) -> list[NDArray]:
    """Return the labels along those edges of a region that are not edges of the micrograph."""
    rows, columns = region
    edges = []
    if rows.start > 0:
        edges.append(labels[0])
    if rows.stop < shape[0]:
        edges.append(labels[-1])
    if columns.start > 0:
        edges.append(labels[:, 0])
    if columns.stop < shape[1]:
        edges.append(labels[:, -1])
    return edges


def _outlines(labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return 1 on each particle's pixels that have another value above, below, left or right."""
    edge = np.zeros(labels.shape, bool)
    down = labels[1:] != labels[:-1]
    edge[1:] |= down
    edge[:-1] |= down
    right = labels[:, 1:] != labels[:, :-1]
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    edge &= labels > 0
    return edge.view(np.uint8)
