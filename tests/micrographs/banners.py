"""Micrographs with banners of every kind drawn into them, and where they are."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from napari_ssrvae.evaluation.agglomerates import generate_micrograph

KINDS = ("full", "inset", "rows below", "gradient", "logo", "cells", "text above", "jpeg", "16 bit")


@dataclass(frozen=True)
class Drawn:
    """An image, the rows of its banner, and the first row of what is burnt in above it."""

    image: np.ndarray
    start: int
    stop: int
    text_from: int


def picture(seed: int) -> np.ndarray:
    """Return a generated micrograph without a banner, of some size and style."""
    rng = np.random.default_rng([seed, 1])
    rows, columns = int(rng.integers(300, 480)), int(rng.integers(380, 660))
    made = generate_micrograph(
        int(rng.integers(12, 40)),
        seed=seed,
        shape=(rows, columns),
        data_bar=False,
        style=("spheres", "faceted")[int(rng.integers(2))],
        polarity=("bright", "dark")[int(rng.integers(2))],
        contrast=float(rng.uniform(0.2, 0.7)),
        gradient=float(rng.uniform(0, 0.4)),
        noise=float(rng.choice([0.0, 0.02, 0.05, 0.1])),
        sphere_diameter_px=(12.0, float(rng.uniform(14, 30))),
    )
    return made.image


def with_banner(kind: str, seed: int) -> Drawn:
    """Draw a banner into a generated micrograph."""
    rng = np.random.default_rng([seed, 2])
    image = picture(seed)
    rows, columns = image.shape
    height = int(rng.uniform(0.055, 0.13) * rows)
    background = int(rng.choice([0, 0, 255, 255, 128, 40, 210]))
    ink = 255 if background < 128 else 0
    below = int(rng.integers(8, 25)) if kind in ("inset", "rows below") else 0
    left, right = 0, columns
    if kind == "inset":
        left, right = int(rng.uniform(0.03, 0.15) * columns), int(rng.uniform(0.75, 0.95) * columns)
    start, stop = rows - height - below, rows - below
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((left, start, right - 1, stop - 1), fill=background)
    if kind == "gradient":
        _gradient(canvas, start, stop, background, rng)
    _write(draw, (left, start, right, stop), ink, rng)
    if kind == "cells":
        for x in range(left, right, max(60, (right - left) // 6)):
            draw.line((x, start, x, stop - 1), fill=ink)
        draw.line((left, start, right, start), fill=ink)
        draw.line((left, (start + stop) // 2, right, (start + stop) // 2), fill=ink)
    if kind == "logo":
        _logo(canvas, (right - int(0.22 * columns), start + 2, right - 4, stop - 2), rng)
    text_from = start
    if kind == "text above":
        text_from = start - 22
        draw.text((10, text_from), "D = 123.4 nm   Area 3", fill=255, font=_font(16))
    out = np.asarray(canvas)
    if kind == "jpeg":
        out = _jpeg(out, int(rng.integers(70, 96)))
    if kind == "16 bit":
        out = (out.astype(np.uint16) * int(rng.choice([257, 16, 150]))).astype(np.uint16)
    return Drawn(out, start, stop, text_from)


def without_banner(seed: int) -> np.ndarray:
    """Return an image that has none, many of them as treacherous as can be."""
    rng = np.random.default_rng([seed, 3])
    image = picture(seed)
    rows, columns = image.shape
    kind = seed % 8
    if kind == 1:  # the background is saturated to one value
        low = np.percentile(image, 80)
        image = np.where(image < low, 0, image).astype(np.uint8)
    elif kind == 2:  # a huge saturated particle reaches in from below
        y, x = np.mgrid[:rows, :columns]
        radius = 0.8 * columns
        inside = (y - rows - 0.7 * radius) ** 2 + (x - columns / 2) ** 2 < radius**2
        image = np.where(inside, 255, image).astype(np.uint8)
    elif kind == 3:  # text burnt into the image, no banner
        canvas = Image.fromarray(image)
        draw = ImageDraw.Draw(canvas)
        draw.text((12, rows - 30), "x20,000  5.0kV  SE", fill=255, font=_font(18))
        draw.rectangle((columns - 140, rows - 20, columns - 40, rows - 16), fill=255)
        image = np.asarray(canvas)
    elif kind == 4:  # JPEG of a smooth image
        image = _jpeg(gaussian_filter(image, 2.0), 60)
    elif kind == 5:  # charging: some rows much brighter
        image = image.copy()
        for row in rng.integers(0, rows, 6):
            image[row : row + int(rng.integers(1, 4))] //= 2
    elif kind == 6:  # dark towards the bottom
        shade = np.clip(np.linspace(2.0, -0.3, rows), 0, 1)[:, None]
        image = (image * shade).astype(np.uint8)
    elif kind == 7:  # a clean picture: no noise, one background value
        image = np.full((rows, columns), int(rng.integers(0, 60)), np.uint8)
        canvas = Image.fromarray(image)
        draw = ImageDraw.Draw(canvas)
        for _ in range(int(rng.integers(8, 40))):
            y, x, r = rng.integers(0, rows), rng.integers(0, columns), rng.integers(8, 60)
            draw.ellipse((x - r, y - r, x + r, y + r), fill=int(rng.integers(150, 255)))
        image = np.asarray(canvas)
    return image


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _write(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], ink: int, rng: np.random.Generator
) -> None:
    left, top, right, bottom = box
    height = bottom - top
    size = max(9, int(height * rng.uniform(0.25, 0.42)))
    words = ["HV 5.00 kV", "WD 4.9 mm", "Mag 25.00 K X", "SE2", "HFW 12.3 µm", "9 Dec 2019"]
    x = left + 6
    for n, word in enumerate(words):
        if x + 90 < right:
            draw.text((x, top + 3 + (n % 2) * height * 0.45), word, fill=ink, font=_font(size))
        x += int(0.13 * (right - left))
    bar = int(rng.uniform(0.1, 0.2) * (right - left))
    y = top + height // 2
    draw.line((right - bar - 10, y, right - 10, y), fill=ink, width=2)


def _gradient(
    canvas: Image.Image, start: int, stop: int, background: int, rng: np.random.Generator
) -> None:
    columns = canvas.width
    way = 60 if background < 128 else -60
    if rng.integers(2):
        band = np.tile(np.linspace(background, background + way, columns), (stop - start, 1))
    else:
        band = np.tile(
            np.linspace(background, background + way, stop - start)[:, None], (1, columns)
        )
    canvas.paste(Image.fromarray(np.clip(band, 0, 255).astype(np.uint8)), (0, start))


def _logo(canvas: Image.Image, box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    left, top, right, bottom = box
    texture = gaussian_filter(rng.normal(128, 300, (bottom - top, right - left)), 2)
    canvas.paste(Image.fromarray(np.clip(texture, 0, 255).astype(np.uint8)), (left, top))


def _jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))
