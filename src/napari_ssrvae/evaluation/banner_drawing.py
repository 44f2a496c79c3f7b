"""The banner that instruments write below a micrograph."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["banner_height", "draw_banner", "round_length_nm"]


def banner_height(height: int) -> int:
    """Return the rows of a banner for an image of so many rows."""
    return max(24, round(0.065 * height))


def round_length_nm(length: float) -> float:
    """Return 1, 2 or 5 times a power of ten, the largest that is not above `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= length * (1 + 1e-9))


def draw_banner(rows: int, columns: int, pixel_size_nm: float, text: str) -> NDArray[np.uint8]:
    """Return a black banner with a scale bar and one line of text, shape (rows, columns)."""
    from PIL import Image, ImageDraw, ImageFont

    banner = Image.new("L", (columns, rows), 0)
    draw = ImageDraw.Draw(banner)
    font = ImageFont.load_default(size=max(9, rows // 3))
    length = round_length_nm(columns * pixel_size_nm / 5)
    width = max(2, round(length / pixel_size_nm))
    middle, left = rows // 2, max(4, columns // 40)
    draw.rectangle([left, middle - 1, left + width, middle + 1], fill=255)
    for end in (left, left + width):
        draw.line([end, middle - rows // 6, end, middle + rows // 6], fill=255)
    said = f"{length / 1000:g} µm" if length >= 1000 else f"{length:g} nm"
    after = left + width + max(6, columns // 80)
    draw.text((after, middle), said, fill=255, font=font, anchor="lm")
    after += int(draw.textlength(said, font=font)) + max(10, columns // 30)
    draw.text((after, middle), text, fill=225, font=font, anchor="lm")
    return np.asarray(banner).copy()
