"""The selection against a plain set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.session import Selection

IDS = st.lists(st.integers(0, 30), max_size=12)
ACTS = st.lists(
    st.tuples(st.sampled_from(["select", "add", "remove", "toggle", "clear", "jump", "gone"]), IDS),
    max_size=12,
)


class World:
    """Particles that are there, and a selection of them."""

    def __init__(self, ids: set[int]) -> None:
        self.there = ids
        self.selection = Selection(lambda asked: np.isin(asked, list(self.there)))
        self.told: list[tuple[list[int], int | None]] = []
        self.jumps: list[int] = []
        self.selection.changed.connect(lambda: self.told.append(self.state()))
        self.selection.jump_asked.connect(self.jumps.append)

    def state(self) -> tuple[list[int], int | None]:
        return self.selection.ids.tolist(), self.selection.focus


@given(there=st.sets(st.integers(0, 30)), acts=ACTS)
def test_a_selection_is_a_set_of_particles_that_are_there(
    there: set[int], acts: list[tuple[str, list[int]]]
) -> None:
    world = World(set(there))
    selection = world.selection
    expected: set[int] = set()
    for act, ids in acts:
        before, n_told = world.state(), len(world.told)
        if act == "select":
            selection.select(ids)
            expected = set(ids)
        elif act == "add":
            selection.add(np.array(ids, np.int32))
            expected |= set(ids)
        elif act == "remove":
            selection.remove(ids)
            expected -= set(ids)
        elif act == "toggle":
            selection.toggle(ids)
            expected ^= set(ids)
        elif act == "clear":
            selection.clear()
            expected = set()
        elif act == "jump" and ids:
            n_jumps = len(world.jumps)
            selection.jump(ids[0])
            if ids[0] not in expected:
                expected = {ids[0]}
            if ids[0] in world.there:
                assert selection.focus == ids[0]
                assert world.jumps[n_jumps:] == [ids[0]]
            else:
                assert len(world.jumps) == n_jumps
        elif act == "gone":
            world.there -= set(ids)
            selection.drop_gone()
        expected &= world.there
        assert selection.ids.tolist() == sorted(expected)
        assert selection.ids.dtype == np.int64
        assert len(selection) == len(expected)
        assert [i in selection for i in range(31)] == [i in expected for i in range(31)]
        assert selection.contains(range(31)).tolist() == [i in expected for i in range(31)]
        assert selection.focus is None or selection.focus in expected
        # Told once for each change, and not without one.
        assert len(world.told) - n_told == (before != world.state())
        assert not world.told or world.told[-1] == world.state()


def test_the_focus_is_the_particle_that_was_meant_last() -> None:
    selection = World(set(range(10))).selection
    selection.select([1, 2, 3])
    assert selection.focus is None
    selection.add([5])
    assert selection.focus == 5
    selection.toggle([6, 7])
    assert selection.focus == 5
    selection.select([4, 5, 6], focus=6)
    assert selection.focus == 6
    selection.toggle([6])
    assert selection.focus is None
    selection.select([4, 5], focus=9)
    assert selection.focus is None


def test_the_ids_cannot_be_written_to() -> None:
    selection = World({1, 2}).selection
    mine = np.array([1, 2])
    selection.select(mine)
    with pytest.raises(ValueError, match="read-only"):
        selection.ids[0] = 7
    mine[0] = 5
    assert selection.ids.tolist() == [1, 2]
