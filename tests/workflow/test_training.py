"""Trainings that are stopped, paused, broken off, killed and gone on with; what a model remembers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.library.acts import AddClass, AssignClass
from napari_ssrvae.ssrvae import (
    SSRVAE,
    EpochEvent,
    FitNotice,
    FitStarted,
    SSRVAEParameters,
    StepEvent,
)
from napari_ssrvae.ssrvae.canvas_recipe import CanvasRecipe
from napari_ssrvae.workflow import (
    BrokenOff,
    Failed,
    Paused,
    Progress,
    Resumed,
    Trained,
    TrainingSet,
    broken_off,
    broken_off_like,
    discard,
    free_model_name,
    labels_of_model,
    register_training,
    resume_training,
    train_model,
)
from tests.workflow.small import LABELLED, QUICK, N, class_ids, set_particles, small_library

Flags = dict[str, threading.Event]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[ParticleLibrary]:
    with small_library(tmp_path / "library") as made:
        yield made


@pytest.fixture
def flags() -> Flags:
    return {name: threading.Event() for name in ("stop", "pause", "abandon")}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors on many threads are slow where other work runs beside the tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def train(
    library: ParticleLibrary, parameters: SSRVAEParameters = QUICK, **more: Any
) -> Iterator[Any]:
    """Train under the next free name."""
    name = more.pop("name", None) or free_model_name(library)
    data = TrainingSet.from_library(library)
    folder = library.model_folder(name)
    return train_model(data, parameters, name=name, folder=folder, device="cpu", **more)


def until(
    events: Iterator[Any], kind: type, then: Callable[[], object], number: int = 1
) -> list[Any]:
    """Do something at the number-th event of a kind; return all events to the end."""
    told = []
    for event in events:
        told.append(event)
        number -= isinstance(event, kind)
        if number == 0 and isinstance(event, kind):
            then()
    return told


def weights(folder: Path) -> bytes:
    return (folder / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A training that nothing has broken off."""
    with small_library(tmp_path_factory.mktemp("straight") / "library") as library:
        trained = list(train(library))[-1]
        assert isinstance(trained, Trained)
        return trained


def check_same(trained: Trained, straight: Trained) -> None:
    assert weights(trained.folder) == weights(straight.folder)
    np.testing.assert_array_equal(
        trained.predictions.probabilities, straight.predictions.probabilities
    )
    times = ("seconds", "seconds_left")
    for name, numbers in straight.record["history"].items():
        assert name in times or trained.record["history"][name] == numbers


# --- broken off ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number"), [(StepEvent, 1), (StepEvent, 20), (EpochEvent, 2), (Progress, 1)]
)
def test_what_is_abandoned_goes_on_to_the_same_model(
    library: ParticleLibrary, flags: Flags, straight: Trained, kind: type, number: int
) -> None:
    told = until(train(library, **flags), kind, flags["abandon"].set, number)
    assert isinstance(told[-1], BrokenOff)
    assert told[-1].kept
    # No step more, and no prediction.
    assert isinstance(told[-2], kind)
    (broken,) = broken_off(library)
    assert (broken.name, broken.n_labels, broken.preset) == ("model-1", LABELLED, "default")
    assert broken.class_ids == tuple(class_ids(library))
    assert not broken.problem
    assert free_model_name(library) == "model-2"
    flags["abandon"].clear()
    events = list(resume_training(library, broken, **flags))
    trained = events[-1]
    assert isinstance(trained, Trained)
    check_same(trained, straight)
    assert [e.epoch for e in events if isinstance(e, EpochEvent)] == [1, 2, 3]
    register_training(library, trained)
    assert broken_off(library) == []
    assert library.current_model == "model-1"


def test_what_goes_on_has_its_own_labels(
    library: ParticleLibrary, flags: Flags, straight: Trained
) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    rod, _ = class_ids(library)
    free = library.particles().index.difference(library.labels().index)
    library.do(AssignClass(tuple(free[:5].tolist()), rod))
    trained = list(resume_training(library, broken_off(library)[0]))[-1]
    check_same(trained, straight)
    assert len(labels_of_model(trained.folder)) == LABELLED


def test_before_the_first_step_there_is_nothing_to_keep(
    library: ParticleLibrary, flags: Flags
) -> None:
    told = until(train(library, **flags), FitStarted, flags["abandon"].set)
    assert told[-1] == BrokenOff(0, "model-1", kept=False)
    assert broken_off(library) == []
    assert list((library.folder / "models").iterdir()) == []


def test_a_training_that_goes_on_can_be_abandoned_before_it_does(
    library: ParticleLibrary, flags: Flags, straight: Trained
) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 9)
    told = list(resume_training(library, broken_off(library)[0], **flags))
    assert isinstance(told[-1], BrokenOff)
    assert told[-1].kept
    check_same(list(resume_training(library, broken_off(library)[0]))[-1], straight)


@pytest.mark.parametrize("file", ["fit.json", "fit.safetensors", "training.json", "particles.npz"])
def test_a_damaged_checkpoint_is_a_sentence_and_can_be_discarded(
    library: ParticleLibrary, flags: Flags, file: str
) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    damaged = library.folder / "models" / ".model-1.training" / file
    damaged.write_bytes(damaged.read_bytes()[:-20])
    (broken,) = broken_off(library)
    events = list(resume_training(library, broken))
    assert isinstance(events[-1], Failed)
    assert "discard" in events[-1].message
    assert not any(isinstance(e, StepEvent) for e in events)
    discard(broken)
    discard(broken)
    assert list((library.folder / "models").iterdir()) == []


@pytest.mark.parametrize("middle", [0.3, 0.5, 0.7])
def test_bytes_that_are_others_are_a_sentence(
    library: ParticleLibrary, flags: Flags, middle: float
) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    damaged = library.folder / "models" / ".model-1.training" / "particles.npz"
    content = bytearray(damaged.read_bytes())
    for at in range(int(middle * len(content)), int(middle * len(content)) + 12):
        content[at] ^= 0xFF
    damaged.write_bytes(content)
    events = list(resume_training(library, broken_off(library)[0]))
    assert [type(e) for e in events] == [Failed]
    assert "discard" in events[0].message


@pytest.mark.parametrize("epoch", ["Infinity", "NaN", "[]", '"x"'])
def test_an_epoch_that_is_none_is_told_of(
    library: ParticleLibrary, flags: Flags, epoch: str
) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    told = library.folder / "models" / ".model-1.training" / "fit.json"
    told.write_text(f'{{"numbers": {{"epoch": {epoch}}}}}')
    assert "damaged" in broken_off(library)[0].problem


def test_a_stop_before_it_goes_on_loses_nothing(library: ParticleLibrary, flags: Flags) -> None:
    until(train(library, **flags), EpochEvent, flags["abandon"].set, 2)
    flags["abandon"].clear()
    flags["stop"].set()
    events = list(resume_training(library, broken_off(library)[0], **flags))
    trained = events[-1]
    assert isinstance(trained, Trained)
    assert trained.stopped
    assert trained.record["epochs"] == 2
    assert trained.record["history"]["epoch"] == [1, 2]
    assert len([e for e in events if isinstance(e, StepEvent)]) == 1


def test_particles_that_are_gone_are_a_sentence(library: ParticleLibrary, flags: Flags) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    set_particles(library, N - 3)
    events = list(resume_training(library, broken_off(library)[0]))
    assert [type(e) for e in events] == [Failed]
    assert "3 particles" in events[0].message
    assert len(broken_off(library)) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.ssrvae import EpochEvent, keeper
from tests.workflow.test_training import train
keeper._KEEP_FIRST = keeper._KEEP_EVERY = -1.0
with ParticleLibrary.open(Path(sys.argv[1])) as library:
    for event in train(library):
        if isinstance(event, EpochEvent) and event.epoch == 2:
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_what_was_killed_goes_on_to_the_same_model(tmp_path: Path, straight: Trained) -> None:
    folder = tmp_path / "library"
    small_library(folder).close()
    died = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False, timeout=120)
    assert died.returncode == -9
    with ParticleLibrary.open(folder) as library:
        (broken,) = broken_off(library)
        assert broken.epoch >= 2
        check_same(list(resume_training(library, broken))[-1], straight)


def test_a_kill_between_two_renames_loses_nothing(library: ParticleLibrary, flags: Flags) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    home = library.folder / "models"
    (home / ".model-1.training").rename(home / "..model-1.training.0a1b2c3d.old")
    (home / "..model-1.training.0a1b2c3d").mkdir()
    assert [broken.name for broken in broken_off(library)] == ["model-1"]
    assert [path.name for path in home.iterdir()] == [".model-1.training"]


def test_a_training_under_way_is_not_broken_off(library: ParticleLibrary, flags: Flags) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    assert broken_off(library, but="model-1") == []


def test_the_same_training_is_known_again(library: ParticleLibrary, flags: Flags) -> None:
    until(train(library, **flags), StepEvent, flags["abandon"].set, 5)
    asked = {"random_state": 0, "device": "cpu", "preset": "default"}
    data = TrainingSet.from_library(library)
    same = broken_off_like(library, data, QUICK, **asked)
    assert same is not None
    assert same.name == "model-1"
    assert broken_off_like(library, data, QUICK, **asked | {"random_state": 1}) is None
    fewer = replace(data, y=np.where(np.arange(N) == np.argmax(data.y >= 0), -1, data.y))
    assert broken_off_like(library, fewer, QUICK, **asked) is None


# --- stopped and paused ----------------------------------------------------------------------------


def test_a_stopped_training_gives_the_model_so_far(library: ParticleLibrary, flags: Flags) -> None:
    told = until(train(library, **flags), StepEvent, flags["stop"].set, 15)
    assert len([e for e in told if isinstance(e, StepEvent)]) == 15
    trained = told[-1]
    assert isinstance(trained, Trained)
    assert trained.stopped
    assert trained.record["stopped"]
    assert len(trained.predictions.probabilities) == N
    assert trained.record["epochs"] == 1


def test_a_stop_at_once_changes_nothing(library: ParticleLibrary, flags: Flags) -> None:
    told = until(train(library, **flags), StepEvent, flags["stop"].set, 1)
    assert isinstance(told[-1], Failed)
    assert "nothing has changed" in told[-1].message
    assert list((library.folder / "models").iterdir()) == []


def test_a_stop_while_predicting_does_not_lose_the_model(
    library: ParticleLibrary, flags: Flags, straight: Trained
) -> None:
    told = until(train(library, **flags), Progress, flags["stop"].set)
    assert isinstance(told[-1], Trained)
    assert not told[-1].stopped
    check_same(told[-1], straight)


def test_a_pause_holds_the_training_and_is_in_no_estimate(
    library: ParticleLibrary, flags: Flags, monkeypatch: pytest.MonkeyPatch, straight: Trained
) -> None:
    from napari_ssrvae.ssrvae import training

    late = 0.0
    clock = training.time.perf_counter
    monkeypatch.setattr(training.time, "perf_counter", lambda: clock() + late)
    events = train(library, **flags)
    for event in events:
        if isinstance(event, EpochEvent):
            break
    flags["pause"].set()
    assert isinstance(next(events), Paused)
    late = 1000.0
    flags["pause"].clear()
    assert isinstance(next(events), Resumed)
    told = list(events)
    assert isinstance(told[-1], Trained)
    check_same(told[-1], straight)
    assert told[-1].record["seconds"] < 500
    assert all((e.seconds_left or 0) < 500 for e in told if isinstance(e, StepEvent | EpochEvent))


def test_a_pause_waits_until_it_is_over(library: ParticleLibrary, flags: Flags) -> None:
    flags["pause"].set()
    told: list[Any] = []
    held, ended = threading.Event(), threading.Event()

    def work() -> None:
        for event in train(library, **flags):
            told.append(event)
            if isinstance(event, Paused):
                held.set()
        ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert held.wait(60)
    # Longer than it takes without a pause to come to the next event many times.
    assert not ended.wait(0.3)
    assert isinstance(told[-1], Paused)
    flags["abandon"].set()
    assert ended.wait(60)
    worker.join()
    assert isinstance(told[-1], BrokenOff)


@pytest.mark.parametrize(("flag", "end"), [("stop", Trained), ("abandon", BrokenOff)])
def test_a_pause_gives_way_to_an_end(
    library: ParticleLibrary, flags: Flags, flag: str, end: type
) -> None:
    events = train(library, **flags)
    for _ in range(14):
        next(e for e in events if isinstance(e, StepEvent))
    flags["pause"].set()
    assert isinstance(next(events), Paused)
    flags[flag].set()
    told = list(events)
    assert isinstance(told[0], Resumed)
    assert isinstance(told[-1], end)
    assert not any(isinstance(e, StepEvent) for e in told)


# --- warm ------------------------------------------------------------------------------------------


def test_a_warm_training_goes_on_from_a_model(library: ParticleLibrary) -> None:
    first = list(train(library))[-1]
    register_training(library, first)
    events = list(train(library, warm_from=first.folder))
    assert not any(isinstance(e, FitNotice) for e in events)
    assert next(e for e in events if isinstance(e, FitStarted)).warm
    warm = events[-1]
    assert warm.record["warm_from"] == "model-1"
    # It is judged by what the first model had not seen.
    assert warm.record["held_out"]["particles"] == first.record["held_out"]["particles"]
    again = list(train(library, warm_from=first.folder, name="model-3"))[-1]
    assert weights(again.folder) == weights(warm.folder) != weights(first.folder)


def test_other_classes_begin_anew_with_a_notice(library: ParticleLibrary) -> None:
    first = list(train(library))[-1]
    register_training(library, first)
    library.do(AddClass("third"))
    third = next(c.class_id for c in library.classes() if c.name == "third")
    ids = library.particles().index.difference(library.labels().index)
    library.do(AssignClass(tuple(ids[:3].tolist()), third))
    events = list(train(library, warm_from=first.folder))
    assert "anew" in next(e.message for e in events if isinstance(e, FitNotice))
    assert events[-1].record["warm_from"] is None


@pytest.mark.parametrize("change", ["preset", "latents", "gone"])
def test_a_model_that_does_not_fit_begins_anew_with_a_notice(
    library: ParticleLibrary, change: str
) -> None:
    first = list(train(library))[-1]
    more: dict[str, Any] = {"warm_from": first.folder}
    if change == "preset":
        more["preset"] = "ss-vae"
        more["parameters"] = SSRVAEParameters.of_preset("ss-vae").model_copy(
            update={"hidden": 8, "epochs": 1}
        )
    elif change == "latents":
        more["parameters"] = QUICK.model_copy(update={"n_latents": 3, "epochs": 1})
    else:
        (first.folder / "weights.safetensors").unlink()
    events = list(train(library, **more))
    assert any("anew" in e.message for e in events if isinstance(e, FitNotice))
    assert isinstance(events[-1], Trained)
    assert events[-1].record["warm_from"] is None


# --- what a model remembers ------------------------------------------------------------------------


def test_a_model_remembers_how_it_came_about(library: ParticleLibrary, straight: Trained) -> None:
    record = straight.record
    assert record["preset"] == "default"
    assert record["parameters"] == QUICK.model_dump(mode="json")
    assert (record["seed"], record["device"], record["computed_on"]) == (0, "cpu", "cpu")
    assert record["epochs"] == 3
    assert not record["stopped"]
    assert not record["automatic"]
    assert set(record["versions"]) == {"napari-ssrvae", "torch", "numpy"}
    assert record["history"]["epoch"] == [1, 2, 3]
    assert len(record["history"]["held_out_accuracy"]) == 3
    labels = library.labels()
    assert labels_of_model(straight.folder) == labels.to_dict()
    aside = record["held_out"]["particles"]
    assert aside["true"] == [labels[i] for i in aside["particle_ids"]]
    assert len(aside["particle_ids"]) == record["held_out"]["judged"] > 0
    right = np.equal(aside["true"], aside["predicted"]).sum()
    assert right == record["held_out"]["right"]
    assert set(aside["predicted"]) <= set(straight.predictions.class_ids)
    assert all(0.5 <= p <= 1 for p in aside["probability"])
    model = SSRVAE.load(straight.folder)
    np.testing.assert_allclose(
        model.held_out[1].max(axis=1),
        aside["probability"],
        atol=1e-5,  # type: ignore[index]
    )


def test_models_of_earlier_versions_have_no_labels(straight: Trained, tmp_path: Path) -> None:
    assert labels_of_model(tmp_path) == {}


# --- what goes wrong -------------------------------------------------------------------------------


class Sick(CanvasRecipe):
    """Falls ill in the 20th step."""

    error: type[Exception] = RuntimeError
    words = ""

    def losses(self, model, batch, pool, clock, generator):  # type: ignore[no-untyped-def]
        if clock.epoch == 2 and clock.step == 8:
            raise self.error(self.words)
        return super().losses(model, batch, pool, clock, generator)


@pytest.mark.parametrize(
    ("error", "words", "kept"),
    [
        (RuntimeError, "CUDA out of memory. Tried to allocate 2 GiB", True),
        (MemoryError, "", True),
        (RuntimeError, "mat1 and mat2 shapes cannot be multiplied", True),
        (InputError, "The loss is not a number.", False),
    ],
)
def test_a_failure_is_a_sentence_and_keeps_what_helps(
    library: ParticleLibrary,
    monkeypatch: pytest.MonkeyPatch,
    straight: Trained,
    error: type[Exception],
    words: str,
    kept: bool,
) -> None:
    from napari_ssrvae.ssrvae import fitting, keeper

    healthy = fitting.recipe_of
    monkeypatch.setattr(keeper, "_KEEP_FIRST", -1.0)
    monkeypatch.setattr(Sick, "error", error)
    monkeypatch.setattr(Sick, "words", words)
    monkeypatch.setattr(fitting, "recipe_of", lambda _, p, *, warm: Sick(p, warm=warm))
    # So small a batch cannot be halved any more.
    events = list(train(library, QUICK.model_copy(update={"batch_size": 4})))
    assert isinstance(events[-1], Failed)
    assert "\n" not in events[-1].message
    assert bool(broken_off(library)) is kept
    if kept:
        monkeypatch.setattr(fitting, "recipe_of", healthy)
        assert isinstance(list(resume_training(library, broken_off(library)[0]))[-1], Trained)


def test_a_model_that_cannot_be_saved_can_go_on(
    library: ParticleLibrary, monkeypatch: pytest.MonkeyPatch, straight: Trained
) -> None:
    def full(*_: object) -> None:
        raise InputError("There is no room on the disk: make some.")

    with monkeypatch.context() as patch:
        patch.setattr(SSRVAE, "save", full)
        with pytest.raises(InputError, match="room"):
            list(train(library))
    assert library.models().empty
    check_same(list(resume_training(library, broken_off(library)[0]))[-1], straight)
