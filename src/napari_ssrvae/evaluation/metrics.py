"""How good a classification is, with its uncertainty: balanced over classes of unequal size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from napari_ssrvae.errors import InputError

__all__ = ["Confusion", "balanced_accuracy", "confusion", "per_class_recall", "wilson_interval"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Confusion:
    """Counts and row fractions of a classification, rows true, columns predicted.

    Attributes
    ----------
    counts : (K, K) int64
    fraction : (K, K) float64
        Of the row; NaN where a class has no particle.
    low, high : (K, K) float64
        Wilson interval of the fraction; [0, 1] where a class has no particle.
    """

    counts: npt.NDArray[np.int64]
    fraction: Floats
    low: Floats
    high: Floats


def wilson_interval(hits: Any, trials: Any, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of hits/trials, elementwise; [0, 1] without a trial.

    Wilson, J. Am. Stat. Assoc. 22, 209 (1927): honest for few trials and near 0 and 1.
    """
    k, n = np.broadcast_arrays(np.asarray(hits, float), np.asarray(trials, float))
    z = float(ndtri(0.5 + level / 2))
    some = np.maximum(n, 1)
    p = k / some
    middle = (p + z**2 / (2 * some)) / (1 + z**2 / some)
    half = z * np.sqrt(p * (1 - p) / some + z**2 / (4 * some**2)) / (1 + z**2 / some)
    low = np.where(n > 0, np.clip(middle - half, 0, 1), 0.0)
    high = np.where(n > 0, np.clip(middle + half, 0, 1), 1.0)
    # Exact at the ends, where rounding would leave 1e-17.
    return np.where(k == 0, 0.0, low), np.where((k == n) | (n == 0), 1.0, high)


def per_class_recall(y_true: Any, y_predicted: Any, n_classes: int | None = None) -> Floats:
    """Return the fraction (K,) of each class that was found; NaN for a class without particles."""
    return np.asarray(np.diag(confusion(y_true, y_predicted, n_classes).fraction).copy())


def balanced_accuracy(y_true: Any, y_predicted: Any) -> float:
    """Return the mean recall of the classes that occur in `y_true`."""
    return float(np.nanmean(per_class_recall(y_true, y_predicted)))


def confusion(
    y_true: Any, y_predicted: Any, n_classes: int | None = None, level: float = 0.95
) -> Confusion:
    """Count which class is taken for which.

    Parameters
    ----------
    y_true, y_predicted : (N,) int
        Classes from 0.
    n_classes : int, optional
        K; by default what occurs.
    level : float
        Confidence of the intervals.

    Raises
    ------
    InputError
        Different lengths, nothing to compare, or classes that are not 0 .. K - 1.
    """
    true, predicted = np.asarray(y_true), np.asarray(y_predicted)
    if true.ndim != 1 or true.shape != predicted.shape:
        raise InputError(
            f"True and predicted classes must be two lists of one length, these have the shapes "
            f"{true.shape} and {predicted.shape}: compare the same particles."
        )
    if len(true) == 0:
        raise InputError("There are no particles to compare: label some that were not trained on.")
    if true.dtype.kind not in "iu" or predicted.dtype.kind not in "iu":
        raise InputError("Classes must be whole numbers from 0: number the classes.")
    largest = int(max(true.max(), predicted.max()))
    k = largest + 1 if n_classes is None else n_classes
    if largest >= k or min(true.min(), predicted.min()) < 0:
        raise InputError(f"Classes must lie between 0 and {k - 1}: leave unlabelled ones out.")
    counts = np.zeros((k, k), dtype=np.int64)
    np.add.at(counts, (true, predicted), 1)
    rows = counts.sum(axis=1, keepdims=True)
    fraction = np.where(rows > 0, counts / np.maximum(rows, 1), np.nan)
    low, high = wilson_interval(counts, np.broadcast_to(rows, counts.shape), level)
    return Confusion(counts, fraction, low, high)
