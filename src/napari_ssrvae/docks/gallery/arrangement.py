"""Which particles the gallery shows, and in which order: arrays in, rows out; nothing of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from napari_ssrvae.session import Catalogue

__all__ = ["Arrangement", "Sort", "Who", "arrange"]


class Sort(Enum):
    """What the thumbnails are sorted by; the value is what people read."""

    MICROGRAPH = "micrograph"
    CLASS = "class"
    PROBABILITY = "probability"
    UNCERTAINTY = "uncertainty"
    NOVELTY = "novelty"
    SIZE = "size"
    SIMILARITY = "similarity"

    @property
    def descending_at_first(self) -> bool:
        """Whether people who choose this mostly want the highest first."""
        return self in (Sort.UNCERTAINTY, Sort.NOVELTY, Sort.SIZE)

    @property
    def ends(self) -> tuple[str, str]:
        """What comes first, ascending and descending, in words."""
        if self is Sort.SIMILARITY:
            return "Most alike first", "Least alike first"
        if self in (Sort.MICROGRAPH, Sort.CLASS):
            return "First of the list first", "Last of the list first"
        if self is Sort.SIZE:
            return "Smallest first", "Largest first"
        return "Lowest first", "Highest first"


class Who(Enum):
    """Whose labels pass the filter; the value is what people read."""

    ANY = "labelled or not"
    HAND = "by hand"
    MODEL = "by the model only"
    NONE = "not labelled at all"
    DIFFER = "hand and model differ"


@dataclass(frozen=True)
class Arrangement:
    """Order and filter of the gallery.

    Attributes
    ----------
    sort : Sort
    descending : bool
        Highest, or last, first. What has no value (no prediction) comes last either way.
    class_id : int or None
        Only this class: the hand's where there is one, else the model's. None: all.
    who : Who
    micrograph_id : int or None
        Only particles of this micrograph. None: of all.
    below : float or None
        Only where the model's probability is lower. None: all.
    """

    sort: Sort = Sort.MICROGRAPH
    descending: bool = False
    class_id: int | None = None
    who: Who = Who.ANY
    micrograph_id: int | None = None
    below: float | None = None

    @property
    def filters(self) -> bool:
        """Whether anything is left out."""
        everything = (None, Who.ANY, None, None)
        return (self.class_id, self.who, self.micrograph_id, self.below) != everything

    @property
    def follows_labels(self) -> bool:
        """Whether labels by hand decide what is shown where."""
        return self.sort is Sort.CLASS or self.class_id is not None or self.who is not Who.ANY


def arrange(
    catalogue: Catalogue,
    arrangement: Arrangement,
    class_order: Sequence[int] = (),
    similar_to: ArrayLike = (),
) -> NDArray[np.int64]:
    """Return the rows of the catalogue that are shown, in their order.

    Equal ones keep the catalogue's order. Within a class the labels by hand come first, then the surest predictions.

    Parameters
    ----------
    catalogue : Catalogue
    arrangement : Arrangement
    class_order : sequence of int
        Class ids as the list of classes has them.
    similar_to : (n,) int
        Particles that the others are compared with, for `Sort.SIMILARITY`; with none the order is the catalogue's.
    """
    rows = np.flatnonzero(_passing(catalogue, arrangement))
    if arrangement.sort is Sort.CLASS:
        return _by_class(catalogue, rows, class_order, arrangement.descending)
    keys = _keys(catalogue, arrangement.sort, np.asarray(similar_to, np.int64))
    if keys is None:
        return rows[::-1].copy() if arrangement.descending else rows
    keys = keys[rows]
    # NaN sorts last, and stays there when the rest is turned round.
    return rows[np.argsort(-keys if arrangement.descending else keys, kind="stable")]


def _passing(catalogue: Catalogue, arrangement: Arrangement) -> NDArray[np.bool_]:
    hand, model = catalogue.by_hand, catalogue.by_model
    passing = np.ones(len(catalogue.particle_ids), bool)
    if arrangement.class_id is not None:
        shown = np.where(hand > 0, hand, model)
        passing &= shown == arrangement.class_id
    if arrangement.who is Who.HAND:
        passing &= hand > 0
    elif arrangement.who is Who.MODEL:
        passing &= (hand == 0) & (model > 0)
    elif arrangement.who is Who.NONE:
        passing &= (hand == 0) & (model == 0)
    elif arrangement.who is Who.DIFFER:
        passing &= (hand > 0) & (model > 0) & (hand != model)
    if arrangement.micrograph_id is not None:
        passing &= catalogue.micrograph_ids == arrangement.micrograph_id
    if arrangement.below is not None:
        # False for NaN: what has no prediction has no low one either.
        passing &= catalogue.probability < arrangement.below
    return passing


def _keys(catalogue: Catalogue, sort: Sort, similar_to: NDArray[np.int64]) -> NDArray | None:
    if sort is Sort.PROBABILITY:
        return catalogue.probability
    if sort is Sort.UNCERTAINTY:
        return catalogue.uncertainty
    if sort is Sort.NOVELTY:
        return catalogue.novelty
    if sort is Sort.SIZE:
        return catalogue.size
    if sort is Sort.SIMILARITY and len(similar_to):
        distance = catalogue.similarity_to(similar_to)
        return np.where(np.isfinite(distance), distance, np.nan)
    return None


def _by_class(
    catalogue: Catalogue, rows: NDArray[np.int64], class_order: Sequence[int], descending: bool
) -> NDArray[np.int64]:
    places = np.full(256, 256, np.int16)
    # What has no class comes last, and stays there when the classes are turned round.
    order = list(class_order)[::-1] if descending else list(class_order)
    places[order] = np.arange(len(order))
    hand = catalogue.by_hand[rows]
    place = places[np.where(hand > 0, hand, catalogue.by_model[rows])]
    doubt = np.where(hand > 0, -1, 1 - np.nan_to_num(catalogue.probability[rows]))
    return rows[np.lexsort((doubt, place))]
