"""Cutting agglomerates at their necks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["split_touching"]

# Particles are taken in groups whose boxes begin in one cell of this edge, so that memory stays small.
CELL_PX = 1024
AIR_PX = 8


def split_touching(labels: NDArray[np.int32], width_px: float, n_before: int = 0) -> int:
    """Cut particles into convex parts, in place, and return how many there are then.

    A watershed of the distance to the background (Vincent and Soille 1991). Parts closer than a third of a
    particle's usual width are one part.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Numbers begin at `n_before` + 1; those of the parts do, too.
    width_px : float
        Usual width of a single particle.
    n_before : int
    """
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    boxes = ndimage.find_objects(labels)
    cells: dict[tuple[int, int], list[int]] = {}
    for number, box in enumerate(boxes, start=1):
        if box is not None and number > n_before:
            cells.setdefault((box[0].start // CELL_PX, box[1].start // CELL_PX), []).append(number)
    n = n_before
    for members in cells.values():
        own = [boxes[number - 1] for number in members]
        # As much air as the distance inside any of them can be: the neighbours matter for it.
        deepest = max(min(b[0].stop - b[0].start, b[1].stop - b[1].start) for b in own) // 2
        air = deepest + AIR_PX
        window = (
            slice(max(0, min(b[0].start for b in own) - air), max(b[0].stop for b in own) + air),
            slice(max(0, min(b[1].start for b in own) - air), max(b[1].stop for b in own) + air),
        )
        here = labels[window]
        mine = np.zeros(len(boxes) + 1, dtype=bool)
        mine[members] = True
        ours = np.where(mine[np.clip(here, 0, len(boxes))], here, 0)
        padded = np.pad(here != 0, 1, mode="edge")
        distance = ndimage.gaussian_filter(
            ndimage.distance_transform_edt(padded)[1:-1, 1:-1].astype(np.float32), 1.0
        )
        peaks = peak_local_max(
            distance, min_distance=max(1, round(width_px / 3)), labels=ours, exclude_border=False
        )
        markers = np.zeros(here.shape, np.int32)
        markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
        parts = watershed(-distance, markers, mask=ours > 0)
        # Parts are written below zero, beyond the reach of groups that come later.
        here[ours > 0] = -(parts[ours > 0].astype(np.int32) + n)
        n += len(peaks)
    return _in_raster_order(labels, n_before, n)


def _in_raster_order(labels: NDArray[np.int32], n_before: int, n: int) -> int:
    """Turn the numbers below zero into n_before + 1.. in the order of their first pixels."""
    first = np.full(n + 1, labels.size, dtype=np.int64)
    step = max(1, (1 << 20) // labels.shape[1])
    for start in range(0, labels.shape[0], step):
        part = -labels[start : start + step].ravel()
        at = np.flatnonzero(part > 0)
        np.minimum.at(first, part[at], at + start * labels.shape[1])
    order = np.argsort(first, kind="stable")
    order = order[first[order] < labels.size]
    lookup = np.zeros(n + 1, dtype=np.int32)
    lookup[order] = np.arange(n_before + 1, n_before + 1 + len(order), dtype=np.int32)
    for start in range(0, labels.shape[0], step):
        rows = labels[start : start + step]
        rows[...] = lookup[np.maximum(-rows, 0)]
    return len(order)
