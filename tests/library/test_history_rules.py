"""Acts, undo, redo and reopening in any order, against a model that keeps whole states."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from made_up import new_library

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    Act,
    AddClass,
    AssignClass,
    ParticleClass,
    ParticleLibrary,
    RecolourClass,
    RemoveClass,
    RenameClass,
)

State = tuple[tuple[ParticleClass, ...], dict[int, int]]
names = st.sampled_from(["rod", "Rod", "cube", "single", "", "棒", "x" * 65])
class_ids = st.integers(1, 7)


def expected(state: State, act: Act, next_id: int) -> State | None:
    """The state after an act; None if the act is not allowed."""
    classes, labels = state
    known = {c.class_id: c for c in classes}

    def taken(name: str, but: int | None = None) -> bool:
        return not 0 < len(name) <= 64 or any(
            c.name.casefold() == name.casefold() and c.class_id != but for c in classes
        )

    def change(class_id: int, **values: str) -> State:
        new = (replace(c, **values) if c.class_id == class_id else c for c in classes)
        return tuple(new), labels

    match act:
        case AssignClass(ids, class_id):
            if not ids or (class_id is not None and class_id not in known):
                return None
            kept = {i: c for i, c in labels.items() if i not in ids}
            return classes, kept if class_id is None else kept | dict.fromkeys(ids, class_id)
        case AddClass(name, colour):
            if taken(name):
                return None
            return (*classes, ParticleClass(next_id, name, colour or "?", len(classes))), labels
        case RenameClass(class_id, name):
            allowed = class_id in known and not taken(name, class_id)
            return change(class_id, name=name) if allowed else None
        case RecolourClass(class_id, colour):
            return change(class_id, colour=colour) if class_id in known else None
        case RemoveClass(class_id, to):
            if class_id not in known or to == class_id or (to is not None and to not in known):
                return None
            rest = [c for c in classes if c.class_id != class_id]
            moved = {i: to if c == class_id else c for i, c in labels.items()}
            return (
                tuple(replace(c, position=i) for i, c in enumerate(rest)),
                {i: c for i, c in moved.items() if c is not None},
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

    @rule(
        act=st.one_of(
            st.builds(
                AssignClass,
                st.frozensets(st.integers(1, 12), max_size=5).map(tuple),
                st.none() | class_ids,
            ),
            st.builds(AddClass, names, st.just("#010203")),
            st.builds(RenameClass, class_ids, names),
            st.builds(RecolourClass, class_ids, st.sampled_from(["#000000", "#ffffff"])),
            st.builds(RemoveClass, class_ids, st.none() | class_ids),
        )
    )
    def do(self, act: Act) -> None:
        new = expected(self.now, act, self.next_id)
        if new is None:
            with pytest.raises(InputError):
                self.library.do(act)
            return
        result = self.library.do(act)
        if isinstance(act, AddClass):
            self.next_id += 1
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
