"""Acts, undo, redo, reopening and failing disks in any order, against a model that keeps whole states."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from class_model import State, expected
from faults import CODES, installed
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
    """Acts on a library whose disk is well or ill; what is not saved is there, and lost with the program."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.stack = ExitStack()
        self.faults = self.stack.enter_context(installed())
        self.library = new_library(self.folder / "gold")
        self.past: list[State] = []
        self.now: State = (tuple(self.library.classes()), {})
        self.future: list[State] = []
        self.next_id = 5
        self.unsaved = 0
        self.remember()

    def remember(self) -> None:
        """What the disk holds."""
        self.saved = list(self.past), self.now, list(self.future), self.next_id

    def acted(self, changed: bool) -> None:
        """An act, which tries to save all before it."""
        if self.faults.code is None:
            self.unsaved = 0
        elif changed:
            self.unsaved += 1

    @rule(act=acts)
    def do(self, act: Act) -> None:
        new = expected(self.now, act, self.next_id)
        if new is None:
            with pytest.raises(InputError):
                self.library.do(act)
            self.acted(False)
            return
        result = self.library.do(act)
        self.next_id += len({c.class_id for c in new[0]} - {c.class_id for c in self.now[0]})
        self.acted(new != self.now)
        if new != self.now:
            self.past.append(self.now)
            self.future.clear()
        old, self.now = self.now, new
        changed = {i for i in range(1, 13) if old[1].get(i) != new[1].get(i)}
        assert set(result.particle_ids) == changed

    @rule()
    def undo(self) -> None:
        assert (self.library.undo() is not None) == bool(self.past)
        self.acted(bool(self.past))
        if self.past:
            self.future.append(self.now)
            self.now = self.past.pop()

    @rule()
    def redo(self) -> None:
        assert (self.library.redo() is not None) == bool(self.future)
        self.acted(bool(self.future))
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()

    @rule(kind=st.sampled_from(sorted(CODES)), place=st.sampled_from(["BEGIN IMMEDIATE", "COMMIT"]))
    def fail(self, kind: str, place: str) -> None:
        self.faults.fail(kind, place)

    @rule()
    def heal(self) -> None:
        self.faults.heal()

    @rule()
    def save(self) -> None:
        well = self.faults.code is None
        assert self.library.save_unsaved() == (well or not self.unsaved)
        if well:
            self.unsaved = 0

    @rule()
    def reopen(self) -> None:
        self.library.close()
        if self.faults.code is not None and self.unsaved:
            self.past, self.now, self.future, self.next_id = self.saved
            self.past, self.future = list(self.past), list(self.future)
        self.faults.heal()
        self.unsaved = 0
        self.library = ParticleLibrary.open(self.folder / "gold")

    @rule()
    def be_killed(self) -> None:
        """What a copy of the files holds is what was saved last."""
        copy = self.folder / "copy"
        ignored = shutil.ignore_patterns("*.lock", "*-shm")
        shutil.copytree(self.folder / "gold", copy, ignore=ignored)
        _, now, _, _ = self.saved
        with ParticleLibrary.open(copy, read_only=True) as found:
            assert tuple(found.classes()) == now[0]
            assert found.labels().to_dict() == now[1]
        shutil.rmtree(copy)

    @invariant()
    def same(self) -> None:
        classes, labels = self.now
        assert tuple(self.library.classes()) == classes
        assert self.library.labels().to_dict() == labels
        assert self.library.can_undo == bool(self.past)
        assert self.library.can_redo == bool(self.future)
        assert self.library.unsaved == self.unsaved
        assert (self.library.unsaved_reason is None) == (not self.unsaved)
        if not self.unsaved:
            self.remember()

    def teardown(self) -> None:
        self.library.close()
        self.stack.close()
        shutil.rmtree(self.folder)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
