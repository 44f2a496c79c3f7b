"""Where the instrument's banner lies: it is part of the picture, not of the specimen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_data_bar"]

# A banner is drawn, not scanned: most neighbouring pixels in a row of it are exactly alike.
LEAST_ALIKE = 0.5
LEAST_SHARE = 0.35
TALLEST = 0.35
LOWEST_GAP = 0.08
MOST_ELSEWHERE = 0.2
BRIDGE_ROWS = 4
FRAME_ROWS = 4


def find_data_bar(image: NDArray[Any]) -> tuple[int, int] | None:
    """Return (first row, row after the last) of the banner at the bottom, or None.

    A banner is a block of rows near the bottom in which one grey value fills much of every row, without
    noise, and which starts at a sharp horizontal edge. The same value must not fill the image above:
    a clean, flat background is not a banner.

    Parameters
    ----------
    image : ndarray, shape (H, W)
    """
    height, width = image.shape
    if height < 48 or width < 48:
        return None
    low, high = (float(v) for v in np.percentile(image[:: max(1, height // 512)], (0.1, 99.9)))
    span = max(high - low, np.finfo(np.float64).tiny)
    # JPEG leaves a little noise in flat areas.
    tolerance = max(0.012 * span, 1.0 if image.dtype.kind in "iu" and span > 100 else 0.0)
    first = int(height * (1 - TALLEST))
    lower = image[first:].astype(np.float64)
    value = _banner_value(lower, tolerance)
    if value is None:
        return None
    flat = _flat_rows(lower, value, tolerance)
    block = _lowest_block(flat, height)
    if block is None:
        return None
    start, stop = block[0] + first, block[1] + first
    least = max(8, round(0.015 * height))
    if stop - start < least or start < 0.5 * height or block[0] == 0:
        return None
    above = image[:start].astype(np.float64)
    if (np.abs(above - value) <= tolerance).mean() > MOST_ELSEWHERE:
        return None
    edge = np.median(np.abs(image[start].astype(np.float64) - image[start - 1].astype(np.float64)))
    if edge <= 3 * tolerance:
        return None
    # A frame line below the banner belongs to it.
    return start, height if height - stop <= FRAME_ROWS else stop


def _banner_value(lower: NDArray[np.float64], tolerance: float) -> float | None:
    """Return the grey value that fills most of the flattest rows."""
    alike = (np.abs(np.diff(lower, axis=1)) <= tolerance / 2).mean(axis=1)
    rows = lower[alike >= LEAST_ALIKE]
    if len(rows) < 4:
        return None
    low, high = rows.min(), rows.max()
    n_bins = int(np.clip((high - low) / max(tolerance, 1e-300), 1, 4096))
    counts, edges = np.histogram(rows, bins=n_bins)
    top = int(counts.argmax())
    inside = rows[(rows >= edges[top]) & (rows <= edges[top + 1])]
    return float(np.median(inside))


def _flat_rows(lower: NDArray[np.float64], value: float, tolerance: float) -> NDArray[np.bool_]:
    alike = (np.abs(np.diff(lower, axis=1)) <= tolerance / 2).mean(axis=1)
    share = (np.abs(lower - value) <= tolerance).mean(axis=1)
    # A frame line across the whole width is flat, too, but of another value.
    line = (np.abs(lower - np.median(lower, axis=1, keepdims=True)) <= tolerance).mean(axis=1) > 0.9
    flat: NDArray[np.bool_] = (alike >= LEAST_ALIKE) & ((share >= LEAST_SHARE) | line)
    return flat


def _lowest_block(flat: NDArray[np.bool_], height: int) -> tuple[int, int] | None:
    rows = np.flatnonzero(flat)
    if len(rows) == 0 or len(flat) - 1 - rows[-1] > LOWEST_GAP * height:
        return None
    breaks = np.flatnonzero(np.diff(rows) > BRIDGE_ROWS + 1)
    start = rows[breaks[-1] + 1] if len(breaks) else rows[0]
    return int(start), int(rows[-1]) + 1
