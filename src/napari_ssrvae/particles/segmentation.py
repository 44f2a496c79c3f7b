"""From grey values to particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.backgrounds import smooth_background
from napari_ssrvae.particles.checks import checked_image
from napari_ssrvae.particles.levels import (
    Levels,
    fill_small_holes,
    flattened,
    measure_levels,
    particles_are_bright,
)
from napari_ssrvae.particles.noise import noise_level, without_specks
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.splitting import split_touching

__all__ = ["segment_particles"]

# Where between background (0) and particle (1) the outline runs. Half is where a blurred edge lies; crowded
# particles need less, since the local rule below keeps them apart.
GLOBAL_LEVEL = 0.5
LOCAL_LEVEL = 0.42
# A pixel of a particle is brighter than its surroundings within about a particle's width, by this much.
LOCAL_REACH = 0.65
LOCAL_LEAD = 0.1
INSIDE = 0.8
# The noise that may be left after smoothing, as a share of the contrast.
NOISE_LEFT = 0.12
# What varies so many times more than the noise is structure.
STRUCTURE = 4.0
SMOOTHING_PX = (1.0, 1.5, 2.0, 3.0, 4.0)
WIDTH_TO_SMOOTHING = 2.5
LEAST_PART = 0.07
LEAST_AREA_PX = 6
# A particle is somewhere clearly above the level of its outline; a blot of noise is not.
PEAK_ABOVE = 0.15
LEAST_STRIP = 0.25


def segment_particles(
    image: ArrayLike,
    parameters: SegmentationParameters | None = None,
    *,
    data_bar: tuple[int, int] | None = None,
    pixel_size_nm: float | None = None,
) -> NDArray[np.int32]:
    """Find the particles in a micrograph.

    Specks and noise are taken out, the background between the particles is made flat, and what
    stands at least about half as high as a usual particle is kept. The local rule, which tells crowded
    particles apart, asks besides that a pixel is brighter than its surroundings. Everything scales with the
    width of the particles and the contrast of this image; there are no grey values in it.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Grey values of any kind; only their order and proportions matter.
    parameters : SegmentationParameters, optional
    data_bar : (int, int), optional
        Rows of a banner, in which no particle is looked for.

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 background, 1..N in raster order; all zeros where nothing stands out.

    Raises
    ------
    InputError
        Not an image.
    """
    grey = checked_image(image)
    parameters = (parameters or SegmentationParameters()).in_pixels(pixel_size_nm)
    labels = np.zeros(grey.shape, dtype=np.int32)
    n = 0
    for start, stop in _specimen_rows(grey.shape[0], data_bar):
        found = _segment(grey[start:stop], parameters)
        labels[start:stop] = np.where(found > 0, found + n, 0)
        n += int(found.max(initial=0))
    return labels


def _specimen_rows(height: int, data_bar: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Return the rows above and below a banner; the narrow strip below an inset one is not worth a look."""
    if data_bar is None:
        return [(0, height)]
    start, stop = (int(row) for row in data_bar)
    if not 0 <= start <= stop <= height:
        raise InputError(
            f"The data bar is said to be rows {start} to {stop}, but the image has {height} rows: "
            "give rows inside the image."
        )
    return [
        (a, b) for a, b in ((0, start), (stop, height)) if b - a >= max(4, LEAST_STRIP * height)
    ]


def _segment(grey: NDArray[np.float32], parameters: SegmentationParameters) -> NDArray[np.int32]:
    nothing = np.zeros(grey.shape, dtype=np.int32)
    if min(grey.shape) < 4 or grey.min() == grey.max():
        return nothing
    calm = without_specks(grey)
    seen = _look(calm, parameters)
    if seen is None:
        return nothing
    flat, levels = seen
    return _cleaned(_mask(flat, levels, parameters), flat, levels, parameters)


def _look(
    image: NDArray[np.float32], parameters: SegmentationParameters
) -> tuple[NDArray[np.float32], Levels] | None:
    """Return the flattened image with bright particles and its levels; None where there is only noise.

    It is smoothed as little as brings the noise down to a small share of the contrast, and not so much that
    particles flow together.
    """
    wished = parameters.smoothing
    noise = noise_level(image)
    best = crowded = None
    for sigma in SMOOTHING_PX if wished is None else (wished,):
        flat = _flat_and_bright(image, sigma, parameters)
        levels = measure_levels(flat, least_piece_px=2 * sigma**2)
        # White noise of deviation s is s / (2 sigma sqrt(pi)) after a Gaussian.
        left = noise / max(1.0, 2 * sigma * np.sqrt(np.pi))
        if crowded is None and float(flat.std()) > STRUCTURE * left:
            crowded = flat, sigma
        if levels is None or not levels.significant:
            continue
        if best is not None and levels.width_px < WIDTH_TO_SMOOTHING * sigma:
            break
        best = flat, levels
        if left <= NOISE_LEFT * levels.contrast:
            break
    if best is None and crowded is not None:
        # Particles upon particles, or half of the image: no two hills of grey values, yet no noise either.
        flat, sigma = crowded
        levels = measure_levels(flat, least_piece_px=2 * sigma**2, halves=True)
        best = None if levels is None else (flat, levels)
    return best


def _flat_and_bright(
    image: NDArray[np.float32], sigma: float, parameters: SegmentationParameters
) -> NDArray[np.float32]:
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(image, sigma) if sigma > 0 else image
    if parameters.polarity == "dark" or (
        parameters.polarity == "auto" and not particles_are_bright(smooth)
    ):
        smooth = -smooth
    return flattened(smooth) if parameters.flatten_background else smooth


def _mask(
    flat: NDArray[np.float32], levels: Levels, parameters: SegmentationParameters
) -> NDArray[np.bool_]:
    local = parameters.method in ("auto", "local")
    mask: NDArray[np.bool_] = flat > levels.low + _share(parameters) * levels.contrast
    if local:
        around = smooth_background(
            flat, np.ones(flat.shape, dtype=bool), LOCAL_REACH * levels.width_px
        )
        lead = LOCAL_LEAD - 0.1 * parameters.sensitivity
        # The inside of a large agglomerate is no brighter than its surroundings, but bright.
        mask &= (flat > around + lead * levels.contrast) | (
            flat > levels.low + INSIDE * levels.contrast
        )
    return mask


def _share(parameters: SegmentationParameters) -> float:
    """Return where between background and particle the outline runs."""
    return (
        GLOBAL_LEVEL if parameters.method == "global" else LOCAL_LEVEL
    ) - 0.3 * parameters.sensitivity


def _cleaned(
    mask: NDArray[np.bool_],
    flat: NDArray[np.float32],
    levels: Levels,
    parameters: SegmentationParameters,
) -> NDArray[np.int32]:
    if parameters.fill_holes:
        mask = fill_small_holes(mask, levels.width_px**2)
    found, n = ndimage.label(mask)
    area = np.bincount(found.ravel(), minlength=n + 1)
    least: float
    if parameters.min_diameter is not None:
        least = np.pi / 4 * parameters.min_diameter**2
    else:
        least = max(LEAST_AREA_PX, round(LEAST_PART * np.pi / 4 * levels.width_px**2))
    clear = flat > levels.low + (_share(parameters) + PEAK_ABOVE) * levels.contrast
    peaks = np.bincount(found[clear & mask], minlength=n + 1)
    keep = (area >= least) & (peaks > 0)
    keep[0] = False
    if parameters.remove_border:
        for rim in (found[0], found[-1], found[:, 0], found[:, -1]):
            keep[rim] = False
    labels: NDArray[np.int32] = np.where(keep, np.cumsum(keep), 0).astype(np.int32)[found]
    return (
        split_touching(labels, levels.width_px)
        if parameters.split_touching and labels.any()
        else labels
    )
