"""Reading micrographs: pixels, pixel size, data bar, and what had to be done to get them."""

from __future__ import annotations

from napari_ssrvae.micrographs.banner import find_data_bar
from napari_ssrvae.micrographs.blocks import blocks, grey_range
from napari_ssrvae.micrographs.describing import describe
from napari_ssrvae.micrographs.folders import list_micrographs
from napari_ssrvae.micrographs.gold import GOLD_PIXEL_SIZE_NM, GOLD_PIXEL_SIZE_SOURCE, fetch_gold
from napari_ssrvae.micrographs.model import Micrograph
from napari_ssrvae.micrographs.pixel_size import PixelSize
from napari_ssrvae.micrographs.reading import SUFFIXES, read_micrograph

__all__ = [
    "GOLD_PIXEL_SIZE_NM",
    "GOLD_PIXEL_SIZE_SOURCE",
    "SUFFIXES",
    "Micrograph",
    "PixelSize",
    "blocks",
    "describe",
    "fetch_gold",
    "find_data_bar",
    "grey_range",
    "list_micrographs",
    "read_micrograph",
]
