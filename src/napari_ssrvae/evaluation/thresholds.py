"""Plain ways to find particles, with their defaults: what the segmentation of this package is measured against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["RIVALS", "plain_pipeline", "plain_watershed", "with_rival"]

LEAST_AREA = 12
BLOCK = 51
# What ImageJ and tutorials measure of a particle.
PROPERTIES = (
    "label",
    "area",
    "centroid",
    "axis_major_length",
    "axis_minor_length",
    "eccentricity",
    "solidity",
    "perimeter",
    "orientation",
    "equivalent_diameter_area",
    "intensity_mean",
)


def with_rival(
    name: str,
    image: NDArray[Any],
    *,
    polarity: Literal["bright", "dark"] = "bright",
    data_bar: tuple[int, int] | None = None,
) -> NDArray[np.int32]:
    """Return labels found by one of `RIVALS`, which is told the polarity and the data bar.

    Objects below 12 pixels are dropped. Rows from the data bar on hold none.
    """
    rows = image.shape[0] if data_bar is None else data_bar[0]
    smooth = ndimage.gaussian_filter(image[:rows].astype(np.float32), 1.0)
    labels = np.zeros(image.shape, np.int32)
    labels[:rows] = RIVALS[name](-smooth if polarity == "dark" else smooth)
    small = np.bincount(labels.ravel()) < LEAST_AREA
    labels[small[labels]] = 0
    return labels


def _otsu(smooth: NDArray[np.float32]) -> NDArray[np.int32]:
    from skimage.filters import threshold_otsu

    return _objects(smooth > threshold_otsu(smooth))


def _triangle(smooth: NDArray[np.float32]) -> NDArray[np.int32]:
    from skimage.filters import threshold_triangle

    return _objects(smooth > threshold_triangle(smooth))


def _local(smooth: NDArray[np.float32]) -> NDArray[np.int32]:
    from skimage.filters import threshold_local

    return _objects(smooth > threshold_local(smooth, BLOCK))


def _objects(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    labels, _ = ndimage.label(mask)
    return np.asarray(labels, np.int32)


def plain_watershed(smooth: NDArray[Any]) -> NDArray[np.int32]:
    """Return particles of a smoothed image above Otsu's threshold, split at the maxima of the distance."""
    from skimage.feature import peak_local_max
    from skimage.filters import threshold_otsu
    from skimage.segmentation import watershed

    mask = smooth > threshold_otsu(smooth)
    distance = ndimage.distance_transform_edt(mask)
    pieces, _ = ndimage.label(mask)
    peaks = peak_local_max(distance, min_distance=5, labels=pieces)
    markers = np.zeros(mask.shape, np.int32)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    return np.asarray(watershed(-distance, markers, mask=mask), np.int32)


def plain_pipeline(image: NDArray[Any]) -> tuple[NDArray[np.int32], dict[str, NDArray[Any]]]:
    """Return labels and a table of measurements as a script around scikit-image makes them.

    Gaussian, Otsu, distance transform, peaks, watershed, `regionprops_table`.
    """
    from skimage.filters import gaussian
    from skimage.measure import regionprops_table

    labels = plain_watershed(gaussian(image, 1.0, preserve_range=True))
    return labels, regionprops_table(labels, image, properties=PROPERTIES)


RIVALS: dict[str, Callable[[NDArray[np.float32]], NDArray[np.int32]]] = {
    "Otsu": _otsu,
    "local": _local,
    "triangle": _triangle,
    "watershed": plain_watershed,
}
