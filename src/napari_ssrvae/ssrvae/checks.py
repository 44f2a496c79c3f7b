"""The door: arrays are checked before anything is computed from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.errors import InputError

__all__ = ["checked_classes", "checked_images", "checked_labels"]

SMALLEST_EDGE = 8


def checked_images(X: Any, size: int | None = None) -> npt.NDArray[np.float32]:
    """Return `X` as (N, S, S) float32 in [0, 1], or say what is wrong with it.

    Raises
    ------
    InputError
        Not three-dimensional, not square, empty, not finite, outside [0, 1], or not `size` wide.
    """
    X = np.asarray(X)
    if X.ndim != 3:
        raise InputError(
            f"Patches must be an array (N, S, S), this one has {X.ndim} dimensions: "
            "stack the patches along the first axis."
        )
    n, height, width = X.shape
    if height != width:
        raise InputError(
            f"Patches must be square, these are {height} x {width} pixels: "
            "cut them with extract_patches."
        )
    if n == 0:
        raise InputError("There are no patches: find particles first.")
    if height < SMALLEST_EDGE:
        raise InputError(
            f"Patches of {height} pixels are too small: cut them with at least {SMALLEST_EDGE}."
        )
    if size is not None and height != size:
        raise InputError(
            f"The model was trained on patches of {size} pixels, these have {height}: "
            f"cut them with size={size}."
        )
    if X.dtype.kind not in "buif":
        raise InputError(f"Patches must be numbers, these are {X.dtype}: convert them to float32.")
    X = X.astype(np.float32)
    if not np.isfinite(X).all():
        bad = int(np.flatnonzero(~np.isfinite(X).all(axis=(1, 2)))[0])
        raise InputError(f"Patch {bad} contains NaN or infinity: remove or repair it.")
    low, high = float(X.min()), float(X.max())
    if low < -1e-5 or high > 1 + 1e-5:
        raise InputError(
            f"Grey values must lie in [0, 1], these reach from {low:.3g} to {high:.3g}: "
            "divide by the largest possible value."
        )
    return np.ascontiguousarray(np.clip(X, 0.0, 1.0))


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
    labels = np.asarray(y)
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
