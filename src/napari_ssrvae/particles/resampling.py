"""Resampling as two small matrices, the same few for all particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["resampling_matrices"]


def resampling_matrices(window: int, size: int, span: int, parts: int) -> NDArray[np.float32]:
    """Return matrices that read `size` samples off `span` pixels, shape (parts, size, span).

    Samples lie evenly over `window` pixels around pixel `span / 2` plus `i / parts` for matrix `i`. The
    kernel is a triangle, as wide as a pixel of the finer of the two grids needs: linear interpolation when
    enlarging, a mean over the area of a sample when reducing, so that nothing is aliased.
    """
    step = window / size
    offsets = (np.arange(size) + 0.5) * step - window / 2
    shift = np.arange(parts) / parts
    centres = span // 2 + shift[:, None] + offsets[None, :]
    width = max(1.0, step)
    distance = np.abs(centres[:, :, None] - np.arange(span)[None, None, :])
    weights = np.maximum(0.0, 1.0 - distance / width)
    weights /= np.maximum(weights.sum(axis=2, keepdims=True), 1e-12)
    return weights.astype(np.float32)
