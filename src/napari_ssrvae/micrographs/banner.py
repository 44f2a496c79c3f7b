"""Where the instrument's banner lies: it is part of the picture, not of the specimen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.micrographs.burnt_text import text_above
from napari_ssrvae.micrographs.drawn import Drawn

__all__ = ["find_data_bar"]

# As shares of the image's height.
TALLEST, LOWEST_GAP, SHORTEST = 0.35, 0.08, 0.015
HIGHEST_START = 0.5
SHORTEST_ROWS = 8
# A banner may be narrower than the image.
NARROWEST = 0.45
# Rows of dense text still show the ground between the letters.
LEAST_GROUND, USUAL_GROUND = 0.2, 0.35
BRIDGE_ROWS = 6
FRAME_ROWS = 4
# How much more ground there is right below the straight edge on top than right above it.
LEAST_STEP = 0.35
STEP_ROWS = 3
# Ringing of a JPEG blurs the edge over its blocks of eight rows.
EDGE_WITHIN = 9
MOST_ELSEWHERE = 0.45
LINE = 0.9
MOST_COLUMNS, MOST_SAMPLES = 2048, 1024
GROUND_TOLERANCE = 0.02


def find_data_bar(image: Any) -> tuple[int, int] | None:
    """Return (first row, row after the last) of the banner at the bottom, or None.

    A banner is drawn, not scanned: much of every row of it is ground of one grey value (or one smooth ramp)
    without noise, and this begins at a straight horizontal edge. The same flat value must not fill the image
    above: a clean background is not a banner. It may be narrower than the image, and rows of the image may
    lie below it.

    Parameters
    ----------
    image : array_like, shape (H, W)
        Only its lowest third and a sample of the rest are read; may be lazy.
    """
    height, width = (int(n) for n in image.shape)
    if height < 48 or width < 48:
        return None
    left = max(0, (width - MOST_COLUMNS) // 2)
    columns, every = slice(left, left + MOST_COLUMNS), max(1, height // MOST_SAMPLES)
    sample = np.asarray(image[::every, columns]).astype(np.float32)
    tolerance = _tolerance(sample, np.dtype(image.dtype))
    if tolerance is None:
        return None
    first = int(height * (1 - TALLEST))
    lower = np.asarray(image[first:, columns]).astype(np.float32)
    drawn = Drawn.of(lower, *tolerance)
    found = [
        rows
        for value in drawn.values()
        for rows in _block(drawn, value, height)
        if not _elsewhere(sample[: (first + rows.start) // every], value, tolerance)
    ] + _block(drawn, None, height)
    found = [rows for rows in found if _possible(rows, first, height)]
    if not found:
        return None
    tallest = max(found, key=lambda rows: rows.stop - rows.start)
    start, stop = first + tallest.start, first + tallest.stop
    # Text that the instrument wrote into the image just above it goes with it.
    span = tolerance[1] / GROUND_TOLERANCE
    start -= text_above(lower[: tallest.start], height, tolerance[1], span)
    # A frame line below the banner belongs to it.
    return start, height if height - stop <= FRAME_ROWS else stop


def _possible(rows: slice, first: int, height: int) -> bool:
    tall = rows.stop - rows.start >= max(SHORTEST_ROWS, round(SHORTEST * height))
    return bool(tall and first + rows.start >= HIGHEST_START * height)


def _tolerance(sample: NDArray[np.float32], dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """Return by how much neighbours, and all of the ground, of something drawn may differ."""
    low, high = (float(v) for v in np.percentile(sample, (0.1, 99.9)))
    span = high - low
    if not span > 0:
        return None
    # JPEG leaves a little noise in flat areas.
    least = 1.0 if dtype.kind in "iu" and span > 100 else 0.0
    return max(0.012 * span, least), max(GROUND_TOLERANCE * span, least)


def _block(drawn: Drawn, value: float | None, height: int) -> list[slice]:
    """Return the lowest block of rows with this ground, if any; None is any ground that follows a ramp."""
    ground = drawn.flat if value is None else drawn.ground(value)
    rows = _lowest_rows(ground.mean(axis=1) >= LEAST_GROUND, height)
    if rows is None:
        return []
    columns = _extent(ground[rows])
    if columns.stop - columns.start < NARROWEST * ground.shape[1]:
        return []
    # Now that the columns are known, text beside a narrow banner does not count against it.
    inside = ground[:, columns]
    rows = _lowest_rows(inside.mean(axis=1) >= LEAST_GROUND, height)
    if rows is None:
        return []
    image = drawn.image[:, columns]
    near = np.zeros_like(inside) if value is None else drawn.close_to(value)[:, columns]
    start = _edge(inside.mean(axis=1), near.mean(axis=1), rows.start)
    if start is None or not _sharp(image, start, drawn.tolerance):
        return []
    start = _with_frame(image, start, drawn.tolerance)
    rows = slice(start, rows.stop)
    if rows.stop - rows.start < SHORTEST_ROWS:
        return []
    if value is not None:
        return [rows] if np.median(inside[rows].mean(axis=1)) >= USUAL_GROUND else []
    ramp = Drawn(image, drawn.flat[:, columns], drawn.tolerance).ramp(rows)
    enough = np.median(ramp.mean(axis=1)) >= LEAST_GROUND
    return [rows] if enough and _jump(image, start, drawn.tolerance) else []


def _lowest_rows(flat: NDArray[np.bool_], height: int) -> slice | None:
    rows = np.flatnonzero(flat)
    if len(rows) == 0 or len(flat) - 1 - rows[-1] > LOWEST_GAP * height:
        return None
    breaks = np.flatnonzero(np.diff(rows) > BRIDGE_ROWS + 1)
    start = rows[breaks[-1] + 1] if len(breaks) else rows[0]
    # What goes on to the top of the part looked at is no banner.
    return slice(int(start), int(rows[-1]) + 1) if start > EDGE_WITHIN else None


def _extent(ground: NDArray[np.bool_]) -> slice:
    columns = np.flatnonzero(ground.mean(axis=0) >= LEAST_GROUND)
    return slice(int(columns[0]), int(columns[-1]) + 1) if len(columns) else slice(0, 0)


def _edge(ground: NDArray[Any], near: NDArray[Any], about: int) -> int | None:
    """Return the row where a banner begins: there the ground sets in at once."""
    best, where = 0.0, about
    last = min(about + STEP_ROWS, len(ground) - STEP_ROWS)
    for row in range(max(STEP_ROWS, about - EDGE_WITHIN), last + 1):
        steps = [
            float(one[row : row + STEP_ROWS].mean() - one[row - STEP_ROWS : row].mean())
            for one in (ground, near)
        ]
        if max(steps) >= LEAST_STEP and sum(steps) > best:
            best, where = sum(steps), row
    return where if best else None


def _with_frame(image: NDArray[np.float32], start: int, tolerance: float) -> int:
    """Take in the line drawn around a banner: rows above the ground that have one value."""
    for row in range(start - 1, max(-1, start - 1 - FRAME_ROWS), -1):
        line = np.abs(image[row] - np.median(image[row])) <= tolerance
        if line.mean() >= LINE and _jump(image, row, tolerance):
            return row
    return start


def _sharp(image: NDArray[np.float32], row: int, tolerance: float) -> bool:
    """Whether the ground sets in at an edge, not where an image fades into it."""
    changed = np.abs(image[row + 1] - image[max(0, row - 2)]) > tolerance
    return bool(changed.mean() >= LEAST_STEP)


def _jump(image: NDArray[np.float32], row: int, tolerance: float) -> bool:
    """Whether most columns change from the row above to this one."""
    return bool((np.abs(image[row] - image[row - 1]) > tolerance).mean() >= 1 - LEAST_STEP)


def _elsewhere(above: NDArray[np.float32], value: float, tolerance: tuple[float, float]) -> bool:
    """Whether much of the image above is as flat as the banner and has its value."""
    return bool(Drawn.of(above, *tolerance).ground(value).mean() > MOST_ELSEWHERE)
