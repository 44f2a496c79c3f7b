"""Size, shape, place and brightness of every particle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.brightness import brightness
from napari_ssrvae.particles.checks import opened_image, opened_labels
from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.hulls import convex_areas
from napari_ssrvae.particles.perimeters import perimeters
from napari_ssrvae.particles.runs import LabelRuns

__all__ = ["measure_particles"]


def measure_particles(
    image: Any,
    labels: Any,
    pixel_size_nm: float | None = None,
    *,
    data_bar: tuple[int, int] | None = None,
    label_ids: Iterable[int] | None = None,
    region: Region | None = None,
) -> pd.DataFrame:
    """Measure every labelled particle, or some.

    Shape measures are those of scikit-image's `regionprops` (moments of pixel centres),
    computed for all particles together; `solidity` divides by the pixels whose centres lie in the convex
    hull of the pixel centres. The image is worked through in bands: beside what is given, memory is taken
    for the runs of labels along the rows, not for pixels.

    Parameters
    ----------
    image : array_like or lazy array (dask, zarr, memory map), shape (H, W)
        Grey values; `mean_intensity` and `std_intensity` are in their unit.
    labels : array_like of int or memory map, shape (H, W)
        0 for background.
    pixel_size_nm : float, optional
        Edge of a pixel; without it the columns in nm are NaN.
    data_bar : (int, int), optional
        Rows, the last exclusive, that do not belong to the specimen: a particle that reaches them is cut.
    label_ids : iterable of int, optional
        Only these particles, as after a change by hand.
    region : (slice, slice), optional
        Rows and columns in which the whole of every one of `label_ids` lies, where it is known: the mask is
        not searched elsewhere.

    Returns
    -------
    DataFrame
        One row per particle, index `label_id` ascending. `centroid_y_px`, `centroid_x_px`,
        `bbox_top_px`, `bbox_left_px`, `bbox_bottom_px`, `bbox_right_px` (the last two exclusive),
        `area_px`, `area_nm2`, `equivalent_diameter_px`, `_nm`, `perimeter_px`, `_nm`, `major_axis_px`,
        `_nm`, `minor_axis_px`, `_nm`, `eccentricity`, `solidity`, `circularity`, `orientation_deg` (of
        the major axis, counter-clockwise from the horizontal as seen on the screen, in (-90, 90]),
        `mean_intensity`, `std_intensity`, `touches_border` (cut by the edge of the image or the data bar).

    Raises
    ------
    InputError
        Image and labels do not belong together, one of `label_ids` does not occur, or the pixel size is not
        positive.
    """
    grey = opened_image(image, "measured")
    mask = opened_labels(labels, grey.shape)
    if pixel_size_nm is not None and not (np.isfinite(pixel_size_nm) and pixel_size_nm > 0):
        raise InputError(
            f"The pixel size is {pixel_size_nm} nm: give a positive number of nanometres."
        )
    runs = LabelRuns.of(mask, label_ids, region)
    nm = np.nan if pixel_size_nm is None else float(pixel_size_nm)
    area = runs.areas()
    top, bottom = runs.least(runs.rows), runs.greatest(runs.rows) + 1
    left, right = runs.least(runs.first), runs.greatest(runs.last) + 1
    y, x = runs.centroids()
    major, minor, angle = _axes(runs, y, x, area)
    diameter = np.sqrt(4 * area / np.pi)
    perimeter = perimeters(mask, runs)
    mean, deviation = brightness(grey, runs)
    with np.errstate(divide="ignore", invalid="ignore"):
        circularity = np.where(perimeter > 0, np.minimum(4 * np.pi * area / perimeter**2, 1.0), 1.0)
        eccentricity = np.where(major > 0, np.sqrt(np.maximum(1 - (minor / major) ** 2, 0.0)), 0.0)
    cut = (top == 0) | (left == 0) | (bottom == grey.shape[0]) | (right == grey.shape[1])
    if data_bar is not None:
        cut |= (bottom >= data_bar[0]) & (top <= data_bar[1])
    columns = {
        "centroid_y_px": y,
        "centroid_x_px": x,
        "bbox_top_px": top.astype(np.int64),
        "bbox_left_px": left.astype(np.int64),
        "bbox_bottom_px": bottom.astype(np.int64),
        "bbox_right_px": right.astype(np.int64),
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
        "solidity": area / np.maximum(convex_areas(runs), 1.0),
        "circularity": circularity,
        "orientation_deg": angle,
        "mean_intensity": mean,
        "std_intensity": deviation,
        "touches_border": cut,
    }
    return pd.DataFrame(columns, index=pd.Index(runs.label_ids, name="label_id"))


def _axes(
    runs: LabelRuns, y: NDArray[np.float64], x: NDArray[np.float64], area: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return full major and minor axis of the ellipse with the same second moments, and its angle in degrees."""
    lengths = runs.lengths
    dy, dx = runs.rows - y[runs.rank], runs.middles - x[runs.rank]
    yy = runs.sum(lengths * dy * dy) / area
    # A run of n pixels has the second moment (n^2 - 1) / 12 about its own middle.
    xx = runs.sum(lengths * (dx * dx + (lengths * lengths - 1) / 12)) / area
    xy = runs.sum(lengths * dy * dx) / area
    middle, spread = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major = 4 * np.sqrt(middle + spread)
    minor = 4 * np.sqrt(np.maximum(middle - spread, 0.0))
    # Rows count downwards, angles turn counter-clockwise on the screen: hence the minus.
    angle = np.degrees(0.5 * np.arctan2(-2 * xy, xx - yy))
    # Upright is 90, also where rounding puts it a hair beyond -90.
    return major, minor, np.where(angle <= -90 + 1e-9, np.minimum(angle + 180, 90.0), angle)
