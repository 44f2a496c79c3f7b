"""The door: arrays are checked before anything is computed from them."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.resize import resampled, squared

__all__ = [
    "ClippedWarning",
    "ResampledWarning",
    "checked_classes",
    "checked_images",
    "checked_labels",
]

SMALLEST_EDGE, LARGEST_EDGE = 8, 1024
_ROUNDING = 1e-5
_NOISIEST = (-10.0, 11.0)
"""What noise may do to a grey value; whatever is further out was scaled in another way."""


class ResampledWarning(UserWarning):
    """The patches had another size than the model was trained on, and were resampled."""


class ClippedWarning(UserWarning):
    """The grey values reached beyond [0, 1], and were clipped."""


def checked_images(
    X: Any, size: int | None = None, *, clip: bool = False
) -> npt.NDArray[np.float32]:
    """Return `X` as (N, S, S) float32 in [0, 1], or say what is wrong with it.

    Patches that are not square are padded about their centre with the median of their border;
    they are never stretched.

    Parameters
    ----------
    X : array-like, shape (N, H, W)
        Grey values in [0, 1].
    size : int, optional
        Edge S of the patches the model was trained on: others are resampled to it, with a
        `ResampledWarning`.
    clip : bool
        Whether real numbers outside [0, 1], as noise leaves them, are clipped with a
        `ClippedWarning`. For prediction only: what a model learns from must be scaled rightly.

    Raises
    ------
    InputError
        Not three-dimensional, empty, smaller than 8 pixels or (without `size`) larger than 1024,
        not numbers, not finite, or outside [0, 1]; with `clip` whole numbers outside [0, 1], or any
        outside [-10, 11].
    """
    try:
        X = np.asarray(X)
    except ValueError as error:
        raise InputError(
            "Patches must all have the same size: stack them into (N, S, S)."
        ) from error
    if X.ndim != 3:
        raise InputError(
            f"Patches must be an array (N, S, S), this one has {X.ndim} dimensions: "
            "stack the patches along the first axis."
        )
    n, height, width = X.shape
    if n == 0:
        raise InputError("There are no patches: find particles first.")
    if min(height, width) < SMALLEST_EDGE:
        raise InputError(
            f"Patches of {height} x {width} pixels are too small: "
            f"cut them with at least {SMALLEST_EDGE}."
        )
    if size is None and max(height, width) > LARGEST_EDGE:
        raise InputError(
            f"Patches of {height} x {width} pixels are too large: "
            f"cut them with at most {LARGEST_EDGE}."
        )
    if X.dtype.kind not in "buif":
        raise InputError(f"Patches must be numbers, these are {X.dtype}: convert them to float32.")
    images = squared(_in_range(X, clip and X.dtype.kind == "f"))
    edge = images.shape[-1]
    if size is not None and edge != size:
        images = resampled(images, size)
        _tell(
            f"The model was trained on patches of {size} pixels, these have {edge} and were "
            f"resampled: cut them with size={size} to have every detail.",
            ResampledWarning,
        )
    return np.ascontiguousarray(np.clip(images, 0.0, 1.0))


def _in_range(X: npt.NDArray[Any], clip: bool) -> npt.NDArray[np.float32]:
    images = X.astype(np.float32)
    if not np.isfinite(images).all():
        bad = int(np.flatnonzero(~np.isfinite(images).all(axis=(1, 2)))[0])
        raise InputError(f"Patch {bad} contains NaN or infinity: remove or repair it.")
    low, high = float(images.min()), float(images.max())
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        return np.clip(images, 0.0, 1.0)
    if not clip or low < _NOISIEST[0] or high > _NOISIEST[1]:
        raise InputError(
            f"Grey values must lie in [0, 1], these reach from {low:.3g} to {high:.3g}: "
            "divide by the largest possible value."
        )
    _tell(
        f"Grey values must lie in [0, 1], these reach from {low:.3g} to {high:.3g} and were "
        "clipped: if this is not noise, divide by the largest possible value.",
        ClippedWarning,
    )
    return np.clip(images, 0.0, 1.0)


def _tell(sentence: str, category: type[UserWarning]) -> None:
    """Warn at the line outside this package that handed the patches in."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, category, stacklevel=level)


def checked_labels(y: Any, n: int, n_classes: int) -> npt.NDArray[np.int64]:
    """Return `y` as (N,) int64 with -1 = unlabelled, or say what is wrong with it.

    Raises
    ------
    InputError
        Wrong length or type, a class out of range, no labels, or all of one class.
    """
    if y is None:
        raise InputError("There are no labels: label some particles of each class first.")
    labels = checked_classes(y, n, n_classes, lowest=-1)
    present = np.unique(labels[labels >= 0])
    if len(present) == 0:
        raise InputError("There are no labels: label some particles of each class first.")
    if len(present) == 1 and n_classes > 1:
        raise InputError(
            f"All labels are of class {present[0]}: label at least one particle of another class."
        )
    if n < n_classes:
        raise InputError(
            f"There are fewer particles ({n}) than classes ({n_classes}): "
            "find more particles or ask for fewer classes."
        )
    return labels


def checked_classes(y: Any, n: int, n_classes: int, lowest: int = 0) -> npt.NDArray[np.int64]:
    """Return `y` as (N,) int64 in [lowest, n_classes), or say what is wrong with it."""
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise InputError("Classes must be one whole number each: give an array (N,).") from error
    if labels.shape != (n,):
        raise InputError(
            f"There must be one class for each of the {n} particles, the array of classes has the "
            f"shape {labels.shape}: use -1 for unlabelled ones."
        )
    if labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels % 1 == 0).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iu":
        raise InputError(
            f"Classes must be whole numbers from 0, these are {labels.dtype}: "
            "number the classes, with -1 for unlabelled."
        )
    labels = labels.astype(np.int64)
    if labels.min() < lowest or labels.max() >= n_classes:
        wrong = labels[(labels < lowest) | (labels >= n_classes)][0]
        raise InputError(
            f"Class {wrong} is out of range: with {n_classes} classes they are numbered "
            f"0 to {n_classes - 1}{', and -1 means unlabelled' if lowest < 0 else ''}."
        )
    return labels
