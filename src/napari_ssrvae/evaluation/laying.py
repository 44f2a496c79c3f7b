"""Agglomerates of any outline laid on a substrate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.primaries import Relief

__all__ = ["Laid", "lay"]

TRIES = 250
# What shows less than this of an agglomerate at the border is not counted on to be found.
LEAST_PIECE = 0.15
# Pixels that two agglomerates share at least where one lies on the other.
LEAST_CONTACT = 12


@dataclass(frozen=True, eq=False)
class Laid:
    """The surface of the specimen.

    Attributes
    ----------
    height, steepness, facing : ndarray of float32, shape (H, W)
        Of particles, 0 on the substrate.
    labels : ndarray of int32, shape (H, W)
        Objects in one piece (connectivity 1), 1..N.
    members : list of list of int
        Which reliefs make up object `i + 1`.
    """

    height: NDArray[np.float32]
    steepness: NDArray[np.float32]
    facing: NDArray[np.float32]
    labels: NDArray[np.int32]
    members: list[list[int]]


def lay(
    reliefs: list[Relief],
    shape: tuple[int, int],
    gap: float,
    *,
    cut: bool,
    overlap: float,
    rng: np.random.Generator,
) -> Laid:
    """Lay agglomerates down at random, the largest first.

    Parameters
    ----------
    reliefs : list of Relief
    shape : (int, int)
    gap : float
        Least distance in pixels between objects.
    cut : bool
        The border may cut them.
    overlap : float
        Share of them that may lie on others.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        They do not fit.
    """
    owner = np.full(shape, -1, np.int32)
    height = np.zeros(shape, np.float32)
    steep, facing = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    far = int(np.ceil(gap)) + 1
    for index in sorted(range(len(reliefs)), key=lambda i: -int(reliefs[i].inside.sum())):
        relief = reliefs[index]
        inside = np.pad(relief.inside, far)
        near = ndimage.distance_transform_edt(~inside) <= gap
        may_overlap = rng.random() < overlap
        for _ in range(TRIES):
            corner = _corner(relief.height.shape, shape, cut, rng)
            grid, view = _windows(corner, relief.height.shape, shape)
            wide_grid, wide = _windows((corner[0] - far, corner[1] - far), inside.shape, shape)
            seen = relief.inside[view]
            if seen.sum() < max(12, LEAST_PIECE * relief.inside.sum()) or not _one(seen):
                continue
            close = set(np.unique(owner[wide_grid][near[wide]]).tolist()) - {-1}
            if not close:
                break
            if may_overlap:
                under = owner[grid][seen]
                enough = {i for i in close if (under == i).sum() >= LEAST_CONTACT}
                if enough == close and (under >= 0).mean() < 0.5:
                    break
        else:
            raise InputError(
                f"The particles do not fit into {shape[0]} x {shape[1]} pixels: "
                "ask for fewer or smaller ones, or for a larger picture."
            )
        base = 0.7 * float(np.median(height[grid][seen][owner[grid][seen] >= 0])) if close else 0.0
        front = seen & (relief.height[view] + base > height[grid])
        # Whatever is seen belongs to somebody, also where another one covers it.
        owner[grid] = np.where(front | (seen & (owner[grid] < 0)), index, owner[grid])
        height[grid] = np.where(front, relief.height[view] + base, height[grid])
        steep[grid] = np.where(front, relief.steepness[view], steep[grid])
        facing[grid] = np.where(front, relief.facing[view], facing[grid])
    labels, n = ndimage.label(owner >= 0)
    pairs = np.unique(np.stack([labels[owner >= 0], owner[owner >= 0]], 1), axis=0)
    members: list[list[int]] = [[] for _ in range(n)]
    for label, index in pairs.tolist():
        members[label - 1].append(index)
    return Laid(height, steep, facing, labels.astype(np.int32), members)


def _one(mask: NDArray[np.bool_]) -> bool:
    return int(ndimage.label(mask)[1]) == 1


def _corner(
    size: tuple[int, ...], shape: tuple[int, int], cut: bool, rng: np.random.Generator
) -> tuple[int, int]:
    lows = [-n // 2 if cut else 2 for n in size]
    highs = [s - n // 2 if cut else s - n - 2 for n, s in zip(size, shape, strict=True)]
    row, column = (int(rng.integers(a, max(b, a + 1))) for a, b in zip(lows, highs, strict=True))
    return row, column


def _windows(
    corner: tuple[int, int], size: tuple[int, ...], shape: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return where a grid at `corner` lies in the picture, and the part of the grid that does."""
    grid, view = [], []
    for start, n, whole in zip(corner, size, shape, strict=True):
        first, last = min(max(start, 0), whole), max(min(start + n, whole), 0)
        grid.append(slice(first, last))
        view.append(slice(first - start, last - start))
    return (grid[0], grid[1]), (view[0], view[1])
