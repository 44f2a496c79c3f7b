"""Zeiss: the pixel size as text, as a number, and as the width of the field."""

from __future__ import annotations

import re
from typing import Any

from napari_ssrvae.micrographs.pixel_size import PixelSize, Scales, agree
from napari_ssrvae.micrographs.stored_size import StoredSize
from napari_ssrvae.micrographs.units import length_nm, plausible_nm, to_nm

__all__ = ["zeiss_scales"]

# The nameless numbers and AP_PIXEL_SIZE belong to the display, which is 1024 pixels wide.
DISPLAY_WIDTH = 1024
NUMBER_OF_PIXEL_SIZE = 3


def zeiss_scales(tag: Any, shape: tuple[int, int]) -> Scales:
    """Return what the tag 34118 says.

    Three places tell the same in every file seen: AP_IMAGE_PIXEL_SIZE (absent in old files), AP_WIDTH over
    the columns stored, and the fourth nameless number, in metres, of a display 1024 pixels wide.
    """
    if not isinstance(tag, dict):
        return Scales()
    stored = StoredSize.of(_stored(tag), shape)
    width_px = stored.columns
    sizes: list[PixelSize] = []

    def add(nm: float | None, where: str) -> None:
        if nm is not None:
            sizes.append(PixelSize(nm, f"Zeiss metadata ({where})"))

    image = to_nm(*_value(tag, "ap_image_pixel_size"))
    add(image, "AP_IMAGE_PIXEL_SIZE")
    field = length_nm(*_value(tag, "ap_width"))
    add(plausible_nm(field / width_px) if field else None, "AP_WIDTH over the columns")
    numbers = tag.get("", ())
    number = (
        to_nm(numbers[NUMBER_OF_PIXEL_SIZE], "m") if len(numbers) > NUMBER_OF_PIXEL_SIZE else None
    )
    if number is not None:
        # Some versions already write that of the image here.
        as_it_is = image is not None and agree(number, image)
        add(number if as_it_is else number * DISPLAY_WIDTH / width_px, "number of the pixel size")
    if not sizes:
        display = to_nm(*_value(tag, "ap_pixel_size"))
        add(display * DISPLAY_WIDTH / width_px if display else None, "AP_PIXEL_SIZE")
    return Scales(tuple(sizes), stored.notes if sizes else ())


def _value(tag: dict[str, Any], name: str) -> tuple[Any, str]:
    entry = tag.get(name)
    return (entry[1], str(entry[2])) if isinstance(entry, tuple) and len(entry) == 3 else (None, "")


def _stored(tag: dict[str, Any]) -> tuple[int, int] | None:
    entry = tag.get("dp_image_store")
    text = str(entry[1]) if isinstance(entry, tuple) and len(entry) > 1 else ""
    found = re.fullmatch(r"\s*(\d{2,6})\s*[*x]\s*(\d{2,6})\s*", text)
    return (int(found[2]), int(found[1])) if found else None
