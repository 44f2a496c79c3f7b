"""What is shown of a particle: the hand's class, else the model's, unless it is like nothing the model knows.

Pure functions of columns, so that the micrograph, the panels and the gallery cannot come to different answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.library import NONE_OF_THESE_ID

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass

__all__ = ["NOVEL_ABOVE", "UNSURE_BELOW", "ClassSummary", "Shown", "Why", "show", "summarise"]

# Where the two thresholds stand at first. Novelty is at most 1, so nothing is above it: off.
UNSURE_BELOW, NOVEL_ABOVE = 0.8, 1.0


class Why(IntEnum):
    """Why a particle is shown as it is."""

    NOTHING = 0
    """No label and no prediction."""
    HAND = 1
    """A label made by hand."""
    SURE = 2
    """A prediction."""
    UNSURE = 3
    """A prediction whose probability is under the threshold."""
    NOVEL = 4
    """A prediction that was set aside as "none of these": its novelty is above the threshold."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What is shown of N particles.

    Attributes
    ----------
    class_ids : (N,) uint8
        0 = no class. Of unsure predictions it is the class they would have.
    why : (N,) uint8
        Values of `Why`.
    """

    class_ids: NDArray[np.uint8]
    why: NDArray[np.uint8]


def show(
    by_hand: NDArray[np.uint8],
    by_model: NDArray[np.uint8],
    probability: NDArray[np.float32],
    novelty: NDArray[np.float32],
    *,
    unsure_below: float = 0.0,
    novel_above: float = NOVEL_ABOVE,
) -> Shown:
    """Return what is shown of particles.

    A label by hand is shown whatever the model says. A prediction is set aside as "none of these" where the
    novelty is above `novel_above`, and unsure where its probability is under `unsure_below`; an unknown
    probability is unsure unless everything is sure, an unknown novelty is not novel.

    Parameters
    ----------
    by_hand, by_model : (N,) uint8
        Class ids, 0 = none.
    probability, novelty : (N,) float
        In [0, 1], NaN where unknown.
    unsure_below, novel_above : float
        In [0, 1]; 0 and 1 switch them off.
    """
    predicted = (by_hand == 0) & (by_model > 0)
    novel = predicted & (novelty > novel_above)
    why = np.full(len(by_hand), Why.NOTHING, np.uint8)
    why[predicted] = Why.SURE
    if unsure_below > 0:
        why[predicted & ~(probability >= unsure_below)] = Why.UNSURE
    why[novel] = Why.NOVEL
    why[by_hand > 0] = Why.HAND
    class_ids = np.where(by_hand > 0, by_hand, by_model)
    class_ids[novel] = NONE_OF_THESE_ID
    return Shown(class_ids.astype(np.uint8, copy=False), why)


@dataclass(frozen=True)
class ClassSummary:
    """One class in numbers.

    Attributes
    ----------
    particles : int
        Shown as this class, whoever says so; unsure ones included.
    by_hand, unsure : int
        How many of these carry it by hand, and how many are unsure predictions.
    novel : int
        Predicted to be of this class but set aside as "none of these"; of the class "none of these", how many
        are in it for that reason.
    size : str
        Median equivalent diameter with its unit, "" of no particle.
    """

    class_id: int
    name: str
    colour: str
    particles: int
    by_hand: int
    unsure: int
    novel: int
    size: str

    @property
    def by_model(self) -> int:
        """How many are in it because the model says so, unsure ones not counted."""
        return self.particles - self.by_hand - self.unsure


def summarise(
    classes: Sequence[ParticleClass],
    shown: Shown,
    by_model: NDArray[np.uint8],
    size: NDArray[np.float32],
    unit: str,
) -> list[ClassSummary]:
    """Return each class in numbers.

    Parameters
    ----------
    classes : sequence of ParticleClass
    shown : Shown
        Of N particles.
    by_model : (N,) uint8
        What the model says of them, 0 = nothing.
    size : (N,) float32
        Equivalent diameters.
    unit : str
        Of the sizes.
    """

    def counts(mask: NDArray[np.bool_], class_ids: NDArray[np.uint8]) -> NDArray[np.intp]:
        return np.bincount(class_ids[mask], minlength=256)

    ids, why = shown.class_ids, shown.why
    total = np.bincount(ids, minlength=256)
    hand, unsure = counts(why == Why.HAND, ids), counts(why == Why.UNSURE, ids)
    novel = counts(why == Why.NOVEL, by_model)
    novel[NONE_OF_THESE_ID] = np.count_nonzero(why == Why.NOVEL)
    # Sorted by class once: a mask for each of many classes would look at every particle many times.
    sorted_sizes = size[np.argsort(ids, kind="stable")]
    stop = np.cumsum(total)
    found = []
    for entry in classes:
        c = entry.class_id
        members = sorted_sizes[stop[c] - total[c] : stop[c]]
        found.append(
            ClassSummary(
                c,
                entry.name,
                entry.colour,
                int(total[c]),
                int(hand[c]),
                int(unsure[c]),
                int(novel[c]),
                f"{np.median(members):.3g} {unit}" if len(members) else "",
            )
        )
    return found
