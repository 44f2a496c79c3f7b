"""Which particle to label or to review next, and how often the model is right on random ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.accuracy import RunningAccuracy
from napari_ssrvae.session.picking import Order, Pick, Picker

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass, ParticleLibrary
    from napari_ssrvae.session.catalogue import Catalogue
    from napari_ssrvae.session.selection import ParticleIds

__all__ = ["LabelQueue", "Order", "Pick", "RunningAccuracy"]


class Answering(Protocol):
    """What the queue needs of a session."""

    catalogue: Catalogue

    @property
    def library_model(self) -> str | None:
        """Name of the model whose predictions are shown."""

    @property
    def library(self) -> ParticleLibrary | None:
        """The library, None before the first particles."""

    @property
    def classes(self) -> list[ParticleClass]:
        """The classes in their order."""

    def need_library(self) -> ParticleLibrary:
        """Return the library, or say that there are no particles yet."""

    def assign(
        self, particle_ids: ParticleIds, class_id: int | None, check: str | None = None
    ) -> None:
        """Give particles a class by hand."""


class LabelQueue:
    """Goes from particle to particle, the one that helps most first.

    In the order "helpful" typical particles come first, then doubtful ones (`label_next`); in the order
    "doubt" those whose prediction is least sure. In both, a share of 0.15 is drawn evenly from all
    particles that have no label and were not shown yet: the answers to these judge the model.

    Attributes
    ----------
    changed : Signal
        Another particle, another order or another accuracy.
    """

    changed = Signal()

    def __init__(self, session: Answering, seed: int | None = None) -> None:
        self._session = session
        self._rng = np.random.default_rng(seed)
        self._order: Order | None = None
        self._picker: Picker | None = None
        self._shown: list[Pick] = []
        self._at = 0
        self._judges: dict[int, str] = {}
        self._accuracy: RunningAccuracy | None = None
        self._counted = False
        self._judged: set[int] = set()

    # --- where it is ---------------------------------------------------------------------------

    @property
    def order(self) -> Order | None:
        """The order in which it goes, None while it rests."""
        return self._order

    @property
    def current(self) -> Pick | None:
        """The particle to answer; None while it rests or when nothing is left."""
        return self._shown[self._at] if self._at < len(self._shown) else None

    @property
    def position(self) -> int:
        """Number of the current particle in this run, from 1; 0 while it rests."""
        return 0 if self._order is None else self._at + 1

    @property
    def remaining(self) -> int:
        """How many more there are after the current one."""
        if self._picker is None:
            return 0
        seen_again = sum(self._open(pick) for pick in self._shown[self._at + 1 :])
        return self._picker.left() + seen_again

    @property
    def accuracy(self) -> RunningAccuracy | None:
        """How often the model shown was right on random particles; None without a model."""
        if not self._counted:
            library, model = self._session.library, self._session.library_model
            self._accuracy = None
            if library is not None and model is not None:
                checks = library.checks(model)
                # Also those that were taken back: they may be done again.
                self._judged.update(checks.index.tolist())
                self._accuracy = RunningAccuracy.of(model, checks)
            self._counted = True
        return self._accuracy

    # --- going on ------------------------------------------------------------------------------

    def start(self, order: Order) -> None:
        """Begin a run; nothing is current if all particles have a label.

        Raises
        ------
        InputError
            There are no particles; or the order is "doubt" and there are no predictions to doubt.
        """
        if order not in ("helpful", "doubt"):
            raise InputError(f'There is no order "{order}": choose "helpful" or "doubt".')
        self._session.need_library()
        if order == "doubt" and not self._session.catalogue.by_model.any():
            raise InputError(
                "There are no predictions to review yet: label a few particles of each class and train first."
            )
        self._order = order
        self._picker = Picker(self._session.catalogue, order, self._n_classes(), self._rng)
        self._shown, self._at, self._judges = [], 0, {}
        self._draw()
        self.changed.emit()

    def stop(self) -> None:
        """End the run."""
        if self._order is not None:
            self._order = self._picker = None
            self._shown, self._at, self._judges = [], 0, {}
            self.changed.emit()

    def next(self) -> None:
        """Go on to the next particle without a label; the current one is left as it is."""
        if self._order is not None:
            self._advance()
            self.changed.emit()

    def back(self) -> None:
        """Go back to the particle before, to look again or to correct."""
        at = self._at - 1
        while at >= 0 and not self._there(self._shown[at]):
            at -= 1
        if self._order is not None and at >= 0:
            self._at = at
            self.changed.emit()

    def accept(self) -> None:
        """Give the current particle the class that the model says, and go on.

        Raises
        ------
        InputError
            There is no prediction for it.
        """
        pick = self.current
        if pick is None:
            return
        if pick.class_id is None:
            raise InputError(
                "There is no prediction to accept for this particle: press the key of its class."
            )
        self.answer(pick.class_id)

    def answer(self, class_id: int | None) -> None:
        """Give the current particle a class by hand and go on.

        None goes on without a label; a particle that has one loses it and stays.
        """
        pick = self.current
        if pick is None:
            return
        at = self._at
        if class_id is None:
            if not self._open(pick):
                self._session.assign([pick.particle_id], None)
                return
        else:
            model = self._judges.get(pick.particle_id)
            check = model if model == self._session.library_model else None
            self._session.assign([pick.particle_id], class_id, check)
        if self._order is not None and self._at == at and self.current == pick:
            self.next()

    # --- what happens around it, told by the session -------------------------------------------

    def labels_changed(
        self, ids: NDArray[np.int64], *, undone: bool = False, judged: bool = False
    ) -> None:
        """Labels by hand are others: pass over what has one now, come back to what was taken back.

        `judged` says that the act was an answer to a random pick.
        """
        touched = set(ids.tolist())
        if judged or not touched.isdisjoint(self._judged):
            self._counted = False
        elif self._picker is None:
            return
        if self._picker is not None:
            self._picker.labels_changed(ids)
            self._find_place(touched, undone)
        self.changed.emit()

    def _find_place(self, touched: set[int], undone: bool) -> None:
        again = [
            i
            for i, pick in enumerate(self._shown)
            if undone and pick.particle_id in touched and self._open(pick)
        ]
        if again:
            self._at = again[-1]
        current = self.current
        if current is None or (current.particle_id in touched and not self._open(current)):
            self._advance()

    def library_changed(self) -> None:
        """Another library: nothing of the run holds."""
        self._counted = False
        self._judged.clear()
        self.stop()
        self.changed.emit()

    def particles_changed(self) -> None:
        """Particles are others: those that are gone are passed over."""
        self._counted = False
        if self._picker is not None:
            self._picker.refill(self._session.catalogue, self._n_classes())
            if self.current is None or not self._there(self.current):
                self._advance()
        self.changed.emit()

    def model_changed(self) -> None:
        """Predictions are others: what comes next is chosen anew."""
        self._counted = False
        if self._picker is not None:
            self._picker.refill(self._session.catalogue, self._n_classes())
            self._shown = [
                self._picker.pick(p.particle_id, p.reason) if self._there(p) else p
                for p in self._shown
            ]
            self._judges = {}
            for pick in self._shown:
                self._note(pick)
            if self.current is None:
                self._draw()
        self.changed.emit()

    # --- within --------------------------------------------------------------------------------

    def _advance(self) -> None:
        self._at += 1
        while self._at < len(self._shown) and not self._open(self._shown[self._at]):
            self._at += 1
        self._draw()

    def _draw(self) -> None:
        """Bring a pick to the end of those shown if the current place is behind them."""
        if self._picker is None or self._at < len(self._shown):
            return
        pick = self._picker.draw()
        self._at = len(self._shown)
        if pick is not None:
            self._shown.append(pick)
            self._note(pick)

    def _note(self, pick: Pick) -> None:
        """Remember which model an answer judges: one that has not learned from it."""
        model = self._session.library_model
        if pick.reason == "random" and pick.class_id is not None and model and self._open(pick):
            self._judges[pick.particle_id] = model

    def _there(self, pick: Pick) -> bool:
        return bool(self._session.catalogue.has([pick.particle_id])[0])

    def _open(self, pick: Pick) -> bool:
        """Return whether a pick is there and has no label by hand."""
        row = int(self._session.catalogue.rows([pick.particle_id])[0])
        return row >= 0 and not self._session.catalogue.by_hand[row]

    def _n_classes(self) -> int:
        return max(1, sum(not c.reserved for c in self._session.classes))
