"""The look at a whole micrograph that comes before any particle is outlined.

It finds what all tiles share: noise and how much to smooth, whether particles are bright or dark, the background
between them, how far they stand out and how wide they are. A large micrograph is looked at coarsely, and in a
few places closely, so that neither time nor memory grow with it much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.grey import GreySource
from napari_ssrvae.particles.levels import Levels
from napari_ssrvae.particles.noise import SAMPLE_EDGE, has_specks, noise_level
from napari_ssrvae.particles.noise_only import may_be_single_pixels, only_noise
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.sharpness import Outline, sharpest_outline
from napari_ssrvae.particles.sight import Sight, first_sight
from napari_ssrvae.particles.surfaces import Surface
from napari_ssrvae.particles.wide_look import wide_sight

__all__ = ["Look", "PartLook", "look_at", "specimen_rows"]

# Up to so many pixels a micrograph is looked at as it is.
WHOLE_PX = 2048 * 2048
LEAST_STRIP = 0.25
# Less than this has no background around anything.
LEAST_EDGE = 4
# The settings that a look depends on; the others only matter when particles are outlined.
_BASIS = ("polarity", "smoothing", "flatten_background", "background_width")


@dataclass(frozen=True, eq=False)
class PartLook:
    """What was seen in some rows of a micrograph.

    Attributes
    ----------
    rows : (int, int)
        First row and the row after the last.
    specks : bool
        Whether single pixels are wrong.
    noise : float
        Standard deviation from pixel to pixel.
    sigma : float
        Width of the smoothing in pixels.
    bright : bool
        Whether particles are brighter than the background.
    surface : Surface or None
        The background of the smoothed picture with bright particles; None where it is not taken out.
    levels : Levels or None
        None where there is nothing but noise.
    outline : Outline
        Where outlines are sharpest, and how sharp.
    """

    rows: tuple[int, int]
    specks: bool
    noise: float
    sigma: float
    bright: bool
    surface: Surface | None
    levels: Levels | None
    outline: Outline


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen in a micrograph: above its data bar, and below it where there is anything worth it.

    Attributes
    ----------
    shape : (int, int)
    parts : tuple of PartLook
    width_px : float or None
        Usual width of a particle, or of a sphere in an agglomerate; None where nothing was seen.
    """

    shape: tuple[int, int]
    parts: tuple[PartLook, ...]
    pixel_size_nm: float | None
    basis: tuple[Any, ...]

    @property
    def width_px(self) -> float | None:
        """Usual width of a particle in pixels."""
        return next((part.levels.width_px for part in self.parts if part.levels is not None), None)

    def serves(self, parameters: SegmentationParameters) -> bool:
        """Tell whether these settings need no other look."""
        return _basis(parameters.in_pixels(self.pixel_size_nm)) == self.basis


def look_at(
    image: Any,
    parameters: SegmentationParameters | None = None,
    *,
    data_bar: tuple[int, int] | None = None,
    pixel_size_nm: float | None = None,
) -> Look:
    """Look at a whole micrograph.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Also a dask or zarr array or a memory map, which is read piece by piece.
    parameters : SegmentationParameters, optional
    data_bar : (int, int), optional
    pixel_size_nm : float, optional
        Needed where `parameters` are in nm.

    Raises
    ------
    InputError
        Not an image, or settings in nm without a pixel size.
    """
    source = GreySource.of(image)
    settings = (parameters or SegmentationParameters()).in_pixels(pixel_size_nm)
    parts = tuple(
        _look(source.rows(start, stop), (start, stop), settings)
        for start, stop in specimen_rows(source.shape[0], data_bar)
    )
    return Look(source.shape, parts, pixel_size_nm, _basis(settings))


def _basis(parameters: SegmentationParameters) -> tuple[Any, ...]:
    return tuple(getattr(parameters, name) for name in _BASIS)


def specimen_rows(height: int, data_bar: tuple[int, int] | None) -> list[tuple[int, int]]:
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


def _look(
    source: GreySource, rows: tuple[int, int], parameters: SegmentationParameters
) -> PartLook:
    if min(source.shape) < LEAST_EDGE:
        return PartLook(rows, False, 0.0, 0.0, True, None, None, Outline())
    parameters = _bounded(parameters, max(source.shape))
    middle = source.read(_middle(source.shape))
    noise, specks = noise_level(middle), has_specks(middle)
    seen, pictures = _sight(source, parameters, noise, specks)
    if seen is not None and not specks and may_be_single_pixels(seen):
        # Too few wrong pixels to be taken out, and nothing else there?
        again, _ = _sight(source, parameters, noise, specks=True)
        seen = None if again is None else seen
    if seen is None:
        return PartLook(rows, specks, noise, 0.0, True, None, None, Outline())
    outline = sharpest_outline(pictures, seen.levels)
    return PartLook(
        rows, specks, noise, seen.sigma, seen.bright, seen.surface, seen.levels, outline
    )


def _bounded(parameters: SegmentationParameters, extent: int) -> SegmentationParameters:
    """Return settings that take no longer for widths far beyond the image, where they change nothing more."""
    bounds = {"smoothing": extent / 4, "background_width": 4.0 * extent}
    wished = {name: getattr(parameters, name) for name in bounds}
    over = {n: bounds[n] for n, width in wished.items() if width is not None and width > bounds[n]}
    return parameters.model_copy(update=over)


def _sight(
    source: GreySource, parameters: SegmentationParameters, noise: float, specks: bool
) -> tuple[Sight | None, list[NDArray[np.float32]]]:
    """Return what is seen, None where there is only noise, and places of it, flattened."""
    if source.shape[0] * source.shape[1] > WHOLE_PX:
        return wide_sight(source, parameters, noise, specks)
    picture = source.whole()
    calm = ndimage.median_filter(picture, 3) if specks else picture
    seen = first_sight(calm, parameters, max(source.shape))
    if seen is None or only_noise(seen, noise if specks else 0.0):
        return None, []
    return seen, [seen.flat]


def _middle(shape: tuple[int, int]) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(0, (n - SAMPLE_EDGE) // 2), max(0, (n - SAMPLE_EDGE) // 2) + min(n, SAMPLE_EDGE))
        for n in shape
    )
    return rows, columns
