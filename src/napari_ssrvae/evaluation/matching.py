"""Found particles against true ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.checks import checked_labels

__all__ = ["Matching", "foreground_dice", "match_particles"]


@dataclass(frozen=True, eq=False)
class Matching:
    """Which found particle is which true one.

    Attributes
    ----------
    label_ids, truth_ids : ndarray of int64, shape (M,)
        The pairs, ascending by `label_ids`.
    iou : ndarray of float64, shape (M,)
        Intersection over union of each pair.
    n_labels, n_truth : int
        How many there are of each.
    """

    label_ids: NDArray[np.int64]
    truth_ids: NDArray[np.int64]
    iou: NDArray[np.float64]
    n_labels: int
    n_truth: int

    @property
    def precision(self) -> float:
        """Share of the found that are true; 1 where nothing was found."""
        return len(self.iou) / self.n_labels if self.n_labels else 1.0

    @property
    def recall(self) -> float:
        """Share of the true that were found; 1 where there was nothing to find."""
        return len(self.iou) / self.n_truth if self.n_truth else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two, 2 TP / (2 TP + FP + FN)."""
        total = self.n_labels + self.n_truth
        return 2 * len(self.iou) / total if total else 1.0


def match_particles(labels: ArrayLike, truth: ArrayLike, *, iou: float = 0.5) -> Matching:
    """Pair particles that overlap by at least `iou`, each at most once.

    Parameters
    ----------
    labels, truth : array_like of int, shape (H, W)
        0 for background.
    iou : float
        Least intersection over union, from 0.5 to 1: above one half a particle has one partner at most, and at
        exactly one half the first in order is taken.

    Raises
    ------
    InputError
        The two are not of one shape, or `iou` is out of range.
    """
    if not 0.5 <= iou <= 1:
        raise InputError(
            f"A least overlap of {iou} leaves it open which particle is meant: choose 0.5 to 1."
        )
    true = checked_labels(truth)
    found = checked_labels(labels, true.shape)
    found_ids, found_at = np.unique(found, return_inverse=True)
    true_ids, true_at = np.unique(true, return_inverse=True)
    pairs = found_at.ravel().astype(np.int64) * len(true_ids) + true_at.ravel()
    keys, shared = np.unique(pairs, return_counts=True)
    left, right = np.divmod(keys, len(true_ids))
    union = np.bincount(found_at.ravel())[left] + np.bincount(true_at.ravel())[right] - shared
    overlap = shared / union
    good = (found_ids[left] > 0) & (true_ids[right] > 0) & (overlap >= iou)
    left, right, overlap = left[good], right[good], overlap[good]
    best = np.argsort(-overlap, kind="stable")
    _, first = np.unique(left[best], return_index=True)
    best = best[np.sort(first)]
    _, first = np.unique(right[best], return_index=True)
    best = best[np.sort(first)]
    best = best[np.argsort(left[best], kind="stable")]
    return Matching(
        label_ids=found_ids[left[best]].astype(np.int64),
        truth_ids=true_ids[right[best]].astype(np.int64),
        iou=overlap[best],
        n_labels=int((found_ids > 0).sum()),
        n_truth=int((true_ids > 0).sum()),
    )


def foreground_dice(labels: ArrayLike, truth: ArrayLike) -> float:
    """Return the Dice coefficient of all particles together against the background; 1 where both are empty.

    Parameters
    ----------
    labels, truth : array_like of int, shape (H, W)
        0 for background.

    Raises
    ------
    InputError
        The two are not of one shape.
    """
    true = checked_labels(truth) > 0
    found = checked_labels(labels, true.shape) > 0
    total = int(true.sum()) + int(found.sum())
    return 2 * int((true & found).sum()) / total if total else 1.0
