"""The models of a library: accepted, listed, chosen, removed, and the labels they learned from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.session import Session
from napari_ssrvae.workflow import Predictions, Trained, free_model_name, storing
from napari_ssrvae.workflow.labels_kept import Learned, write_learned
from tests.workflow.small import class_ids, set_particles, small_library


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    small_library(tmp_path / "library").close()
    made = Session(tmp_path)
    made.open_library(tmp_path / "library")
    yield made
    made.close()


def accept(session: Session, name: str, *, of: int | None = None, **record: Any) -> Trained:
    """Let a made-up model come in that has seen the first `of` particles and all labels."""
    library = session.need_library()
    ids = library.particles().index.to_numpy()[:of]
    n, classes = len(ids), tuple(class_ids(library))
    p = np.random.default_rng(len(name) + int(name[-1])).dirichlet((1, 1), n).astype(np.float32)
    numbers = np.full(n, 0.25, np.float32)
    said = Predictions(ids, classes, p, numbers, numbers, np.zeros((n, 2)), np.zeros((n, 3)))
    folder = library.model_folder(name)
    folder.mkdir(parents=True)
    labels = library.labels()
    learned = Learned(labels.index.to_numpy(), labels.to_numpy(), classes, np.zeros(0, np.int64))
    write_learned(folder, learned)
    usual = {
        "preset": "paper", "parameters": {"epochs": 7}, "seed": 5, "device": "cpu", "epochs": 6,
        "seconds": 1.5, "stopped": False, "automatic": False, "warm_from": None,
        "history": {"epoch": [1]}, "n_labels": len(labels), "versions": {"torch": "2"},
        "held_out": {"right": 3, "judged": 4, "low": 0.3, "high": 0.95, "accuracy": 0.75},
    }  # fmt: skip
    tile = np.full((3, 9), float(name[-1]), np.float32)
    trained = Trained(name, folder, said, dict.fromkeys(classes, tile), usual | record)
    np.savez(folder / "traversals.npz", **{str(c): tile for c in classes})  # type: ignore[arg-type]
    session.accept_training(trained)
    return trained


def names(session: Session) -> list[str]:
    return [model.name for model in session.models()]


def predicted(trained: Trained) -> np.ndarray:
    classes = np.asarray(trained.predictions.class_ids)
    return classes[trained.predictions.probabilities.argmax(axis=1)]


def test_without_models_there_is_nothing_to_tell(session: Session, tmp_path: Path) -> None:
    assert session.models() == []
    assert Session(tmp_path).models() == []
    assert session.held_out is None


def test_a_model_tells_all_it_remembers(session: Session) -> None:
    accept(session, "model-1", stopped=True, warm_from="model-0")
    (model,) = session.models()
    assert (model.name, model.preset, model.epochs, model.seconds) == ("model-1", "paper", 6, 1.5)
    assert (model.n_labels, model.seed, model.device) == (24, 5, "cpu")
    assert (model.warm_from, model.stopped, model.automatic) == ("model-0", True, False)
    assert model.parameters == {"epochs": 7}
    assert model.versions == {"torch": "2"}
    assert model.history == {"epoch": [1]}
    assert model.held_out is not None
    assert model.held_out["right"] == 3
    assert session.held_out == model.held_out
    assert model.current
    assert model.class_ids == tuple(class_ids(session.need_library()))
    assert model.folder.is_dir()


def test_a_model_of_an_earlier_version_is_listed(session: Session) -> None:
    library = session.need_library()
    library.add_model(
        "old",
        parameters={},
        seed=1,
        class_ids=class_ids(library),
        n_labels=2,
        versions={},
        metrics={"epochs": 3, "held_out": None},
    )
    (model,) = session.models()
    assert (model.epochs, model.held_out, model.seconds, model.history) == (3, None, None, {})
    # It did not note its labels: all count as new.
    assert session.labels_changed_since("old") == 24


def test_the_chosen_model_is_shown(session: Session) -> None:
    one, two = accept(session, "model-1"), accept(session, "model-2")
    assert names(session) == ["model-2", "model-1"]
    np.testing.assert_array_equal(session.catalogue.by_model, predicted(two))
    told: list[str] = []
    for name in ("models_changed", "predictions_changed", "traversals_changed"):
        getattr(session, name).connect(lambda name=name: told.append(name))
    assert session.choose_model("model-1") == 0
    assert sorted(told) == ["models_changed", "predictions_changed", "traversals_changed"]
    np.testing.assert_array_equal(session.catalogue.by_model, predicted(one))
    assert [model.current for model in session.models()] == [False, True]
    assert session.library_model == "model-1"
    assert next(iter(session.traversals.values()))[0, 0] == 1
    with pytest.raises(InputError, match="no model"):
        session.choose_model("model-7")
    assert session.library_model == "model-1"


def test_choosing_says_how_many_a_model_knows_nothing_of(session: Session) -> None:
    accept(session, "model-1", of=40)
    accept(session, "model-2")
    assert session.choose_model("model-1") == 8


def test_of_the_current_model_the_newest_other_takes_the_place(session: Session) -> None:
    one, two, three = (accept(session, f"model-{i}") for i in (1, 2, 3))
    session.remove_model("model-3")
    assert session.library_model == "model-2"
    np.testing.assert_array_equal(session.catalogue.by_model, predicted(two))
    session.remove_model("model-1")
    assert session.library_model == "model-2"
    session.remove_model("model-2")
    assert session.library_model is None
    assert session.models() == []
    assert not session.catalogue.by_model.any()
    assert session.traversals == {}
    assert not any(trained.folder.exists() for trained in (one, two, three))
    with pytest.raises(InputError, match="no model"):
        session.remove_model("model-1")


def test_an_automatic_model_takes_the_place_of_the_one_before(session: Session) -> None:
    accept(session, "model-1")
    accept(session, "model-2", automatic=True)
    accept(session, "model-3", automatic=True)
    assert names(session) == ["model-3", "model-1"]
    session.choose_model("model-1")
    # This one is wanted: it was chosen by hand.
    session.choose_model("model-3")
    accept(session, "model-4", automatic=True)
    assert names(session) == ["model-4", "model-3", "model-1"]
    accept(session, "model-5", automatic=False)
    assert names(session) == ["model-5", "model-4", "model-3", "model-1"]


def test_half_a_model_is_never_seen(session: Session) -> None:
    accept(session, "model-1")
    library = session.need_library()
    broken = Predictions(
        library.particles().index.to_numpy(), tuple(class_ids(library)),
        np.full((48, 2), np.nan), *(np.zeros(48),) * 2, np.zeros((48, 2)), np.zeros((48, 3)),
    )  # fmt: skip
    with pytest.raises(InputError, match="finite"):
        session.accept_training(Trained("model-2", library.model_folder("model-2"), broken, {}))
    assert names(session) == ["model-1"]
    assert session.library_model == "model-1"
    assert len(library.predictions()) == 48


def test_another_library_has_other_models(session: Session, tmp_path: Path) -> None:
    accept(session, "model-1")
    with small_library(tmp_path / "other"):
        pass
    session.open_library(tmp_path / "other")
    assert session.models() == []
    session.open_library(tmp_path / "library")
    assert names(session) == ["model-1"]


# --- labels ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session with one model, for changes that are undone again."""
    folder = tmp_path_factory.mktemp("learned")
    small_library(folder / "library").close()
    made = Session(folder)
    made.open_library(folder / "library")
    accept(made, "model-1")
    yield made
    made.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 47), min_size=1), st.integers(0, 2)), max_size=5))
def test_labels_that_differ_are_counted(learned: Session, acts: list[tuple[set[int], int]]) -> None:
    library = learned.need_library()
    ids = library.particles().index.to_numpy()

    def labels() -> np.ndarray:
        return library.labels().reindex(ids).fillna(0).to_numpy(int)

    before = labels()
    done = 0
    try:
        for rows, which in acts:
            here, class_id = labels(), [0, *class_ids(library)][which]
            # What changes nothing is no act, and there is nothing to undo.
            wanted = ids[[i for i in sorted(rows) if here[i] != class_id]]
            if len(wanted):
                learned.assign(wanted, class_id or None)
                done += 1
        assert learned.labels_changed_since("model-1") == (labels() != before).sum()
    finally:
        for _ in range(done):
            assert learned.undo()
    assert learned.labels_changed_since("model-1") == 0


def test_labels_of_particles_that_are_gone_do_not_count(session: Session) -> None:
    accept(session, "model-1")
    library = session.need_library()
    folder = library.folder
    set_particles(library, 40)
    session.close()
    session.open_library(folder)
    assert session.labels_changed_since("model-1") == 0


def test_what_a_worker_has_stored_is_shown_when_it_is_accepted(session: Session) -> None:
    one = accept(session, "model-1")
    library = session.need_library()
    two = replace(one, name="model-2", folder=library.model_folder("model-2"))
    told: list[Trained] = []
    worker = threading.Thread(target=lambda: told.extend(storing(library, iter([two]))))
    worker.start()
    worker.join()
    assert told[0].stored
    assert names(session) == ["model-2", "model-1"]
    assert session.library_model == "model-1"
    session.accept_training(told[0])
    assert session.library_model == "model-2"
    assert len(library.predictions("model-2")) == 48


def test_names_of_automatic_models_go_on_counting(session: Session) -> None:
    library = session.need_library()
    accept(session, "model-1")
    given = []
    for _ in range(4):
        given.append(free_model_name(library))
        accept(session, given[-1], automatic=True, warm_from=session.library_model)
    assert given == ["model-2", "model-3", "model-4", "model-5"]
    assert names(session) == ["model-5", "model-1"]


def test_a_model_that_others_went_on_from_keeps_its_name(session: Session) -> None:
    for name, before in (("model-1", None), ("model-3", "model-2")):
        accept(session, name, warm_from=before)
    session.remove_model("model-3")
    assert free_model_name(session.need_library()) == "model-2"
    accept(session, "model-4", warm_from="model-5")
    assert free_model_name(session.need_library()) == "model-6"


def test_damaged_traversals_and_labels_keep_no_library_closed(session: Session) -> None:
    accept(session, "model-1")
    library = session.need_library()
    folder, model = library.folder, library.model_folder("model-1")
    session.close()
    for name in ("traversals.npz", "labels.npz"):
        content = bytearray((model / name).read_bytes())
        # The way it is compressed, in the head of the first array.
        content[8:10] = b"\x63\x00"
        at = content.index(b"PK\x01\x02")
        content[at + 10 : at + 12] = b"\x63\x00"
        (model / name).write_bytes(content)
    session.open_library(folder)
    assert session.library_model == "model-1"
    assert session.traversals == {}
    assert session.labels_changed_since("model-1") == 24
