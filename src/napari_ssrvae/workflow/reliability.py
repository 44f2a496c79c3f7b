"""Whether a model is as sure as it may be: reliability diagram and expected calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.evaluation.metrics import wilson_interval

__all__ = ["Reliability", "reliability"]

Floats = NDArray[np.float64]

# Fewer, wider bins where there is little to fill them with.
BINS, BINS_OF_FEW, MANY = 10, 5, 100


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy in B bins of equal width; bins without an answer are left out.

    Attributes
    ----------
    left, right : (B,) float64
        Edges of the bins.
    confidence, accuracy : (B,) float64
        Means of a bin.
    low, high : (B,) float64
        95 % Wilson interval of the accuracy.
    n : (B,) int64
        Answers.
    error : float
        Expected calibration error: mean |accuracy - confidence| over the answers (Naeini et al., AAAI 2015;
        Guo et al., ICML 2017); NaN without any.
    """

    left: Floats
    right: Floats
    confidence: Floats
    accuracy: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    error: float


def reliability(probability: Floats, right: NDArray[np.bool_]) -> Reliability:
    """Compare how sure a model was with how often it was right.

    Parameters
    ----------
    probability : (M,) float64
        Of the predicted class, in [0, 1]; those that are not known (NaN) are left out.
    right : (M,) bool
    """
    known = np.isfinite(probability)
    p, hit = probability[known], right[known].astype(float)
    bins = BINS if len(p) >= MANY else BINS_OF_FEW
    at = np.clip((p * bins).astype(np.int64), 0, bins - 1)
    n = np.bincount(at, minlength=bins)
    some = n > 0
    hits = np.bincount(at, hit, bins)[some]
    confidence = np.bincount(at, p, bins)[some] / n[some]
    accuracy = hits / n[some]
    low, high = wilson_interval(hits, n[some])
    gap = np.abs(accuracy - confidence)
    error = float((gap * n[some]).sum() / n.sum()) if len(p) else float("nan")
    left = np.flatnonzero(some) / bins
    return Reliability(left, left + 1 / bins, confidence, accuracy, low, high, n[some], error)
