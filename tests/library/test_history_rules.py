"""Acts, undo, redo and reopening in any order, against a model that keeps whole states."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from class_model import State, expected
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from made_up import new_library

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    NONE_OF_THESE_ID,
    Act,
    AddClass,
    AddClasses,
    AssignClass,
    MoveClass,
    ParticleLibrary,
    RecolourClass,
    RemoveClass,
    RenameClass,
)

names = st.sampled_from(["rod", "Rod", "cube", "single", "None of these", "", "棒", "x" * 65])
class_ids = st.integers(1, 7) | st.just(NONE_OF_THESE_ID)
colours = st.sampled_from(["#000000", "#ffffff"])
acts = st.one_of(
    st.builds(
        AssignClass,
        st.frozensets(st.integers(1, 12), max_size=5).map(tuple),
        st.none() | class_ids,
    ),
    st.builds(AddClass, names, st.just("#010203")),
    st.builds(AddClasses, st.lists(st.tuples(names, colours), max_size=3).map(tuple)),
    st.builds(RenameClass, class_ids, names),
    st.builds(RecolourClass, class_ids, colours),
    st.builds(MoveClass, class_ids, st.integers(-1, 7)),
    st.builds(RemoveClass, class_ids, st.none() | class_ids),
)


class Histories(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.library = new_library(self.folder / "gold")
        self.past: list[State] = []
        self.now: State = (tuple(self.library.classes()), {})
        self.future: list[State] = []
        self.next_id = 5

    @rule(act=acts)
    def do(self, act: Act) -> None:
        new = expected(self.now, act, self.next_id)
        if new is None:
            with pytest.raises(InputError):
                self.library.do(act)
            return
        result = self.library.do(act)
        self.next_id += len({c.class_id for c in new[0]} - {c.class_id for c in self.now[0]})
        if new != self.now:
            self.past.append(self.now)
            self.future.clear()
        old, self.now = self.now, new
        changed = {i for i in range(1, 13) if old[1].get(i) != new[1].get(i)}
        assert set(result.particle_ids) == changed

    @rule()
    def undo(self) -> None:
        assert (self.library.undo() is not None) == bool(self.past)
        if self.past:
            self.future.append(self.now)
            self.now = self.past.pop()

    @rule()
    def redo(self) -> None:
        assert (self.library.redo() is not None) == bool(self.future)
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()

    @rule()
    def reopen(self) -> None:
        self.library.close()
        self.library = ParticleLibrary.open(self.folder / "gold")

    @invariant()
    def same(self) -> None:
        classes, labels = self.now
        assert tuple(self.library.classes()) == classes
        assert self.library.labels().to_dict() == labels
        assert self.library.can_undo == bool(self.past)
        assert self.library.can_redo == bool(self.future)

    def teardown(self) -> None:
        self.library.close()
        shutil.rmtree(self.folder)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
