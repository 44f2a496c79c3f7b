"""How the session shows what the model says: the thresholds, the class of each particle, the counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.session.opening import Opening
from napari_ssrvae.session.selection import ParticleIds
from napari_ssrvae.session.showing import (
    NOVEL_ABOVE,
    UNSURE_BELOW,
    ClassSummary,
    Shown,
    Why,
    show,
    summarise,
)

__all__ = ["Displaying", "Scope"]

Scope = Literal["library", "micrograph"]


class Displaying(Opening):
    """Thresholds under and above which a prediction is not taken at its word, and what follows from them."""

    def __init__(self, home: Path | None = None) -> None:
        super().__init__(home)
        self._unsure_below = UNSURE_BELOW
        self._novel_above = NOVEL_ABOVE
        self._scope: Scope = "library"

    # --- thresholds ----------------------------------------------------------------------------

    @property
    def unsure_below(self) -> float:
        """Predictions under this probability are shown as unsure."""
        return self._unsure_below

    def set_unsure_below(self, probability: float) -> None:
        """Show predictions under this probability as unsure."""
        if probability != self._unsure_below:
            self._unsure_below = float(probability)
            self.unsure_below_changed.emit(self._unsure_below)

    @property
    def novel_above(self) -> float:
        """Predictions of particles with a novelty above this are shown as "none of these"; 1 = off."""
        return self._novel_above

    def set_novel_above(self, novelty: float) -> None:
        """Show predictions of particles with a novelty above this as "none of these"; 1 switches it off."""
        if novelty != self._novel_above:
            self._novel_above = float(novelty)
            self.novel_above_changed.emit(self._novel_above)

    # --- particles -----------------------------------------------------------------------------

    def shown(self, rows: NDArray[np.int64] | slice | None = None) -> Shown:
        """Return what is shown of the particles in these rows of the catalogue; None: of all."""
        catalogue = self.catalogue
        at = slice(None) if rows is None else rows
        return show(
            catalogue.by_hand[at],
            self.predicted(at),
            catalogue.probability[at],
            catalogue.novelty[at],
            unsure_below=self._unsure_below,
            novel_above=self._novel_above,
        )

    def predicted(self, rows: NDArray[np.int64] | slice | None = None) -> NDArray[np.uint8]:
        """Return the most probable class of the particles in these rows of the catalogue, however sure the model is.

        0 without a prediction, and where that class was removed since: nobody could tell what it is.
        """
        there = np.zeros(256, np.uint8)
        ids = [c.class_id for c in self.classes]
        there[ids] = ids
        return there[self.catalogue.by_model[slice(None) if rows is None else rows]]

    def said(self, rows: NDArray[np.int64] | slice | None = None) -> NDArray[np.uint8]:
        """Return the class that the model gives the particles in these rows of the catalogue, whatever the hand says.

        0 without a prediction; "none of these" where the prediction is set aside.
        """
        catalogue = self.catalogue
        at = slice(None) if rows is None else rows
        by_model = self.predicted(at)
        return show(
            np.zeros_like(by_model),
            by_model,
            catalogue.probability[at],
            catalogue.novelty[at],
            novel_above=self._novel_above,
        ).class_ids

    def shown_class(self, particle_ids: ParticleIds) -> NDArray[np.uint8]:
        """Return the class (M,) that particles are shown as, unsure ones included; 0 of none, or of no particle."""
        rows = self.catalogue.rows(particle_ids)
        found = np.zeros(len(rows), np.uint8)
        there = rows >= 0
        found[there] = self.shown(rows[there]).class_ids
        return found

    def prediction_of(self, particle_id: int) -> Mapping[str, float] | None:
        """Return class id and probability that the model gives a particle, None without a prediction."""
        row = int(self.catalogue.rows([int(particle_id)])[0])
        if row < 0 or not self.catalogue.by_model[row]:
            return None
        return {
            "class_id": float(self.catalogue.by_model[row]),
            "probability": float(self.catalogue.probability[row]),
        }

    # --- counts --------------------------------------------------------------------------------

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return for each class how many particles of the library carry it by hand and by prediction.

        Predictions that are set aside count for "none of these", whether labelled by hand or not.
        """
        hand = np.bincount(self.catalogue.by_hand, minlength=256)
        model = np.bincount(self.said(), minlength=256)
        return {c.class_id: (int(hand[c.class_id]), int(model[c.class_id])) for c in self.classes}

    @property
    def scope(self) -> Scope:
        """What `summary` sums up: the whole library, or the micrograph that is worked on."""
        return self._scope

    def set_scope(self, scope: Scope) -> None:
        """Sum up the whole library, or the micrograph that is worked on."""
        if scope != self._scope:
            self._scope = scope
            self.scope_changed.emit(scope)

    def summary(self, scope: Scope | None = None) -> list[ClassSummary]:
        """Return each class in numbers: of all particles of the library, or of the current micrograph.

        `scope` None is the one that was chosen.
        """
        catalogue = self.catalogue
        size, unit = catalogue.size, str(catalogue.size_unit)
        if (scope or self._scope) == "library":
            return summarise(self.classes, self.shown(), self.predicted(), size, unit)
        state = self.current
        number = None if state is None else state.micrograph_id
        rows = np.flatnonzero(catalogue.micrograph_ids == (-1 if number is None else number))
        size = size[rows]
        nm = None if state is None else state.micrograph.pixel_size_nm
        if unit == "px" and nm is not None:
            # Another micrograph without a scale keeps the library's sizes in pixels; this one has a scale.
            size, unit = size * np.float32(nm), "nm"
        return summarise(self.classes, self.shown(rows), self.predicted(rows), size, unit)

    def novel_shares(self, above: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return which share of the predictions without a label is above each of these novelties."""
        catalogue = self.catalogue
        judged = (catalogue.by_hand == 0) & (self.predicted() > 0)
        values = np.sort(catalogue.novelty[judged])
        values = values[np.isfinite(values)]
        if not len(values):
            return np.zeros(len(above))
        return 1 - np.searchsorted(values, above, side="right") / len(values)

    def n_of(self, why: Why) -> int:
        """Return how many particles of the library are shown for this reason."""
        return int(np.count_nonzero(self.shown().why == why))
