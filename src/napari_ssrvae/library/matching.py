"""Which particle of an earlier segmentation is which mask of a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["Match", "Shape", "match_particles_to_masks", "shapes_of"]


@dataclass(frozen=True)
class Shape:
    """One particle's pixels: a crop of a mask and where it lies.

    Attributes
    ----------
    top, left : int
        Row and column of the crop's first pixel in the micrograph.
    pixels : (h, w) bool
    """

    top: int
    left: int
    pixels: NDArray[np.bool_]

    @property
    def window(self) -> tuple[slice, slice]:
        """The crop's rows and columns in the micrograph."""
        height, width = self.pixels.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


@dataclass(frozen=True)
class Match:
    """An earlier particle found again as `label_id`, overlapping by `iou`."""

    particle_id: int
    label_id: int
    iou: float


def shapes_of(labels: NDArray[np.integer], label_ids: Iterable[int]) -> dict[int, Shape]:
    """Return the shapes of some labels of a mask (H, W)."""
    boxes = ndimage.find_objects(labels)
    return {
        i: Shape(box[0].start, box[1].start, labels[box] == i)
        for i in label_ids
        if 0 < i <= len(boxes) and (box := boxes[i - 1]) is not None
    }


def match_particles_to_masks(
    particles: Sequence[tuple[int, Shape]],
    labels: NDArray[np.int32],
    taken: Iterable[int] = (),
) -> list[Match]:
    """Find each earlier particle in a new mask, each mask for one particle at most.

    A mask is a particle's successor where their intersection over union is 0.5 or more, or where
    it covers more than half of the particle. Best overlap first; the earlier in `particles` wins
    between equals. A mask that swallowed several particles, none of them by far its largest part
    (IoU above 0.5), is a new thing and nobody's successor: "single" must not become the label of
    what two singles grew into.

    Parameters
    ----------
    particles : sequence of (particle_id, Shape)
    labels : (H, W) int32
    taken : label ids that are no candidates
    """
    areas = np.bincount(labels.ravel())
    used = set(taken)
    candidates: list[tuple[float, int, int]] = []
    swallowed: Counter[int] = Counter()
    best: dict[int, float] = {}
    for order, (_, shape) in enumerate(particles):
        under = labels[shape.window][shape.pixels]
        found, overlaps = np.unique(under[under > 0], return_counts=True)
        for label_id, overlap in zip(found.tolist(), overlaps.tolist(), strict=True):
            iou = overlap / (under.size + int(areas[label_id]) - overlap)
            if iou >= 0.5 or 2 * overlap > under.size:
                candidates.append((-iou, order, label_id))
                best[label_id] = max(iou, best.get(label_id, 0))
                swallowed[label_id] += 2 * overlap > under.size
    used |= {i for i, number in swallowed.items() if number > 1 and best[i] <= 0.5}
    matches: list[Match] = []
    matched: set[int] = set()
    for negative_iou, order, label_id in sorted(candidates):
        if order not in matched and label_id not in used:
            matched.add(order)
            used.add(label_id)
            matches.append(Match(particles[order][0], label_id, -negative_iou))
    return matches
