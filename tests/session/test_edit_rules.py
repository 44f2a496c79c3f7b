"""Edits of the mask, labels, undo, redo, new segmentations and reopening in any order, against a simple model.

The model is a set of particles, each a set of pixels with a class; an edit is the particles that went and
those that came.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleChange
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import MicrographState, Session
from napari_ssrvae.workflow import ParticlesFound, find_particles

SHAPE = (36, 48)
BAR = (32, 36)
Pixels = frozenset[int]


@dataclass(frozen=True)
class Act:
    """Particles that went and came, or a label before and after."""

    went: frozenset[Pixels] = frozenset()
    came: frozenset[Pixels] = frozenset()
    edit: bool = False
    before: tuple[tuple[Pixels, int], ...] = ()
    after: int = 0


def grid(shift: int) -> np.ndarray:
    """3 x 4 squares of 6 px, 2 px apart, shifted down."""
    mask = np.zeros(SHAPE, np.int32)
    for i in range(12):
        row, column = 2 + shift + 9 * (i // 4), 3 + 8 * (i % 4)
        mask[row : row + 6, column : column + 6] = i + 1
    return mask


def particles_of(mask: np.ndarray) -> dict[int, Pixels]:
    flat = mask.ravel()
    return {int(i): frozenset(np.flatnonzero(flat == i).tolist()) for i in np.unique(flat) if i}


class Edits(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        image = np.random.default_rng(0).integers(0, 255, SHAPE, dtype=np.uint8)
        self.micrograph = Micrograph.from_array(image, name="walk", pixel_size_nm=2.0, data_bar=BAR)
        self.session = Session(self.home)
        self.past: list[Act] = []
        self.future: list[Act] = []
        self.labels: dict[Pixels, int] = {}
        self.show()
        self.segment(0)

    def show(self) -> None:
        self.state: MicrographState = self.session.add_micrograph(self.micrograph)
        self.told: list[ParticleChange] = []
        self.session.particles_changed.connect(lambda _state, change: self.told.append(change))

    def live(self) -> dict[int, Pixels]:
        assert self.state.labels is not None
        return particles_of(self.state.labels)

    def pick(self, data: st.DataObject) -> int:
        return int(data.draw(st.sampled_from(sorted(self.live()) or [1])))

    @rule(shift=st.integers(0, 2))
    def segment(self, shift: int) -> None:
        ids = {} if self.state.labels is None else self.pixels_by_id()
        events = find_particles(self.micrograph, labels=grid(shift), size=8, window=8)
        found = next(event for event in events if isinstance(event, ParticlesFound))
        self.session.accept_particles(self.state, found)
        # Who follows whom is the rule of another test: here labels follow the ids.
        hand = self.session.need_library().labels().to_dict()
        now = self.pixels_by_id()
        self.labels = {now[i]: c for i, c in hand.items()}
        self.now = frozenset(now.values())
        moved = {ids[i]: now[i] for i in ids.keys() & now.keys()}
        self.past = [self.follow(act, moved) for act in self.past if not act.edit]
        undone = []
        for act in reversed(self.future):
            if act.edit:
                break
            undone.append(self.follow(act, moved))
        self.future = undone[::-1]

    def follow(self, act: Act, moved: dict[Pixels, Pixels]) -> Act:
        return replace(act, before=tuple((moved.get(p, p), c) for p, c in act.before))

    def pixels_by_id(self) -> dict[int, Pixels]:
        return {int(self.state.particle_ids[i]): pixels for i, pixels in self.live().items()}

    def edit(self, act: Any, removed: set[int], check: Any) -> None:
        """Do an edit; the model learns the pixels that came once they are found to be right."""
        before = self.live()
        try:
            change = act()
        except InputError:
            assert self.live() == before
            return
        after = self.live()
        went = frozenset(before[i] for i in removed)
        came = frozenset(after[i] for i in after.keys() - before.keys())
        assert len(change.retired) == len(went)
        assert len(change.added) == len(came)
        assert change == self.told[-1]
        check(frozenset().union(*went), came, frozenset().union(*before.values()))
        self.now = (self.now - went) | came
        self.past.append(Act(went, came, edit=True))
        self.future.clear()

    @rule(data=st.data(), n=st.integers(1, 3))
    def delete(self, data: st.DataObject, n: int) -> None:
        chosen = {self.pick(data) for _ in range(n)}

        def check(_went: Pixels, came: frozenset[Pixels], _all: Pixels) -> None:
            assert not came

        self.edit(lambda: self.session.delete_particles(self.state, chosen), chosen, check)

    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        chosen = {self.pick(data), self.pick(data)}

        def check(went: Pixels, came: frozenset[Pixels], every: Pixels) -> None:
            (new,) = came
            assert went <= new
            assert not new & (every - went)

        self.edit(lambda: self.session.merge_particles(self.state, chosen), chosen, check)

    @rule(data=st.data(), at=st.integers(1, 5), along=st.booleans())
    def split(self, data: st.DataObject, at: int, along: bool) -> None:
        label_id = self.pick(data)
        top, left, bottom, right = (
            self.state.boxes[label_id].tolist()
            if label_id < len(self.state.boxes)
            else (0, 0, 1, 1)
        )
        stroke = [(top - 1, left + at), (bottom, left + at)]
        if along:
            stroke = [(top + at, left - 1), (top + at, right)]

        def check(went: Pixels, came: frozenset[Pixels], _all: Pixels) -> None:
            assert len(came) > 1
            assert frozenset().union(*came) == went

        self.edit(
            lambda: self.session.split_particle(self.state, label_id, stroke), {label_id}, check
        )

    @rule(row=st.floats(0, 35), column=st.floats(0, 47), radius=st.floats(1, 4))
    def paint(self, row: float, column: float, radius: float) -> None:
        def check(_went: Pixels, came: frozenset[Pixels], every: Pixels) -> None:
            (new,) = came
            assert not new & every
            assert max(new) < BAR[0] * SHAPE[1]

        self.edit(
            lambda: self.session.paint_particle(self.state, [(row, column)], radius), set(), check
        )

    @rule(data=st.data(), n=st.integers(1, 3), class_id=st.integers(0, 3))
    def label(self, data: st.DataObject, n: int, class_id: int) -> None:
        live = self.live()
        if not live:
            return
        chosen = {self.pick(data) for _ in range(n)}
        self.session.assign((self.state.particle_ids[i] for i in chosen), class_id or None)
        changed = [live[i] for i in chosen if self.labels.get(live[i], 0) != class_id]
        if changed:
            self.past.append(
                Act(before=tuple((p, self.labels.get(p, 0)) for p in changed), after=class_id)
            )
            self.future.clear()
            self.set_labels([(p, class_id) for p in changed])

    def set_labels(self, pairs: Any) -> None:
        for pixels, class_id in pairs:
            self.labels.pop(pixels, None)
            if class_id:
                self.labels[pixels] = class_id

    @rule(n=st.integers(1, 3))
    def undo(self, n: int) -> None:
        for _ in range(n):
            assert self.session.undo() == bool(self.past)
            if not self.past:
                return
            act = self.past.pop()
            self.future.append(act)
            self.now = (self.now - act.came) | act.went
            self.set_labels(act.before)

    @rule(n=st.integers(1, 3))
    def redo(self, n: int) -> None:
        for _ in range(n):
            assert self.session.redo() == bool(self.future)
            if not self.future:
                return
            act = self.future.pop()
            self.past.append(act)
            self.now = (self.now - act.went) | act.came
            self.set_labels((pixels, act.after) for pixels, _ in act.before)

    @rule()
    def reopen(self) -> None:
        folder = self.session.need_library().folder
        self.session.close()
        self.session = Session(self.home)
        self.show()
        self.session.open_library(folder)

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "now"):
            return
        live = self.live()
        state = self.state
        assert frozenset(live.values()) == self.now
        by_hand = {p: int(state.by_hand[i]) for i, p in live.items() if state.by_hand[i]}
        assert by_hand == {p: c for p, c in self.labels.items() if p in self.now}
        library = self.session.need_library()
        assert np.array_equal(library.mask(1), state.labels)
        table = library.particles()
        assert state.table is not None
        assert state.table.equals(table)
        assert state.n_particles == len(live) == len(table)
        assert dict(zip(table["label_id"], table.index, strict=True)) == {
            i: state.particle_ids[i] for i in live
        }
        assert (state.label_ids == sorted(live)).all()
        for label_id, pixels in live.items():
            rows, columns = np.divmod(sorted(pixels), SHAPE[1])
            box = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
            assert state.boxes[label_id].tolist() == box
            assert self.session.locate(state.particle_ids[label_id]) == (state, label_id)
        gone = np.setdiff1d(np.arange(len(state.particle_ids)), sorted(live))
        assert not state.boxes[gone].any()
        assert not state.by_hand[gone].any()
        areas = {i: len(p) for i, p in live.items()}
        assert dict(zip(table["label_id"], table["area_px"], strict=True)) == areas
        assert len(library.patches()[0]) == len(live)
        counts = self.session.counts()
        shown = list(by_hand.values())
        assert {c: n for c, (n, _) in counts.items()} == {c: shown.count(c) for c in counts}

    def teardown(self) -> None:
        self.session.close()
        shutil.rmtree(self.home)


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


def test_an_edit_needs_particles(tmp_path: Path) -> None:
    session = Session(tmp_path)
    state = session.add_micrograph(Micrograph.from_array(np.eye(9), name="x"))
    for act in (
        lambda: session.delete_particles(state, [1]),
        lambda: session.merge_particles(state, [1, 2]),
        lambda: session.split_particle(state, 1, [(0, 0), (9, 9)]),
        lambda: session.paint_particle(state, [(4, 4)], 3),
    ):
        with pytest.raises(InputError, match="find particles first"):
            act()
