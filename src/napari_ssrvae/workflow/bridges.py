"""Bridges between the fragments of one particle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    labels: NDArray[np.int32],
    boxes: Mapping[int, tuple[int, int, int, int]],
    free: Callable[[tuple[slice, slice]], NDArray[np.bool_]],
) -> list[tuple[tuple[slice, slice], NDArray[np.bool_]]]:
    """Return the bridges over the gaps between particles: windows of the mask, and their pixels there.

    Gaps are crossed where they are narrowest, as few as are needed. A bridge is the convex hull of the
    two borders that face each other. A gap may be as wide as the smaller of the two particles (the
    diameter of the circle of its area), or 8 pixels.

    Parameters
    ----------
    labels : (H, W) int32
    boxes : mapping of label id to (top, left, bottom, right)
        The particles.
    free : callable
        Gives the pixels of a window that a bridge may take.

    Raises
    ------
    InputError
        They are too far apart, or something lies between them.
    """
    fragments = {i: _Fragment.of(labels, i, box) for i, box in boxes.items()}
    bridges = []
    for first, second, gap in _links(fragments):
        if gap <= TOUCHING_PX:
            continue
        window, bridge = _bridge(fragments[first].border, fragments[second].border, gap)
        bridge &= free(window)
        _check_joined(labels[window], first, second, bridge)
        bridges.append((window, bridge))
    return bridges


@dataclass(frozen=True, eq=False)
class _Fragment:
    """A particle: the pixels (n, 2) of its border, its box, and how wide a gap it may be joined over."""

    border: NDArray[np.int64]
    box: tuple[int, int, int, int]
    reach: float
    tree: cKDTree

    @classmethod
    def of(
        cls, labels: NDArray[np.int32], label_id: int, box: tuple[int, int, int, int]
    ) -> _Fragment:
        from scipy.spatial import cKDTree

        top, left, bottom, right = box
        mask = labels[top:bottom, left:right] == label_id
        border = _border(mask) + np.array([top, left])
        diameter = float(np.sqrt(4 * mask.sum() / np.pi))
        return cls(border, box, max(LEAST_REACH_PX, diameter), cKDTree(border))

    def gap(self, other: _Fragment) -> float:
        """Return the distance to another particle, infinite if it is more than they may be apart."""
        bound = min(self.reach, other.reach)
        (top, left, bottom, right), (above, before, below, beyond) = self.box, other.box
        if max(above - bottom, top - below, before - right, left - beyond) + 1 > bound:
            return np.inf
        few, many = sorted((self, other), key=lambda fragment: len(fragment.border))
        distances, _ = many.tree.query(few.border, distance_upper_bound=bound + 1e-9)
        return float(distances.min())


def _border(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the pixels (n, 2) of a mask with a neighbour outside it."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inner)


def _links(fragments: Mapping[int, _Fragment]) -> list[tuple[int, int, float]]:
    """Return pairs and their gaps that join all particles at the least sum of gaps (Prim)."""
    first, *outside = fragments
    nearest = {i: (fragments[first].gap(fragments[i]), first) for i in outside}
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
            new = fragments[label_id].gap(fragments[i])
            if new < known:
                nearest[i] = new, label_id
    return links


def _bridge(
    first: NDArray[np.int64], second: NDArray[np.int64], gap: float
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Return the window that holds the facing borders, and the pixels between them."""
    from scipy.spatial import cKDTree
    from skimage.draw import line, polygon

    to_second, nearest = cKDTree(second).query(first)
    to_first, _ = cKDTree(first).query(second)
    facing = np.concatenate(
        [first[to_second <= gap + BORDER_PX], second[to_first <= gap + BORDER_PX]]
    )
    low, high = facing.min(axis=0), facing.max(axis=0) + 1
    bridge = np.zeros(tuple(high - low), bool)
    hull = _hull(facing - low)
    if len(hull) > 2:
        bridge[polygon(hull[:, 0], hull[:, 1], bridge.shape)] = True
    at = int(to_second.argmin())
    bridge[line(*(first[at] - low), *(second[nearest[at]] - low))] = True
    return (slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))), bridge


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
