"""Size, shape, place and brightness of every particle."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.checks import checked_labels
from napari_ssrvae.particles.hulls import convex_areas
from napari_ssrvae.particles.perimeters import perimeters
from napari_ssrvae.particles.pixels import LabelPixels

__all__ = ["measure_particles"]


def measure_particles(
    image: ArrayLike, labels: ArrayLike, pixel_size_nm: float | None = None
) -> pd.DataFrame:
    """Measure every labelled particle.

    Shape measures are those of scikit-image's `regionprops` (moments of pixel centres),
    computed for all particles together; `solidity` divides by the pixels whose centres lie in the convex
    hull of the pixel centres.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Grey values; `mean_intensity` and `std_intensity` are in their unit.
    labels : array_like of int, shape (H, W)
        0 for background.
    pixel_size_nm : float, optional
        Edge of a pixel; without it the columns in nm are NaN.

    Returns
    -------
    DataFrame
        One row per particle, index `label_id` ascending. `centroid_y_px`, `centroid_x_px`,
        `bbox_top_px`, `bbox_left_px`, `bbox_bottom_px`, `bbox_right_px` (the last two exclusive),
        `area_px`, `area_nm2`, `equivalent_diameter_px`, `_nm`, `perimeter_px`, `_nm`, `major_axis_px`,
        `_nm`, `minor_axis_px`, `_nm`, `eccentricity`, `solidity`, `circularity`, `orientation_deg` (of
        the major axis, counter-clockwise from the horizontal as seen on the screen, in (-90, 90]),
        `mean_intensity`, `std_intensity`, `touches_border`.

    Raises
    ------
    InputError
        Image and labels do not belong together, or the pixel size is not positive.
    """
    grey = np.asarray(image)
    if grey.ndim != 2:
        raise InputError(
            f"An image of the shape {grey.shape} cannot be measured: give one plane of grey values."
        )
    mask = checked_labels(labels, grey.shape)
    if pixel_size_nm is not None and not (np.isfinite(pixel_size_nm) and pixel_size_nm > 0):
        raise InputError(
            f"The pixel size is {pixel_size_nm} nm: give a positive number of nanometres."
        )
    pixels = LabelPixels.of(mask)
    nm = np.nan if pixel_size_nm is None else float(pixel_size_nm)
    area = pixels.sum()
    top, bottom = (
        pixels.extreme(pixels.rows, np.minimum),
        pixels.extreme(pixels.rows, np.maximum) + 1,
    )
    left, right = (
        pixels.extreme(pixels.columns, np.minimum),
        pixels.extreme(pixels.columns, np.maximum) + 1,
    )
    y, x = pixels.centroids()
    major, minor, angle = _axes(pixels, y, x, area)
    diameter = np.sqrt(4 * area / np.pi)
    perimeter = perimeters(mask, pixels)
    mean, deviation = _brightness(grey, pixels, area)
    with np.errstate(divide="ignore", invalid="ignore"):
        circularity = np.where(perimeter > 0, np.minimum(4 * np.pi * area / perimeter**2, 1.0), 1.0)
        eccentricity = np.where(major > 0, np.sqrt(np.maximum(1 - (minor / major) ** 2, 0.0)), 0.0)
    columns = {
        "centroid_y_px": y,
        "centroid_x_px": x,
        "bbox_top_px": top,
        "bbox_left_px": left,
        "bbox_bottom_px": bottom,
        "bbox_right_px": right,
        "area_px": area.astype(np.int64),
        "area_nm2": area * nm**2,
        "equivalent_diameter_px": diameter,
        "equivalent_diameter_nm": diameter * nm,
        "perimeter_px": perimeter,
        "perimeter_nm": perimeter * nm,
        "major_axis_px": major,
        "major_axis_nm": major * nm,
        "minor_axis_px": minor,
        "minor_axis_nm": minor * nm,
        "eccentricity": eccentricity,
        "solidity": area / np.maximum(convex_areas(pixels), 1.0),
        "circularity": circularity,
        "orientation_deg": angle,
        "mean_intensity": mean,
        "std_intensity": deviation,
        "touches_border": (top == 0)
        | (left == 0)
        | (bottom == grey.shape[0])
        | (right == grey.shape[1]),
    }
    return pd.DataFrame(columns, index=pd.Index(pixels.label_ids, name="label_id"))


def _axes(
    pixels: LabelPixels, y: NDArray[np.float64], x: NDArray[np.float64], area: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return full major and minor axis of the ellipse with the same second moments, and its angle in degrees."""
    dy, dx = pixels.rows - y[pixels.rank], pixels.columns - x[pixels.rank]
    yy = pixels.sum(dy * dy) / area
    xx = pixels.sum(dx * dx) / area
    xy = pixels.sum(dy * dx) / area
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major = 4 * np.sqrt(middle + spread)
    minor = 4 * np.sqrt(np.maximum(middle - spread, 0.0))
    # Rows count downwards, angles turn counter-clockwise on the screen: hence the minus.
    angle = np.degrees(0.5 * np.arctan2(-2 * xy, xx - yy))
    return major, minor, np.where(angle <= -90, angle + 180, angle)


def _brightness(
    grey: NDArray[np.generic], pixels: LabelPixels, area: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = grey[pixels.rows, pixels.columns].astype(np.float64)
    mean = pixels.sum(values) / area
    variance = pixels.sum((values - mean[pixels.rank]) ** 2) / area
    return mean, np.sqrt(variance)
