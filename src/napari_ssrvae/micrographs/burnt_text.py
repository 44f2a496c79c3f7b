"""Lines of text that the instrument wrote into the image just above its banner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["text_above"]

# How far above the banner is looked, and how tall a block of text may be, as shares of the image.
REACH, TALLEST = 0.12, 0.08
LEAST_ROWS = 5
# A letter's stroke is of one value, is no wider than this, and ends within two.
WIDEST_STROKE_PX = 40
HARD_EDGE = 0.35
# So many strokes make a row of text, and so many a block.
STROKES_IN_ROW, STROKES = 5, 30
# Between the lines of a block, and below it, as a share of its own height and in rows.
GAP_ROWS = 8
AIR_ROWS = 2


def text_above(strip: NDArray[np.float32], height: int, tolerance: float, span: float) -> int:
    """Return how many of the lowest rows of a strip are a block of text, 0 where there is none.

    Drawn text has strokes of a single value with edges two pixels wide at most, which a scanned image does not
    have; and there is image without them above it.

    Parameters
    ----------
    strip : ndarray of float32, shape (h, W)
        The rows above a banner, down to it.
    height : int
        Rows of the whole image.
    tolerance : float
        By how much pixels of one value may differ.
    span : float
        Of the image's grey values.
    """
    rows = strip[-max(LEAST_ROWS + AIR_ROWS + 1, round(REACH * height)) :]
    if len(rows) < LEAST_ROWS + AIR_ROWS:
        return 0
    found = [
        _block(_strokes(rows, float(value), tolerance, HARD_EDGE * span), height)
        for value in (rows.max(), rows.min())
    ]
    return max(found)


def _strokes(
    rows: NDArray[np.float32], value: float, tolerance: float, hard: float
) -> NDArray[np.int64]:
    """Return how many strokes of this value each row has."""
    ink = np.zeros((rows.shape[0], rows.shape[1] + 2), dtype=bool)
    ink[:, 1:-1] = np.abs(rows - value) <= tolerance
    change = np.diff(ink.astype(np.int8), axis=1)
    counts = np.zeros(len(rows), dtype=np.int64)
    at, begin = np.nonzero(change == 1)
    end = np.nonzero(change == -1)[1]
    inside = (begin > 0) & (end < rows.shape[1]) & (end - begin <= WIDEST_STROKE_PX)
    at, begin, end = at[inside], begin[inside], end[inside]
    # Letters may be smoothed by a pixel.
    before = rows[at, np.maximum(begin - 2, 0)]
    after = rows[at, np.minimum(end + 1, rows.shape[1] - 1)]
    drawn = (np.abs(before - value) >= hard) & (np.abs(after - value) >= hard)
    np.add.at(counts, at[drawn], 1)
    return counts


def _block(strokes: NDArray[np.int64], height: int) -> int:
    written = np.flatnonzero(strokes >= STROKES_IN_ROW)
    if len(written) == 0 or len(strokes) - 1 - written[-1] > GAP_ROWS:
        return 0
    breaks = np.flatnonzero(np.diff(written) > GAP_ROWS + 1)
    first = int(written[breaks[-1] + 1] if len(breaks) else written[0])
    tall = int(written[-1]) + 1 - first
    if tall < LEAST_ROWS or tall > TALLEST * height or strokes[first:].sum() < STROKES:
        return 0
    # What goes on to the top of what was looked at is a noisy image, not a line of text.
    if first <= AIR_ROWS:
        return 0
    return len(strokes) - first + AIR_ROWS
