"""A magnification is meant for a photograph of some width; which one, files do not say."""

from __future__ import annotations

import re

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales

__all__ = ["doubts"]

# From a small print to a large screen, in mm.
NARROWEST, WIDEST = 60.0, 700.0
USUAL_WITHIN = 0.03


def doubts(
    size: PixelSize,
    *,
    magnification: str | None,
    columns: int | None,
    photo_mm: tuple[float, ...],
) -> Scales:
    """Hold a pixel size against the magnification beside it.

    Columns times pixel size times magnification is the width of the photograph. Where it is the usual one
    all is well; one that a screen or another print may have is worth a note; one that nothing can have
    means that one of the two numbers is wrong.

    Parameters
    ----------
    size : PixelSize
    magnification : str, optional
    columns : int, optional
        Of the image that the magnification belongs to.
    photo_mm : tuple of float
        Usual widths of the photograph.
    """
    found = re.fullmatch(r"[x×]?\s*(\d+(?:\.\d+)?)", (magnification or "").strip().lower())
    if found is None or not columns or not float(found[1]):
        return Scales()
    times = float(found[1])
    width = columns * size.nm * times * 1e-6
    if any(abs(width - usual) <= USUAL_WITHIN * usual for usual in photo_mm):
        return Scales()
    by_photo = photo_mm[0] * 1e6 / (columns * times)
    if NARROWEST <= width <= WIDEST:
        note = (
            f"{size.nm:.4g} nm per pixel and the magnification of {times:g} belong to a picture {width:.0f} mm wide, "
            f"usual is {photo_mm[0]:g} mm: check the scale"
        )
        return Scales(notes=(note,))
    return Scales(
        (PixelSize(by_photo, f"the magnification of {times:g} on {photo_mm[0]:g} mm beside it"),)
    )
