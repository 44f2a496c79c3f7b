"""Masks edited by hand: what deleting, merging, splitting and painting make of the pixels.

Functions of arrays that change nothing: each returns a `MaskEdit`. Whoever loses or gains a pixel is another
particle afterwards, with a new label id; all others keep every pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.parting import LEAST_PIXELS, parted
from napari_ssrvae.workflow.strokes import brushed, checked_points, cutting_line

if TYPE_CHECKING:
    from napari_ssrvae.library import EditKind, PixelRuns

__all__ = [
    "MaskEdit",
    "delete_particles",
    "merge_particles",
    "paint_particle",
    "split_particle",
]


@dataclass(frozen=True, eq=False)
class MaskEdit:
    """A change of a mask.

    Attributes
    ----------
    kind : {"delete", "merge", "split", "paint"}
    pixels : PixelRuns
        All pixels that change, before and after.
    removed, added : tuple of int
        Label ids that go and that come.
    """

    kind: EditKind
    pixels: PixelRuns
    removed: tuple[int, ...]
    added: tuple[int, ...]


def delete_particles(
    labels: NDArray[np.int32], label_ids: Iterable[int], *, boxes: NDArray[np.int64] | None = None
) -> MaskEdit:
    """Take particles out of a mask.

    Parameters
    ----------
    labels : (H, W) int32
    label_ids : iterable of int
    boxes : (N + 1, 4) int64, optional
        Bounding box of each label id: top, left, bottom, right; spares a search through the whole mask.

    Raises
    ------
    InputError
        None is chosen, or one is not there.
    """
    from napari_ssrvae.library import PixelRuns

    wanted = _checked(label_ids)
    height, width = labels.shape
    found = []
    for label_id in wanted:
        window = _window(labels, [label_id], boxes)
        row, column = np.nonzero(labels[window] == label_id)
        at = (row.astype(np.int64) + window[0].start) * width + column + window[1].start
        found.append((at, label_id))
    at = np.concatenate([at for at, _ in found])
    before = np.concatenate([np.full(len(at), label_id) for at, label_id in found])
    order = np.argsort(at, kind="stable")
    pixels = PixelRuns.of((height, width), at[order], before[order], np.zeros(len(at), np.int32))
    return MaskEdit("delete", pixels, wanted, ())


def merge_particles(
    labels: NDArray[np.int32],
    label_ids: Iterable[int],
    *,
    boxes: NDArray[np.int64] | None = None,
    data_bar: tuple[int, int] | None = None,
    first_new: int | None = None,
) -> MaskEdit:
    """Make one particle of several that touch or nearly touch; gaps between them are bridged.

    See `bridges.bridged` for how far apart they may be. `first_new` is the new label id, by default the
    highest of the mask and 1.

    Raises
    ------
    InputError
        Fewer than two are chosen, one is not there, they are too far apart, or another particle or the data
        bar lies between them.
    """
    from napari_ssrvae.workflow.bridges import bridged

    wanted = _checked(label_ids)
    if len(wanted) < 2:
        raise InputError(
            "One particle alone cannot be merged: choose two or more that belong together."
        )
    found = _boxes(labels, wanted, boxes)
    bridges = bridged(
        labels,
        {i: _box(box) for i, box in zip(wanted, found, strict=True)},
        lambda window: (labels[window] == 0) & ~_in_data_bar(window, data_bar),
    )
    window = _around(found)
    new = _first(labels, first_new)
    after = np.where(np.isin(labels[window], wanted), np.int32(new), labels[window])
    for (rows, columns), bridge in bridges:
        # The hull of two particles lies within the box of both.
        top, left = rows.start - window[0].start, columns.start - window[1].start
        after[top : top + bridge.shape[0], left : left + bridge.shape[1]][bridge] = new
    return _edit("merge", labels, window, after, wanted, (new,))


def split_particle(
    labels: NDArray[np.int32],
    label_id: int,
    points: ArrayLike,
    *,
    boxes: NDArray[np.int64] | None = None,
    first_new: int | None = None,
) -> MaskEdit:
    """Cut a particle along a stroke into two or more.

    The pixels under the stroke go to the nearest part, so no gap is left. A part of fewer than 5 pixels
    joins its nearest neighbour.

    Parameters
    ----------
    labels : (H, W) int32
    label_id : int
    points : (n, 2) float
        Row and column of the stroke's points in pixels, whole numbers at pixel centres.
    boxes : (N + 1, 4) int64, optional
    first_new : int, optional
        Label id of the largest part; the others follow.

    Raises
    ------
    InputError
        The particle is not there, or the stroke does not divide it.
    """
    line = checked_points(points)
    window = _window(labels, [label_id], boxes)
    crop = labels[window]
    particle = crop == label_id
    parts = parted(particle, cutting_line(line, window))
    n = int(parts.max())
    if n < 2:
        raise InputError(
            "The stroke does not divide the particle: draw it right across, from background to background."
        )
    new = _first(labels, first_new)
    after = np.where(particle, (parts + (new - 1)).astype(np.int32), crop)
    return _edit("split", labels, window, after, (int(label_id),), tuple(range(new, new + n)))


def paint_particle(
    labels: NDArray[np.int32],
    points: ArrayLike,
    radius_px: float,
    *,
    data_bar: tuple[int, int] | None = None,
    first_new: int | None = None,
) -> MaskEdit:
    """Add a particle that was missed, drawn with a round brush.

    Other particles and the data bar keep their pixels. If they leave several pieces of the stroke, the
    largest is the particle.

    Parameters
    ----------
    labels : (H, W) int32
    points : (n, 2) float
        Row and column of the stroke's points in pixels, whole numbers at pixel centres; one is a dab.
    radius_px : float
        Of the brush.
    data_bar : (int, int), optional
    first_new : int, optional
        Its label id.

    Raises
    ------
    InputError
        Fewer than 5 pixels are left.
    """
    from scipy import ndimage

    line = checked_points(points)
    if not (np.isfinite(radius_px) and 0 < radius_px <= max(labels.shape)):
        raise InputError(
            f"A brush with a radius of {radius_px:g} pixels cannot paint here: choose a radius above 0 that fits "
            "the image."
        )
    window, painted = brushed(line, float(radius_px), labels.shape)
    crop = labels[window]
    free = painted & (crop == 0) & ~_in_data_bar(window, data_bar)
    pieces, n = ndimage.label(free, structure=np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=n + 1)[1:]
    if n == 0 or sizes.max() < LEAST_PIXELS:
        raise InputError(
            f"The stroke adds fewer than {LEAST_PIXELS} pixels: paint on the background of the image, where no "
            "particle is yet."
        )
    new = _first(labels, first_new)
    after = np.where(pieces == int(sizes.argmax()) + 1, np.int32(new), crop)
    return _edit("paint", labels, window, after, (), (new,))


def _checked(label_ids: Iterable[int]) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(int(i) for i in label_ids))
    if not wanted:
        raise InputError("No particle is chosen: choose at least one.")
    return wanted


def _first(labels: NDArray[np.int32], first_new: int | None) -> int:
    return int(labels.max(initial=0)) + 1 if first_new is None else int(first_new)


def _window(
    labels: NDArray[np.int32], label_ids: Iterable[int], boxes: NDArray[np.int64] | None
) -> tuple[slice, slice]:
    """Return the rows and columns that hold all of some particles."""
    return _around(_boxes(labels, list(label_ids), boxes))


def _boxes(
    labels: NDArray[np.int32], label_ids: Sequence[int], boxes: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Return the bounding box of each of some particles, (n, 4)."""
    if boxes is None:
        found = np.array([_search(labels, label_id) for label_id in label_ids])
    else:
        known = [i if 0 < i < len(boxes) else 0 for i in label_ids]
        found = boxes[known] * (np.array(known) > 0)[:, None]
    for label_id, box in zip(label_ids, found, strict=True):
        if label_id <= 0 or box[2] <= box[0]:
            raise InputError(
                f"There is no particle {label_id} in the mask any more: choose one that is shown."
            )
    return found


def _around(boxes: NDArray[np.int64]) -> tuple[slice, slice]:
    top, left = boxes[:, :2].min(axis=0).tolist()
    bottom, right = boxes[:, 2:].max(axis=0).tolist()
    return slice(top, bottom), slice(left, right)


def _box(box: NDArray[np.int64]) -> tuple[int, int, int, int]:
    top, left, bottom, right = box.tolist()
    return top, left, bottom, right


def _search(labels: NDArray[np.int32], label_id: int) -> tuple[int, int, int, int]:
    row, column = np.nonzero(labels == label_id) if label_id > 0 else (np.zeros(0), np.zeros(0))
    if not len(row):
        return 0, 0, 0, 0
    return int(row[0]), int(column.min()), int(row[-1]) + 1, int(column.max()) + 1


def _in_data_bar(
    window: tuple[slice, slice], data_bar: tuple[int, int] | None
) -> NDArray[np.bool_]:
    rows = np.arange(window[0].start, window[0].stop)[:, None]
    start, stop = data_bar or (0, 0)
    width = window[1].stop - window[1].start
    return np.broadcast_to((rows >= start) & (rows < stop), (len(rows), width))


def _edit(
    kind: str,
    labels: NDArray[np.int32],
    window: tuple[slice, slice],
    after: NDArray[np.int32],
    removed: tuple[int, ...],
    added: tuple[int, ...],
) -> MaskEdit:
    from napari_ssrvae.library import PixelRuns

    height, width = labels.shape
    pixels = PixelRuns.between(
        (height, width), window[0].start, window[1].start, labels[window], after
    )
    return MaskEdit(cast("EditKind", kind), pixels, removed, added)
