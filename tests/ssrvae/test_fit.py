"""The fit loop: broken off and continued, warm start, a way back from NaN and from too little memory."""

from __future__ import annotations

import json
from itertools import takewhile

import numpy as np
import pytest
import torch

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import (
    SSRVAE,
    EpochEvent,
    FitFailed,
    FitFinished,
    FitNotice,
    FitStarted,
    SSRVAEParameters,
    StepEvent,
    fitting,
    keeper,
)
from napari_ssrvae.ssrvae.canvas_recipe import CanvasRecipe
from napari_ssrvae.ssrvae.parameters import SHAPING
from napari_ssrvae.ssrvae.preparation import shape_of

from .conftest import after_preparing, rods_and_discs, some_labels

QUICK = SSRVAEParameters(epochs=3, hidden=16, n_rotations=8, n_pairs=1, batch_size=16)


@pytest.fixture
def problem():
    X, y, _ = rods_and_discs(48)
    return X, some_labels(y, 12)


def test_what_makes_another_network_is_named() -> None:
    asked = set()

    class Asked:
        def __getattr__(self, name: str) -> object:
            asked.add(name)
            return getattr(QUICK, name)

    shape_of(np.zeros((2, 8, 8), np.float32), 2, Asked())
    assert asked == set(SHAPING)


def weights(model: SSRVAE) -> list[np.ndarray]:
    return [value.numpy() for value in model._network.state_dict().values()]


@pytest.fixture
def always_keep(monkeypatch):
    monkeypatch.setattr(keeper, "_KEEP_FIRST", -1.0)
    monkeypatch.setattr(keeper, "_KEEP_EVERY", -1.0)


@pytest.mark.parametrize("preset", ["default", "paper"])
@pytest.mark.parametrize("steps", [1, 21, 40])
def test_a_fit_that_was_broken_off_goes_on_to_the_same_result(
    problem, tmp_path, always_keep, preset, steps
):
    X, y = problem
    p = QUICK if preset == "default" else QUICK.model_copy(update={"held_out_fraction": 0.3})
    straight = SSRVAE(2, preset, device="cpu", parameters=p).fit(X, y)
    place = tmp_path / "checkpoint"
    fit = SSRVAE(2, preset, device="cpu", parameters=p).iter_fit(X, y, checkpoint=place)
    for done, _ in enumerate(after_preparing(fit)):
        if done == steps:
            break
    fit.close()
    assert place.is_dir()
    other = SSRVAE(2, preset, device="cpu", parameters=p)
    events = list(other.iter_fit(X, y, checkpoint=place))
    assert isinstance(events[0], FitNotice)
    assert isinstance(events[-1], FitFinished)
    assert len([e for e in events if isinstance(e, StepEvent)]) < 48
    for one, two in zip(weights(straight), weights(other), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(straight.predict_proba(X), other.predict_proba(X))
    assert not place.exists()


def test_the_checkpoint_of_other_data_is_not_continued(problem, tmp_path, always_keep):
    X, y = problem
    place = tmp_path / "checkpoint"
    for _ in takewhile(
        lambda e: not isinstance(e, EpochEvent),
        SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, y, checkpoint=place),
    ):
        pass
    events = list(SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X[::-1], y, checkpoint=place))
    assert not any(isinstance(e, FitNotice) for e in events)
    assert isinstance(events[-1], FitFinished)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def far_ahead(path):
    told = json.loads(path.read_text())
    told["numbers"]["epoch"] = 10**9
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("name", "damage"), [("fit.json", cut), ("fit.safetensors", cut), ("fit.json", far_ahead)]
)
def test_a_damaged_checkpoint_is_begun_anew(problem, tmp_path, always_keep, name, damage):
    X, y = problem
    place = tmp_path / "checkpoint"
    fit = SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, y, checkpoint=place)
    next(e for e in fit if isinstance(e, EpochEvent))
    fit.close()
    damage(place / name)
    events = list(SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, y, checkpoint=place))
    assert isinstance(events[-1], FitFinished)
    assert len([e for e in events if isinstance(e, EpochEvent)]) == 3


def test_a_fit_of_more_classes_is_another_fit(problem, tmp_path, always_keep):
    X, y = problem
    place = tmp_path / "checkpoint"
    fit = SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, y, checkpoint=place)
    next(e for e in fit if isinstance(e, EpochEvent))
    fit.close()
    other = SSRVAE(3, device="cpu", parameters=QUICK)
    events = list(after_preparing(other.iter_fit(X, y, checkpoint=place)))
    assert isinstance(events[0], FitStarted)
    assert isinstance(events[-1], FitFinished)


def test_a_folder_with_something_else_is_left_alone(problem, tmp_path):
    X, y = problem
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("notes.txt", "fit.json"):
        (mine / name).write_text("keep")
    for place in (mine, mine / "notes.txt", tmp_path / "no" / "where"):
        events = list(SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, y, checkpoint=place))
        assert [type(e) for e in events] == [FitFailed]
        assert "checkpoint" in events[0].message
    assert {path.name: path.read_text() for path in mine.iterdir()} == {
        "notes.txt": "keep",
        "fit.json": "keep",
    }


def test_an_empty_folder_takes_a_checkpoint(problem, tmp_path, always_keep):
    X, y = problem
    fit = SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, y, checkpoint=tmp_path)
    next(e for e in fit if isinstance(e, StepEvent))
    fit.close()
    assert {path.name for path in tmp_path.iterdir()} == {"fit.json", "fit.safetensors"}


def test_training_goes_on_where_no_checkpoint_can_be_written(
    problem, tmp_path, always_keep, monkeypatch
):
    def full(*_):
        raise InputError("The disk is full: make room.")

    monkeypatch.setattr(keeper.progress, "write", full)
    X, y = problem
    model = SSRVAE(2, device="cpu", parameters=QUICK)
    events = list(model.iter_fit(X, y, checkpoint=tmp_path / "checkpoint"))
    assert [e.message for e in events if isinstance(e, FitNotice)] == [
        "Training goes on without checkpoints: The disk is full: make room."
    ]
    assert isinstance(events[-1], FitFinished)


def test_a_warm_start_goes_on_from_the_model_and_is_shorter(problem):
    X, y = problem
    model = SSRVAE(2, device="cpu", parameters=QUICK, warm_start=True)
    cold = [e for e in model.iter_fit(X, y) if isinstance(e, StepEvent)]
    before = [value.copy() for value in weights(model)]
    held_out = model.held_out
    more = y.copy()
    true = rods_and_discs(48)[1]
    more[np.flatnonzero(y < 0)[:2]] = true[np.flatnonzero(y < 0)[:2]]
    warm = [e for e in model.iter_fit(X, more) if isinstance(e, StepEvent)]
    assert len(warm) <= len(cold)
    moved = max(float(np.abs(a - b).max()) for a, b in zip(before, weights(model), strict=True))
    assert moved > 0
    fresh = SSRVAE(2, device="cpu", parameters=QUICK, random_state=7)
    list(fresh.iter_fit(X, more))
    away = max(float(np.abs(a - b).max()) for a, b in zip(before, weights(fresh), strict=True))
    assert moved < away
    # What was judged before the labels were learnt stays the only honest judgement.
    np.testing.assert_array_equal(model.held_out[0], held_out[0])


def test_another_number_of_classes_is_no_warm_start(problem):
    X, y = problem
    model = SSRVAE(2, device="cpu", parameters=QUICK, warm_start=True).fit(X, y)
    model.n_classes = 3
    assert model.fit(X, y).predict_proba(X).shape == (48, 3)


class Sick(CanvasRecipe):
    """Says NaN, or has no memory, at chosen steps."""

    ill: list[int]
    error: Exception | None = None

    def losses(self, model, batch, pool, clock, generator):
        self.calls = getattr(self, "calls", 0) + 1
        bad = self.calls in self.ill
        if bad and self.error is not None:
            raise self.error
        for terms in super().losses(model, batch, pool, clock, generator):
            yield terms._replace(total=terms.total * float("nan")) if bad else terms


def fit_with(monkeypatch, problem, ill, error=None):
    def recipe_of(preset, p, *, warm=False):
        recipe = Sick(p, warm=warm)
        recipe.ill, recipe.error = ill, error
        return recipe

    monkeypatch.setattr(fitting, "recipe_of", recipe_of)
    model = SSRVAE(2, device="cpu", parameters=QUICK)
    return model, list(model.iter_fit(*problem))


def test_after_nan_it_goes_back_and_on_at_half_the_rate(monkeypatch, problem):
    model, events = fit_with(monkeypatch, problem, [20])
    notices = [e for e in events if isinstance(e, FitNotice)]
    assert len(notices) == 1
    assert "half the learning rate" in notices[0].message
    assert isinstance(events[-1], FitFinished)
    assert all(np.isfinite(value).all() for value in weights(model))


def test_a_slope_that_is_no_number_is_not_followed(monkeypatch, problem):
    class Steep(CanvasRecipe):
        def losses(self, model, batch, pool, clock, generator):
            last = (clock.epoch, clock.step) == (QUICK.epochs, clock.steps)
            spoilt = last and not hasattr(self, "was_spoilt")
            if spoilt:
                self.was_spoilt = True
            for terms in super().losses(model, batch, pool, clock, generator):
                # The root of nothing is a number, its slope is none.
                yield (
                    terms._replace(total=terms.total + (0 * terms.total).sqrt())
                    if spoilt
                    else terms
                )

    monkeypatch.setattr(fitting, "recipe_of", lambda _, p, *, warm: Steep(p, warm=warm))
    model = SSRVAE(2, device="cpu", parameters=QUICK)
    events = list(model.iter_fit(*problem))
    assert len([e for e in events if isinstance(e, FitNotice)]) == 1
    assert isinstance(events[-1], FitFinished)
    assert all(np.isfinite(value).all() for value in weights(model))


def test_a_negative_loss_that_falls_no_more_has_converged():
    grey = np.random.default_rng(0).uniform(0.45, 0.55, (32, 8, 8)).astype(np.float32)
    p = SSRVAEParameters.of_preset("vae").model_copy(
        update={"epochs": 30, "hidden": 8, "likelihood": "gaussian", "learning_rate": 1e-9,
                "early_stopping": True, "beta_start": None, "batch_size": 16}
    )  # fmt: skip
    events = list(SSRVAE(1, "vae", device="cpu", parameters=p).iter_fit(grey))
    assert all(e.loss < 0 for e in events if isinstance(e, EpochEvent))
    assert events[-1].reason == "converged"


def test_a_loss_that_never_is_a_number_ends_in_a_sentence(monkeypatch, problem):
    _, events = fit_with(monkeypatch, problem, range(1000))
    assert isinstance(events[-1], FitFailed)
    assert "learning rate" in events[-1].message
    assert "\n" not in events[-1].message


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), MemoryError(),
     RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")],
)  # fmt: skip
def test_too_little_memory_halves_the_batch(monkeypatch, problem, error):
    _, events = fit_with(monkeypatch, problem, [3], error)
    notices = [e.message for e in events if isinstance(e, FitNotice)]
    assert len(notices) == 1
    assert "8 particles" in notices[0]
    assert isinstance(events[-1], FitFinished)


def test_no_memory_at_all_ends_in_a_sentence(monkeypatch, problem):
    _, events = fit_with(monkeypatch, problem, range(1000), MemoryError())
    assert isinstance(events[-1], FitFailed)
    assert "memory" in events[-1].message


def test_without_labels_the_classes_are_clusters():
    X, y, _ = rods_and_discs(80)
    model = SSRVAE(2, device="cpu", parameters=QUICK).fit(X)
    found = model.predict(X)
    same = (found == y).mean()
    assert max(same, 1 - same) > 0.95
    with pytest.raises(InputError, match="fewer particles"):
        SSRVAE(9, device="cpu", parameters=QUICK).fit(X[:5])


def test_one_label_of_each_class_is_enough_for_separate_shapes():
    X, y, _ = rods_and_discs(80)
    few = some_labels(y, 1)
    model = SSRVAE(2, device="cpu", parameters=QUICK).fit(X, few)
    assert (model.predict(X) == y).mean() > 0.95


def test_what_to_label_next(problem):
    X, y = problem
    model = SSRVAE(2, device="cpu", parameters=QUICK).fit(X, y)
    asked = model.label_next(X, y, n=6)
    assert len(set(asked.indices.tolist())) == 6
    assert (y[asked.indices] == -1).all()
    assert "random" in asked.reasons


def test_a_refit_that_fails_at_once_leaves_the_old_model(monkeypatch, problem):
    X, y = problem
    model, _ = fit_with(monkeypatch, problem, [])
    before = model.predict_proba(X)

    def recipe_of(preset, p, *, warm=False):
        recipe = Sick(p, warm=warm)
        recipe.ill, recipe.error = range(1000), RuntimeError("the device is gone")
        return recipe

    monkeypatch.setattr(fitting, "recipe_of", recipe_of)
    assert isinstance(list(model.iter_fit(X, y))[-1], FitFailed)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_a_warm_start_without_labels_keeps_the_clusters():
    X, _, _ = rods_and_discs(80)
    model = SSRVAE(2, device="cpu", parameters=QUICK, warm_start=True).fit(X[:60])
    before = model.predict(X)
    assert (model.fit(X).predict(X) == before).mean() > 0.95


def test_a_warm_start_that_cannot_be_one_says_so(problem):
    X, y = problem
    model = SSRVAE(2, device="cpu", parameters=QUICK, warm_start=True).fit(X, y)
    model.parameters = QUICK.model_copy(update={"n_latents": 3})
    notices = [e.message for e in model.iter_fit(X, y) if isinstance(e, FitNotice)]
    assert len(notices) == 1
    assert "anew" in notices[0]


def test_with_many_labels_the_outline_has_no_say():
    X, y, _ = rods_and_discs(160)
    many = SSRVAE(2, device="cpu", parameters=QUICK).fit(X, some_labels(y, 70))
    without = QUICK.model_copy(update={"outline": False, "neighbours": False})
    few = SSRVAE(2, device="cpu", parameters=without).fit(X, some_labels(y, 5))
    for model in (many, few):
        assert not model._network.line_weight.any()
        assert float(model._network.encoder_share) == 1.0
