"""Bridges between the fragments of one particle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

__all__ = ["bridged"]

# Fragments this near are taken for one particle however small they are.
LEAST_REACH_PX = 8.0
# Pixels with a common edge or corner.
TOUCHING_PX = 1.5
# How much farther than the gap the facing borders reach: it gives the bridge its width.
BORDER_PX = 2.0


def bridged(
    labels: NDArray[np.int32], label_ids: Sequence[int], blocked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the pixels (h, w) that join particles: all of theirs, and bridges over the gaps between them.

    Gaps are crossed where they are narrowest, as few as are needed. A bridge is the convex hull of the
    two borders that face each other. A gap may be as wide as the smaller of the two particles (the
    diameter of the circle of its area), or 8 pixels.

    Parameters
    ----------
    labels : (h, w) int32
    label_ids : sequence of int
    blocked : (h, w) bool
        Pixels that no bridge may take: other particles, the data bar.

    Raises
    ------
    InputError
        They are too far apart, or something lies between them.
    """
    borders = {i: _border(labels == i) for i in label_ids}
    whole = np.isin(labels, list(label_ids))
    for first, second, gap in _links(borders, _reaches(labels, label_ids)):
        if gap > TOUCHING_PX:
            bridge = _bridge(borders[first], borders[second], gap, labels.shape) & ~blocked
            _check_joined(labels, first, second, bridge)
            whole |= bridge
    return whole


def _reaches(labels: NDArray[np.int32], label_ids: Sequence[int]) -> dict[int, float]:
    return {
        i: max(LEAST_REACH_PX, float(np.sqrt(4 * (labels == i).sum() / np.pi))) for i in label_ids
    }


def _border(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the pixels (n, 2) of a mask with a neighbour outside it."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inner)


def _links(
    borders: Mapping[int, NDArray[np.int64]], reach: Mapping[int, float]
) -> list[tuple[int, int, float]]:
    """Return pairs and their gaps that join all particles at the least sum of gaps (Prim)."""
    from scipy.spatial import cKDTree

    trees = {i: cKDTree(border) for i, border in borders.items()}
    first, *outside = borders
    nearest = {i: (_gap(trees, borders, first, i, reach), first) for i in outside}
    links = []
    while nearest:
        label_id = min(nearest, key=lambda i: nearest[i][0])
        gap, other = nearest.pop(label_id)
        if not np.isfinite(gap):
            raise InputError(
                "The particles are too far apart to be one: choose some that touch or nearly touch, "
                "or paint what lies between them."
            )
        links.append((other, label_id, gap))
        for i, (known, _) in nearest.items():
            new = _gap(trees, borders, label_id, i, reach)
            if new < known:
                nearest[i] = new, label_id
    return links


def _gap(
    trees: Mapping[int, cKDTree],
    borders: Mapping[int, NDArray[np.int64]],
    first: int,
    second: int,
    reach: Mapping[int, float],
) -> float:
    """Return the distance between two particles, infinite if it is more than they may be apart."""
    bound = min(reach[first], reach[second]) + 1e-9
    distances, _ = trees[first].query(borders[second], distance_upper_bound=bound)
    return float(distances.min())


def _bridge(
    first: NDArray[np.int64], second: NDArray[np.int64], gap: float, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    from scipy.spatial import cKDTree
    from skimage.draw import line, polygon

    to_second, nearest = cKDTree(second).query(first)
    to_first, _ = cKDTree(first).query(second)
    facing = np.concatenate(
        [first[to_second <= gap + BORDER_PX], second[to_first <= gap + BORDER_PX]]
    )
    bridge = np.zeros(shape, bool)
    hull = _hull(facing)
    if len(hull) > 2:
        bridge[polygon(hull[:, 0], hull[:, 1], shape)] = True
    at = int(to_second.argmin())
    bridge[line(*first[at], *second[nearest[at]])] = True
    return bridge


def _hull(points: NDArray[np.int64]) -> NDArray[np.int64]:
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners: NDArray[np.intp] = ConvexHull(points).vertices
    except (QhullError, ValueError):  # all on one line
        return points[:0]
    return points[corners]


def _check_joined(
    labels: NDArray[np.int32], first: int, second: int, bridge: NDArray[np.bool_]
) -> None:
    from scipy import ndimage

    joined, _ = ndimage.label(
        bridge | (labels == first) | (labels == second), structure=np.ones((3, 3))
    )
    if not set(joined[labels == first].tolist()) & set(joined[labels == second].tolist()):
        raise InputError(
            "Something lies between the particles: merge it with them too, or delete it first."
        )
