"""Drawing the particles of a run: in batches, each with its share of random ones."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ssrvae.session.catalogue import Catalogue

__all__ = ["RANDOM_SHARE", "Order", "Pick", "Picker"]

Order: TypeAlias = Literal["helpful", "doubt"]
Reason: TypeAlias = Literal["typical", "uncertain", "random"]

RANDOM_SHARE = 0.15
BATCH = 20


@dataclass(frozen=True)
class Pick:
    """A particle to label or to review.

    Attributes
    ----------
    particle_id : int
    reason : {"typical", "uncertain", "random"}
        Why it was chosen.
    class_id : int or None
        What the model says, None without a prediction.
    probability : float
        How sure it is; NaN without a prediction.
    """

    particle_id: int
    reason: Reason
    class_id: int | None
    probability: float

    def __eq__(self, other: object) -> bool:
        # NaN is not itself: a pick without a prediction would not be the same as itself.
        return isinstance(other, Pick) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, Reason, int | None, float | None]:
        unsure = self.probability != self.probability
        return (
            self.particle_id,
            self.reason,
            self.class_id,
            None if unsure else self.probability,
        )


class Picker:
    """Draws particles without a label, each once.

    Parameters
    ----------
    catalogue : Catalogue
    order : {"helpful", "doubt"}
    n_classes : int
        For flat probabilities before there is a model.
    rng : numpy.random.Generator
    """

    def __init__(
        self, catalogue: Catalogue, order: Order, n_classes: int, rng: np.random.Generator
    ) -> None:
        self._order = order
        self._rng = rng
        self._drawn: set[int] = set()
        self._batch: deque[tuple[int, Reason]] = deque()
        self.refill(catalogue, n_classes)

    def refill(self, catalogue: Catalogue, n_classes: int) -> None:
        """Choose anew what comes next: particles, model or labels are others."""
        self._catalogue, self._n_classes = catalogue, n_classes
        self._batch.clear()

    def labels_changed(self, ids: NDArray[np.int64]) -> None:
        """Choose anew, unless all that changed was drawn here."""
        if len(ids) > BATCH or not self._drawn.issuperset(ids.tolist()):
            self._batch.clear()

    def left(self) -> int:
        """Return how many particles could still be drawn."""
        return len(self._free())

    def draw(self) -> Pick | None:
        """Return the next particle, None when all have a label or were drawn."""
        while True:
            if not self._batch:
                self._fill()
            if not self._batch:
                return None
            particle_id, reason = self._batch.popleft()
            row = int(self._catalogue.rows([particle_id])[0])
            if row >= 0 and not self._catalogue.by_hand[row]:
                self._drawn.add(particle_id)
                return self.pick(particle_id, reason)

    def pick(self, particle_id: int, reason: Reason) -> Pick:
        """Return a particle with what the model says of it now."""
        row = int(self._catalogue.rows([particle_id])[0])
        class_id = int(self._catalogue.by_model[row])
        probability = float(self._catalogue.probability[row])
        return Pick(particle_id, reason, class_id or None, probability)

    def _free(self) -> NDArray[np.int64]:
        """Return the rows of particles that have no label and were not drawn."""
        free = self._catalogue.by_hand == 0
        if self._order == "doubt":
            free &= self._catalogue.by_model > 0
        drawn = self._catalogue.rows(np.fromiter(self._drawn, np.int64, len(self._drawn)))
        free[drawn[drawn >= 0]] = False
        return np.flatnonzero(free)

    def _fill(self) -> None:
        free = self._free()
        if not len(free):
            return
        size = min(BATCH, len(free))
        # The random ones before the others, or they would be drawn from what the others leave.
        n_random = min(size, int(size * RANDOM_SHARE + self._rng.random()))
        by_chance = self._rng.choice(free, n_random, replace=False)
        rest = free[~np.isin(free, by_chance)]
        chosen = self._chosen(rest, size - n_random)
        # Strewn in: whoever stops after the first few has still answered some of them.
        for row in by_chance.tolist():
            chosen.insert(int(self._rng.integers(0, len(chosen) + 1)), (row, "random"))
        ids = self._catalogue.particle_ids
        self._batch.extend((int(ids[row]), reason) for row, reason in chosen)

    def _chosen(self, free: NDArray[np.int64], n: int) -> list[tuple[int, Reason]]:
        if n == 0 or not len(free):
            return []
        if self._order == "doubt":
            doubt = -np.nan_to_num(self._catalogue.uncertainty[free], nan=0.0)
            if len(free) > n:
                first = np.argpartition(doubt, n - 1)[:n]
                free, doubt = free[first], doubt[first]
            order = free[np.lexsort((free, doubt))]
            return [(int(row), "uncertain") for row in order]
        from napari_ssrvae.workflow.next_up import most_helpful

        return most_helpful(self._catalogue, free, n, self._n_classes, self._rng)
