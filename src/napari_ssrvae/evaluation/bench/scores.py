"""How good: calibration, angles up to one offset per class, what latents tell of known factors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["angle_errors", "calibration_error", "explained"]

Floats = npt.NDArray[np.float64]


def calibration_error(probabilities: Any, classes: Any, bins: int = 15) -> float:
    """Return the expected calibration error of the predicted class, equal bins of confidence.

    Guo et al., "On calibration of modern neural networks", ICML 2017: the mean over the patches of how far
    the accuracy within a bin is from the mean confidence in it.

    Parameters
    ----------
    probabilities : (N, K) float
    classes : (N,) int
        The true ones.
    bins : int
    """
    p = np.asarray(probabilities, dtype=np.float64)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == np.asarray(classes)
    which = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(which, weights=right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(p))


def angle_errors(found_rad: Any, true_rad: Any, fold: int = 1) -> Floats:
    """Return absolute errors (N,) in degrees after the one offset with the least median error.

    Angles are compared modulo 1 / `fold` of a turn: a model's upright is its own choice, and a shape that
    looks the same after such a turn has no more to tell.
    """
    away = fold * (np.asarray(found_rad, np.float64) - np.asarray(true_rad, np.float64))
    # Tried on a grid, half a degree apart: two opposite heaps have no mean.
    offsets = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    errors = np.abs(np.angle(np.exp(1j * (away[None] - offsets[:, None]))))
    best = errors[np.median(errors, axis=1).argmin()]
    return np.asarray(np.rad2deg(best) / fold, dtype=np.float64)


def explained(inputs: Any, factor: Any, seed: int = 0) -> float:
    """Return R2 of `factor` (N,) predicted from `inputs` (N, d), on the half that was not fitted.

    Quadratic ridge regression (on ten principal components where there are more inputs) or the mean of
    ten neighbours, whichever does better in cross-validation on the fitted half.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    z, t = np.asarray(inputs, dtype=np.float64), np.asarray(factor, dtype=np.float64)
    order = np.random.default_rng(seed).permutation(len(t))
    fitted, judged = order[: len(t) // 2], order[len(t) // 2 :]
    few = min(10, z.shape[1], max(1, len(fitted) // 3))

    def first() -> list[Any]:
        return [StandardScaler(), PCA(few)] if z.shape[1] > 10 else [StandardScaler()]

    neighbours = KNeighborsRegressor(min(10, max(1, len(fitted) // 3)), weights="distance")
    ridge = RidgeCV(np.logspace(-4, 3, 8))
    models = [
        make_pipeline(*first(), PolynomialFeatures(2), StandardScaler(), ridge),
        make_pipeline(*first(), neighbours),
    ]
    folds = 5 if len(fitted) >= 10 else 2
    marks = [
        cross_val_score(m, z[fitted], t[fitted], cv=folds, scoring="r2").mean() for m in models
    ]
    best = models[int(np.nanargmax(marks)) if np.isfinite(marks).any() else 0]
    return float(best.fit(z[fitted], t[fitted]).score(z[judged], t[judged]))
