"""The reserved class, lists of classes, their order, merging."""

from __future__ import annotations

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    DEFAULT_CLASS_NAMES,
    NONE_OF_THESE_ID,
    AddClass,
    AddClasses,
    AssignClass,
    MoveClass,
    ParticleLibrary,
    RecolourClass,
    RemoveClass,
    RenameClass,
    act_from_json,
    act_to_json,
)


def names(library: ParticleLibrary) -> list[str]:
    return [c.name for c in library.classes()]


def test_every_library_has_none_of_these_as_the_last_class(library: ParticleLibrary) -> None:
    library.do(AddClass("rod"))
    classes = library.classes()
    assert [c.reserved for c in classes] == [False] * 5 + [True]
    assert (classes[-1].class_id, classes[-1].name) == (NONE_OF_THESE_ID, "none of these")
    assert [c.position for c in classes] == list(range(6))
    library.do(AssignClass((3,), NONE_OF_THESE_ID))
    assert library.label_counts()[NONE_OF_THESE_ID] == 1


def test_the_reserved_class_can_be_renamed_and_recoloured(library: ParticleLibrary) -> None:
    library.do(RenameClass(NONE_OF_THESE_ID, "dirt"))
    library.do(RecolourClass(NONE_OF_THESE_ID, "#123456"))
    last = library.classes()[-1]
    assert (last.name, last.colour, last.reserved) == ("dirt", "#123456", True)


@pytest.mark.parametrize(
    "act",
    [
        MoveClass(NONE_OF_THESE_ID, 0),
        MoveClass(1, 4),
        RemoveClass(NONE_OF_THESE_ID),
        RemoveClass(NONE_OF_THESE_ID, 1),
        AddClass("None of these"),
        AddClasses((("None Of These", None),)),
    ],
    ids=repr,
)
def test_it_stays_where_and_what_it_is(library: ParticleLibrary, act: AddClass) -> None:
    with pytest.raises(InputError) as caught:
        library.do(act)
    assert "\n" not in str(caught.value)
    assert names(library) == [*DEFAULT_CLASS_NAMES, "none of these"]


def test_a_class_is_merged_into_the_reserved_one(library: ParticleLibrary) -> None:
    library.do(AssignClass((1, 2), 4))
    assert library.do(RemoveClass(4, NONE_OF_THESE_ID)).text == (
        "merge class cluster into none of these"
    )
    assert library.labels().to_dict() == {1: NONE_OF_THESE_ID, 2: NONE_OF_THESE_ID}


def test_moving_changes_only_those_in_between(library: ParticleLibrary) -> None:
    library.do(RemoveClass(2))
    assert library.do(MoveClass(4, 1)).class_ids == (4, 3)
    assert names(library)[:3] == ["single", "cluster", "trimer"]
    library.do(AddClass("rod"))
    library.do(MoveClass(5, 0))
    assert names(library)[:4] == ["rod", "single", "cluster", "trimer"]
    for _ in range(4):
        library.undo()
    assert names(library) == [*DEFAULT_CLASS_NAMES, "none of these"]


def test_a_list_of_classes_is_one_act(library: ParticleLibrary) -> None:
    wanted = AddClasses((("rod", "#010203"), ("Dimer", None), ("棒", None), ("ROD", "#ffffff")))
    done = library.do(wanted)
    assert done.text == "add 2 classes"
    assert [(c.name, c.class_id) for c in library.classes()][4:6] == [("rod", 5), ("棒", 6)]
    assert library.classes()[4].colour == "#010203"
    with pytest.raises(InputError, match="there already"):
        library.do(wanted)
    library.undo()
    assert names(library) == [*DEFAULT_CLASS_NAMES, "none of these"]
    assert library.do(AddClasses((("cube", None),))).class_ids == (7,)


def test_a_list_with_one_bad_name_adds_nothing(library: ParticleLibrary) -> None:
    for bad in ((("rod", None), ("", None)), (("rod", None), ("cube", "red")), ()):
        with pytest.raises(InputError):
            library.do(AddClasses(bad))
    assert names(library) == [*DEFAULT_CLASS_NAMES, "none of these"]


def test_there_is_room_for_254_classes(library: ParticleLibrary) -> None:
    many = tuple((f"class {i}", None) for i in range(250))
    with pytest.raises(InputError, match="254"):
        library.do(AddClasses((*many, ("one more", None))))
    library.do(AddClasses(many))
    assert [c.class_id for c in library.classes()][-2:] == [254, NONE_OF_THESE_ID]
    with pytest.raises(InputError, match="254"):
        library.do(AddClass("one more"))


@pytest.mark.parametrize(
    "act",
    [
        MoveClass(2, 0),
        AddClasses((("rod", None), ("cube", "#000000"))),
        AssignClass((1,), 2, "first"),
    ],
)
def test_new_acts_travel_as_json(act: AddClasses) -> None:
    assert act_from_json(act_to_json(act)) == act


def test_acts_of_an_earlier_version_are_read() -> None:
    text = '{"act": "assign_class", "particle_ids": [1], "class_id": 2}'
    assert act_from_json(text) == AssignClass((1,), 2)


def test_a_merge_takes_the_predictions_along(predicted: ParticleLibrary) -> None:
    before = predicted.predictions()
    predicted.do(RemoveClass(1, 3))
    predicted.do(RemoveClass(3, 4))
    after = predicted.predictions()
    assert [c for c in after if c.startswith("p_")] == ["p_4", "p_2"]
    np.testing.assert_allclose(after["p_4"], before["p_1"] + before["p_3"] + before["p_4"])
    np.testing.assert_allclose(after["p_2"], before["p_2"])
    assert after["class_id"].to_dict() == {
        i: 2 if c == 2 else 4 for i, c in before["class_id"].items()
    }
    np.testing.assert_allclose(after["probability"], after[["p_4", "p_2"]].max(axis=1))
    assert [c["by_model"] for c in predicted.summary()["classes"]] == [3, 9, 0]
    predicted.undo()
    predicted.undo()
    assert predicted.predictions().equals(before)


def test_what_is_removed_outright_stays_in_the_predictions(predicted: ParticleLibrary) -> None:
    predicted.do(RemoveClass(1, 2))
    predicted.do(RemoveClass(2))
    after = predicted.predictions()
    assert [c for c in after if c.startswith("p_")] == ["p_2", "p_3", "p_4"]
    assert set(after["class_id"]) == {2, 3, 4}


def test_answers_to_random_picks_judge_the_model(predicted: ParticleLibrary) -> None:
    said = predicted.predictions()["class_id"]
    right, wrong = 3, 5
    predicted.do(AssignClass((right,), int(said[right]), check="first"))
    predicted.do(AssignClass((wrong,), NONE_OF_THESE_ID, check="first"))
    predicted.do(AssignClass((7,), 1))
    table = predicted.checks("first")
    assert table.index.tolist() == [right, wrong]
    assert table["right"].tolist() == [True, False]
    assert table["predicted"].tolist() == [said[right], said[wrong]]
    assert table["answer"].tolist() == [said[right], NONE_OF_THESE_ID]
    assert set(table["model"]) == {"first"}
    assert predicted.checks("another").empty
    predicted.undo()
    predicted.undo()
    assert predicted.checks().index.tolist() == [right]
    predicted.redo()
    assert predicted.checks().index.tolist() == [right, wrong]


def test_an_answer_counts_as_long_as_there_is_a_label(predicted: ParticleLibrary) -> None:
    said = int(predicted.predictions()["class_id"][3])
    other = said % 4 + 1
    predicted.do(AssignClass((3,), said, check="first"))
    predicted.do(AssignClass((3,), other))
    assert predicted.checks()["right"].tolist() == [False]
    predicted.do(RemoveClass(said, other))  # what was predicted is the answer's class now
    assert predicted.checks()["right"].tolist() == [True]
    predicted.do(AssignClass((3,), None))
    assert predicted.checks().empty


def test_a_check_by_a_model_that_said_nothing_is_a_label(predicted: ParticleLibrary) -> None:
    predicted.do(AssignClass((3,), 1, check="gone"))
    assert predicted.labels().to_dict() == {3: 1}
    assert predicted.checks().empty


def test_checks_go_with_their_model(predicted: ParticleLibrary) -> None:
    predicted.do(AssignClass((3,), 1, check="first"))
    predicted.remove_model("first")
    assert predicted.checks().empty
    predicted.undo()
    predicted.redo()
    assert predicted.labels().to_dict() == {3: 1}
