"""The playing-card suits of the paper, drawn by our own hand, and their random deformations."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.ndimage import affine_transform, gaussian_filter
from skimage.draw import disk, polygon

__all__ = ["SUITS", "draw_suits", "make_cards"]

SUITS = ("club", "spade", "heart", "diamond")

_GLYPH, _CARD, _FINE = 64, 48, 8
_OFFSET_PX = 4.8

Array = npt.NDArray[np.float32]


def draw_suits() -> Array:
    """Return (4, 64, 64) float32 in [0, 1]: club, spade, heart, diamond, white on black."""
    return np.stack([_club(), _spade(), _heart(), _diamond()])


def make_cards(
    n_per_class: int,
    max_angle_deg: float,
    max_shear_deg: float = 15.0,
    offset: Literal["2d", "vertical"] | None = "2d",
    scale: tuple[float, float] = (1.0, 1.3),
    seed: int = 0,
    glyphs: Array | None = None,
) -> tuple[Array, npt.NDArray[np.int64], dict[str, Array]]:
    """Deform suits as Ziatdinov et al., arXiv 2105.11475, do: shear, rotate and scale, shift.

    Parameters
    ----------
    n_per_class : int
        Cards of each class; the classes come mixed.
    max_angle_deg, max_shear_deg : float
        Bounds of the uniform angle and of the two uniform shears, in degrees.
    offset : {"2d", "vertical"} or None
        Uniform shift of up to 4.8 px in both directions, in rows only (the authors'), or none.
    scale : tuple of float
        Bounds of the uniform scale.
    seed : int
        Seed of the deformations.
    glyphs : (4, 64, 64) float32, optional
        Other glyphs instead of `draw_suits()`.

    Returns
    -------
    X : (N, 48, 48) float32 in [0, 1]
    y : (N,) int64
    factors : dict of (N,) or (N, 2) float32
        "angle_deg" counter-clockwise as seen on the screen, "shear_deg" (x, y), "scale",
        "offset_px" (row, column).
    """
    rng = np.random.default_rng(seed)
    shapes = draw_suits() if glyphs is None else np.asarray(glyphs, dtype=np.float32)
    margin = (shapes.shape[-1] - _CARD) // 2
    shapes = shapes[:, margin : margin + _CARD, margin : margin + _CARD]
    y = rng.permutation(np.repeat(np.arange(len(shapes)), n_per_class))
    n = len(y)
    shear = rng.uniform(-max_shear_deg, max_shear_deg, (n, 2))
    angle = rng.uniform(-max_angle_deg, max_angle_deg, n)
    size = rng.uniform(*scale, n)
    shift = np.zeros((n, 2))
    if offset is not None:
        shift[:, 0] = rng.uniform(-_OFFSET_PX, _OFFSET_PX, n)
    if offset == "2d":
        shift[:, 1] = rng.uniform(-_OFFSET_PX, _OFFSET_PX, n)
    X = np.stack(
        [_deform(shapes[k], *row) for k, *row in zip(y, shear, angle, size, shift, strict=True)]
    )
    factors = {
        "angle_deg": angle.astype(np.float32),
        "shear_deg": shear.astype(np.float32),
        "scale": size.astype(np.float32),
        "offset_px": shift.astype(np.float32),
    }
    return X, y.astype(np.int64), factors


def _deform(
    image: Array, shear: npt.NDArray[np.float64], angle: float, size: float,
    shift: npt.NDArray[np.float64],
) -> Array:  # fmt: skip
    tx, ty = np.tan(np.deg2rad(shear))
    a = np.deg2rad(angle)
    # In (x right, y down): the shear first, then counter-clockwise as seen on the screen.
    sheared = np.array([[1, -tx], [-ty, 1 + tx * ty]])
    turned = size * np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    back = np.linalg.inv(turned @ sheared)[::-1, ::-1]  # now in (row, column)
    middle = (np.array(image.shape) - 1) / 2
    moved = affine_transform(image, back, middle - back @ (middle + shift), order=1, cval=0.0)
    return np.asarray(np.clip(moved, 0, 1), np.float32)


def _finish(fine: npt.NDArray[np.float64]) -> Array:
    """Bring a drawing on the fine grid to glyph size, with soft edges."""
    small = fine.reshape(_GLYPH, _FINE, _GLYPH, _FINE).mean(axis=(1, 3))
    return np.asarray(np.clip(gaussian_filter(small, 0.4), 0, 1), np.float32)


def _blank() -> npt.NDArray[np.float64]:
    return np.zeros((_GLYPH * _FINE, _GLYPH * _FINE))


def _disk(fine: npt.NDArray[np.float64], row: float, column: float, radius: float) -> None:
    """Fill a disk given in glyph pixels about the middle of the glyph."""
    centre = ((row + _GLYPH / 2) * _FINE, (column + _GLYPH / 2) * _FINE)
    fine[disk(centre, radius * _FINE, shape=fine.shape)] = 1


def _polygon(fine: npt.NDArray[np.float64], points: list[tuple[float, float]]) -> None:
    rows, columns = (np.array(points).T + _GLYPH / 2) * _FINE
    fine[polygon(rows, columns, shape=fine.shape)] = 1


def _stem(fine: npt.NDArray[np.float64]) -> None:
    _polygon(fine, [(3, -0.8), (3, 0.8), (10, 1.4), (13.5, 4.5), (13.5, -4.5), (10, -1.4)])


def _club() -> Array:
    fine = _blank()
    for row, column in ((-7.2, 0.0), (2.2, -6.8), (2.2, 6.8)):
        _disk(fine, row, column, 6.1)
    _disk(fine, 0, 0, 3)
    _stem(fine)
    return _finish(fine)


def _lobes(direction: float) -> npt.NDArray[np.float64]:
    """Fill two round lobes and a tip: a heart, or with direction -1 a spade's leaf."""
    fine = _blank()
    lobe, radius = -5.0 * direction, 6.6
    for column in (-6.2, 6.2):
        _disk(fine, lobe, column, radius)
    _polygon(fine, [
        (lobe + 3.2 * direction, -12.0), (13.5 * direction, 0.0), (lobe + 3.2 * direction, 12.0),
        (lobe, 6.0), (lobe, -6.0),
    ])  # fmt: skip
    return fine


def _heart() -> Array:
    return _finish(_lobes(1.0))


def _spade() -> Array:
    fine = _lobes(-1.0)
    _stem(fine)
    return _finish(fine)


def _diamond() -> Array:
    fine = _blank()
    _polygon(fine, [(-14, 0), (0, 10.5), (14, 0), (0, -10.5)])
    return _finish(fine)
