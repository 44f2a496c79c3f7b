"""From grey values to particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from napari_ssrvae.particles.checks import checked_image
from napari_ssrvae.particles.parameters import SegmentationParameters

__all__ = ["segment_particles"]


def segment_particles(
    image: ArrayLike,
    parameters: SegmentationParameters | None = None,
    *,
    data_bar: tuple[int, int] | None = None,
) -> NDArray[np.int32]:
    """Return instance labels, shape (H, W): 0 background, 1..N."""
    grey = checked_image(image)
    parameters = parameters or SegmentationParameters()
    if data_bar is not None:
        grey = grey.copy()
        stop = data_bar[0]
    else:
        stop = grey.shape[0]
    smooth = ndimage.gaussian_filter(grey[:stop], 1.0)
    labels = np.zeros(grey.shape, np.int32)
    found, _ = ndimage.label(ndimage.binary_fill_holes(smooth > threshold_otsu(smooth)))
    area = np.bincount(found.ravel())
    keep = area >= (parameters.min_area_px or 10)
    keep[0] = False
    labels[:stop] = (np.cumsum(keep) * keep)[found]
    return labels
