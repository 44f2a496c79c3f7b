"""Perimeters of all particles at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.runs import LabelRuns
from napari_ssrvae.particles.sources import Source, mapped
from napari_ssrvae.particles.tiles import framed

__all__ = ["perimeters"]

_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
# An outline pixel's neighbours are outline by their own neighbours.
_FRAME = 2


def perimeters(labels: Source, runs: LabelRuns) -> NDArray[np.float64]:
    """Return the length of the line through the outermost pixels of each particle, shape (N,).

    Benkrid and Crookes, "Design and FPGA implementation of a perimeter estimator" (2000), the measure
    scikit-image uses: an outermost pixel counts 1, (1 + sqrt 2) / 2 or sqrt 2 by how many of its
    neighbours along the line are beside it and how many across the corner.
    """
    found = np.zeros(len(runs))

    def lengths(region: Region) -> tuple[int, NDArray[np.float64]]:
        own, length = _lengths(framed(labels, region, _FRAME))
        rank = runs.rank_of(own)
        if len(rank) and rank.min() < 0:
            rank, length = rank[rank >= 0], length[rank >= 0]
        low = int(rank.min(initial=len(runs)))
        return low, np.bincount(rank - low, weights=length).astype(np.float64)

    for low, part in mapped(lengths, runs.bands(labels.shape[1]), labels):
        found[low : low + len(part)] += part
    return found


def _lengths(framed: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the label of each outline pixel within the frame and the length it stands for."""
    width = framed.shape[1]
    inner = framed[1:-1, 1:-1]
    same = np.ones(inner.shape, dtype=bool)
    for dy, dx in _SIDES:
        same &= framed[1 + dy : len(framed) - 1 + dy, 1 + dx : width - 1 + dx] == inner
    rim = ~same
    rim &= inner != 0
    outline = np.zeros_like(framed)
    np.copyto(outline[1:-1, 1:-1], inner, where=rim)
    rows, columns = np.divmod(np.flatnonzero(rim[1:-1, 1:-1]), width - 2 * _FRAME)
    at = (rows + _FRAME) * width + columns + _FRAME
    flat = outline.ravel()
    own = flat[at]
    beside, across = (
        np.sum([flat[at + dy * width + dx] == own for dy, dx in steps], axis=0, dtype=np.uint8)
        for steps in (_SIDES, _CORNERS)
    )
    return own, _LENGTH[beside, across]


def _table() -> NDArray[np.float64]:
    length = np.zeros((5, 5))
    length[2:4, :3] = 1.0
    length[1, 1:3] = (1 + np.sqrt(2)) / 2
    length[0, 2] = length[1, 3] = np.sqrt(2)
    return length


# By the number of outline neighbours beside (0 to 4) and across the corner (0 to 4).
_LENGTH = _table()
