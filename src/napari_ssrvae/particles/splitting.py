"""Cutting agglomerates at their necks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["split_touching"]


def split_touching(labels: NDArray[np.int32], width_px: float) -> NDArray[np.int32]:
    """Return labels of convex parts: a watershed of the distance to the background.

    Parts closer than half a particle's usual width are one part.
    """
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    distance = ndimage.gaussian_filter(
        ndimage.distance_transform_edt(labels > 0).astype(np.float32), 1.0
    )
    peaks = peak_local_max(
        distance, min_distance=max(1, round(width_px / 3)), labels=labels, exclude_border=False
    )
    markers = np.zeros(labels.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    parts: NDArray[np.int32] = watershed(-distance, markers, mask=labels > 0).astype(np.int32)
    return parts
