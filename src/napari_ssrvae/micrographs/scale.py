"""Where a TIFF says how large its pixels are, the most trustworthy place first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales
from napari_ssrvae.micrographs.scale_fei import fei_scales, fei_xl_scales
from napari_ssrvae.micrographs.scale_jeol import jeol_scales_in_tags
from napari_ssrvae.micrographs.scale_open import imagej_scales, ome_scales, resolution_scale
from napari_ssrvae.micrographs.scale_others import dm_scales, olympus_scales, tescan_scales
from napari_ssrvae.micrographs.scale_zeiss import zeiss_scales

__all__ = ["last_resort", "tiff_scales"]


def tiff_scales(
    tags: dict[int, Any],
    shape: tuple[int, int],
    *,
    imagej: dict[str, Any] | None = None,
    ome: str | None = None,
) -> Scales:
    """Return what every trustworthy place of a page says about its pixel size.

    Parameters
    ----------
    tags : dict
        Values of the page's tags by their code.
    shape : (int, int)
        Rows and columns of the image.
    imagej : dict, optional
        ImageJ's own metadata.
    ome : str, optional
        OME-XML.
    """
    places: tuple[Callable[[], Scales], ...] = (
        lambda: zeiss_scales(tags.get(34118), shape),
        lambda: fei_scales(tags.get(34682), shape),
        lambda: fei_scales(tags.get(34680), shape),
        lambda: fei_xl_scales(tags.get(34680), shape),
        lambda: olympus_scales(tags),
        lambda: jeol_scales_in_tags(tags),
        lambda: tescan_scales(tags.get(50431)),
        lambda: dm_scales(tags),
        lambda: imagej_scales(tags, imagej),
        lambda: ome_scales(ome),
    )
    found = Scales()
    for place in places:
        try:
            found += place()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            continue  # metadata come from outside: whatever is in them, it is no reason to fail
    return found


def last_resort(tags: dict[int, Any]) -> PixelSize | None:
    """Return what the plain resolution tags say, which programs also use for the size of a print."""
    try:
        return resolution_scale(tags)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
