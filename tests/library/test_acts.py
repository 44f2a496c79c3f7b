from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    DEFAULT_COLOURS,
    NONE_OF_THESE_ID,
    Act,
    AddClass,
    AssignClass,
    ParticleLibrary,
    RecolourClass,
    RemoveClass,
    RenameClass,
    act_from_json,
    act_to_json,
)

ACTS: list[Act] = [
    AssignClass((1, 2, 3), 4),
    AssignClass((1, 12), None),
    AddClass("棒 rod"),
    AddClass("cube", "#ABCDEF"),
    RenameClass(1, "monomer"),
    RecolourClass(2, "#000001"),
    RemoveClass(1, None),
    RemoveClass(2, 3),
]


def state(library: ParticleLibrary) -> Any:
    return library.classes(), library.labels().to_dict(), library.label_counts()


@pytest.mark.parametrize("act", ACTS, ids=repr)
def test_an_act_and_its_undoing_leave_all_as_it_was(library: ParticleLibrary, act: Act) -> None:
    library.do(AssignClass((1, 2), 1))
    library.do(AssignClass((3, 4), 2))
    before = state(library)
    done = library.do(act)
    after = state(library)
    assert after != before
    undone = library.undo()
    assert undone is not None
    assert state(library) == before
    assert (undone.act, undone.way) == (act, "undo")
    assert (undone.particle_ids, undone.class_ids) == (done.particle_ids, done.class_ids)
    redone = library.redo()
    assert state(library) == after
    assert redone is not None
    assert redone.text == done.text


@pytest.mark.parametrize("act", ACTS, ids=repr)
def test_acts_travel_as_json(act: Act) -> None:
    assert act_from_json(act_to_json(act)) == act


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"act": "format_disk"}', '{"act": "add_class"}'])
def test_what_is_no_act(text: str) -> None:
    with pytest.raises(InputError):
        act_from_json(text)


def test_numpy_selections_are_welcome(library: ParticleLibrary) -> None:
    library.do(AssignClass(tuple(np.array([1, 2])), np.int64(2)))  # type: ignore[arg-type]
    assert library.labels().to_dict() == {1: 2, 2: 2}


@pytest.mark.parametrize(
    "act",
    [
        AssignClass((), 1),
        AssignClass((1, 99), 1),
        AssignClass((1,), 9),
        AddClass(""),
        AddClass("  \t "),
        AddClass("Dimer"),
        AddClass("ＤＩＭＥＲ".lower() * 20),
        AddClass("a\x00b"),
        AddClass("\u202eevil"),
        RenameClass(1, "a\u2066b"),
        AddClass("a\udcff"),
        AddClass("rod", "red"),
        AddClass("rod", ""),
        RenameClass(1, "DIMER"),
        RenameClass(9, "rod"),
        RecolourClass(1, "#12345"),
        RecolourClass(9, "#123456"),
        RemoveClass(9, None),
        RemoveClass(1, 1),
        RemoveClass(1, 9),
    ],
    ids=ascii,
)
def test_a_bad_act_changes_nothing(library: ParticleLibrary, act: Act) -> None:
    library.do(AssignClass((1, 2), 1))
    library.undo()
    before = state(library)
    with pytest.raises(InputError) as caught:
        library.do(act)
    assert "\n" not in str(caught.value)
    assert state(library) == before
    assert library.redo_text == "label 2 particles as single"


def test_texts_for_the_menu(library: ParticleLibrary) -> None:
    assert (library.can_undo, library.undo_text) == (False, None)
    assert library.undo() is None
    assert library.redo() is None
    library.do(AssignClass(tuple(range(1, 13)), 2))
    assert library.undo_text == "label 12 particles as dimer"
    library.do(AssignClass((1,), None))
    assert library.undo_text == "take the label off 1 particle"
    library.undo()
    assert library.undo_text == "label 12 particles as dimer"
    assert library.redo_text == "take the label off 1 particle"
    library.do(AddClass("rod"))
    assert (library.can_redo, library.redo_text) == (False, None)


def test_an_act_without_effect_leaves_no_trace(library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 2))
    library.do(AssignClass((2,), 2))
    library.undo()
    result = library.do(AssignClass((1,), 2))
    assert result.particle_ids == ()
    library.do(RenameClass(1, "single"))
    assert library.can_redo
    assert library.undo_text == "label 1 particle as dimer"


def test_only_changed_particles_are_reported(library: ParticleLibrary) -> None:
    library.do(AssignClass((1, 2), 2))
    assert library.do(AssignClass((2, 3), 2)).particle_ids == (3,)


def test_class_numbers_are_never_given_again(library: ParticleLibrary) -> None:
    (first,) = library.do(AddClass("rod")).class_ids
    library.undo()
    (second,) = library.do(AddClass("rod")).class_ids
    library.do(RemoveClass(second))
    (third,) = library.do(AddClass("rod")).class_ids
    assert len({first, second, third}) == 3
    assert [c.name for c in library.classes()].count("rod") == 1


def test_undoing_a_removal_puts_the_class_back_in_its_place(library: ParticleLibrary) -> None:
    library.do(AssignClass((1, 2), 2))
    library.do(RemoveClass(2, 3))
    assert [c.position for c in library.classes()] == [0, 1, 2, 3]
    assert library.labels().to_dict() == {1: 3, 2: 3}
    library.undo()
    assert [c.class_id for c in library.classes()] == [1, 2, 3, 4, NONE_OF_THESE_ID]
    assert library.labels().to_dict() == {1: 2, 2: 2}


def test_a_new_class_gets_a_colour_of_its_own(library: ParticleLibrary) -> None:
    for number in range(4):
        library.do(AddClass(f"more {number}"))
    colours = [c.colour for c in library.classes()]
    assert set(colours[:-1]) == set(DEFAULT_COLOURS)
    assert colours[-1] not in DEFAULT_COLOURS


def test_undo_goes_on_after_reopening(library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 1))
    library.do(AddClass("rod"))
    library.undo()
    library.close()
    with ParticleLibrary.open(library.folder) as again:
        assert again.redo_text == "add class rod"
        again.redo()
        assert again.classes()[-2].name == "rod"
        again.undo()
        again.undo()
        assert again.labels().empty
        assert not again.can_undo


def test_acts_of_every_state_stay_on_record(library: ParticleLibrary) -> None:
    import sqlite3

    library.do(AddClass("rod"))
    library.undo()
    library.do(AddClass("cube"))
    library.close()
    connection = sqlite3.connect(library.folder / "library.sqlite")
    rows = connection.execute("SELECT act, state FROM acts ORDER BY number").fetchall()
    connection.close()
    assert [(json.loads(act)["name"], how) for act, how in rows] == [
        ("rod", "dropped"),
        ("cube", "done"),
    ]


def test_many_threads_may_label(library: ParticleLibrary) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def work(particle: int) -> None:
        for class_id in (1, 2, 3):
            library.do(AssignClass((particle,), class_id))
            library.labels()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(1, 13)))
    assert library.labels().to_dict() == dict.fromkeys(range(1, 13), 3)
    while library.undo():
        pass
    assert library.labels().empty
