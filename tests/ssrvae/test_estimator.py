from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import (
    SSRVAE,
    CheckpointEvent,
    EpochEvent,
    FitFailed,
    FitFinished,
    FitStarted,
    ResampledWarning,
    SSRVAEParameters,
    StepEvent,
)
from napari_ssrvae.ssrvae.adamw import AdamW
from napari_ssrvae.ssrvae.network import Network
from tests.ssrvae.conftest import SMALL, after_preparing, rods_and_discs, some_labels

QUICK = SMALL.model_copy(update={"epochs": 1})


def test_it_learns_the_classes(trained):
    X, y, _ = rods_and_discs(100, seed=1)
    assert trained.score(X, y) > 0.95


def test_shapes_and_types(trained, data):
    X = data[0][:7]
    proba = trained.predict_proba(X)
    assert proba.shape == (7, 2)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(proba.argmax(axis=1), trained.predict(X))
    d = trained.n_latents
    assert trained.transform(X).shape == (7, d)
    pose = trained.pose(X)
    assert pose.angle_rad.shape == (7,)
    assert pose.offset_px.shape == (7, 2)
    assert (np.abs(pose.angle_rad) <= np.pi + 1e-6).all()
    for images, shape in (
        (trained.reconstruct(X), (7, 24, 24)),
        (trained.decode(np.zeros((3, d)), [0, 1, 1]), (3, 24, 24)),
        (trained.traverse(1, 0, n=5), (5, 24, 24)),
        (trained.manifold(0, n=3), (3, 3, 24, 24)),
    ):
        assert images.shape == shape
        assert images.dtype == np.float32
        assert images.min() >= 0
        assert images.max() <= 1
    novelty = trained.novelty(X)
    assert novelty.shape == (7,)
    assert ((novelty >= 0) & (novelty <= 1)).all()


@pytest.mark.parametrize("which", ["training images", "others"])
def test_a_description_is_what_the_single_methods_say(data, which, monkeypatch):
    X, y, _ = data
    model = SSRVAE(2, parameters=QUICK, device="cpu").fit(X, some_labels(y, 12))
    seen = []
    encode = Network.encode
    monkeypatch.setattr(
        Network, "encode", lambda self, look: (seen.append(len(look.view)), encode(self, look))[1]
    )
    chosen = X if which == "training images" else rods_and_discs(30, seed=3)[0]
    found = model.describe(chosen)
    # The scale of the novelty is read off the training images, once.
    assert sum(seen) == (len(X) if which == "training images" else len(X) + 30)
    assert model.describe(chosen[:0:-1]).probabilities.shape == (len(chosen) - 1, 2)
    assert len(found) == len(chosen)
    pose = model.pose(chosen)
    for value, expected in (
        (found.probabilities, model.predict_proba(chosen)),
        (found.angle_rad, pose.angle_rad),
        (found.offset_px, pose.offset_px),
        (found.latents, model.transform(chosen)),
        (found.novelty, model.novelty(chosen)),
    ):
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, expected)


def test_a_description_does_not_depend_on_who_was_asked_first(data, tmp_path):
    X, y, _ = data
    first, second = (
        SSRVAE(2, parameters=QUICK, device="cpu").fit(X, some_labels(y, 12)) for _ in range(2)
    )
    second.novelty(X[:5])
    np.testing.assert_array_equal(first.describe(X).novelty, second.describe(X).novelty)
    loaded = SSRVAE.load(first.save(tmp_path / "model"), device="cpu")
    np.testing.assert_array_equal(loaded.describe(X).novelty, second.describe(X).novelty)


def test_reconstruction_resembles_the_image(trained, data):
    X = data[0]
    error = ((trained.reconstruct(X) - X) ** 2).mean()
    assert error < 0.3 * X.var()


def test_angle_follows_a_turned_rod(trained):
    X, y, angle = rods_and_discs(80, seed=2)
    rods = y == 0
    found = trained.pose(X[rods]).angle_rad
    # One unknown upright for the class; a rod looks the same after half a turn.
    away = np.exp(2j * (found - angle[rods]))
    assert np.abs(away.mean()) > 0.9


def test_offset_follows_a_shifted_object(trained, data):
    X = data[0][:20]
    moved = np.roll(X, (3, -2), axis=(1, 2))
    moved[:, :3], moved[:, :, -2:] = 0.1, 0.1
    shift = trained.pose(moved).offset_px - trained.pose(X).offset_px
    np.testing.assert_allclose(np.median(shift, axis=0), [3, -2], atol=0.5)


def test_probabilities_do_not_depend_on_quarter_turns(trained, data):
    X = data[0][:40]
    straight = trained.predict_proba(X)
    for turns in (1, 2, 3):
        turned = np.rot90(X, turns, axes=(1, 2)).copy()
        np.testing.assert_allclose(trained.predict_proba(turned), straight, atol=1e-3)


def test_the_angle_of_a_rod_turns_with_it(trained, data):
    X = data[0][data[1] == 0][:40]
    turned = np.rot90(X, 1, axes=(1, 2)).copy()
    change = trained.pose(turned).angle_rad - trained.pose(X).angle_rad
    # Doubled: a rod looks the same after half a turn, either end may be up.
    np.testing.assert_allclose(np.exp(2j * change), np.full(len(X), -1), atol=1e-2)


def test_noise_and_blanks_are_novel(trained, data):
    X = data[0]
    usual = np.median(trained.novelty(X))
    noise = np.random.default_rng(0).random((5, 24, 24))
    assert trained.novelty(noise).min() > max(0.5, usual)
    assert usual < 0.2


def test_events_come_in_order_and_hold_plain_numbers(data):
    X, y, _ = data
    model = SSRVAE(2, parameters=SMALL.model_copy(update={"epochs": 2}), device="cpu")
    events = list(after_preparing(model.iter_fit(X, some_labels(y, 12))))
    assert isinstance(events[0], FitStarted)
    assert events[0].labelled == 24
    assert events[0].held_out == 4
    assert isinstance(events[-1], FitFinished)
    assert events[-1].epochs == 2
    steps = [e for e in events if isinstance(e, StepEvent)]
    assert len(steps) == 2 * events[0].steps_per_epoch
    fractions = [e.fraction for e in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    epochs = [e for e in events if isinstance(e, EpochEvent)]
    assert [e.epoch for e in epochs] == [1, 2]
    assert epochs[1].reconstruction < epochs[0].reconstruction
    assert sum(isinstance(e, CheckpointEvent) for e in events) == 2
    for event in events:
        for name in event.__dataclass_fields__:
            assert isinstance(getattr(event, name), int | float | str | None)
    with pytest.raises(AttributeError):
        events[0].labelled = 3


@pytest.mark.parametrize("n_events", [1, 2, 5])
def test_a_stopped_fit_leaves_a_usable_model(data, n_events, tmp_path):
    X, y, _ = data
    model = SSRVAE(2, parameters=SMALL, device="cpu")
    fit = model.iter_fit(X, some_labels(y, 3))
    events = after_preparing(fit)
    for _ in range(n_events):
        next(events)
    fit.close()
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(model.novelty(X)).all()
    model.save(tmp_path / "model")


def test_the_same_seed_gives_the_same_model(data):
    X, y, _ = data
    labels = some_labels(y, 3)
    first, again = (SSRVAE(2, parameters=QUICK, device="cpu").fit(X, labels) for _ in range(2))
    other = SSRVAE(2, random_state=1, parameters=QUICK, device="cpu").fit(X, labels)
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))
    assert not np.array_equal(first.predict_proba(X), other.predict_proba(X))


def test_two_models_and_the_global_generators_do_not_disturb_each_other(data):
    X, y, _ = data
    labels = some_labels(y, 3)
    alone = SSRVAE(2, parameters=QUICK, device="cpu").fit(X, labels).predict_proba(X)
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    threads = torch.get_num_threads()
    one = SSRVAE(2, parameters=QUICK, device="cpu")
    two = SSRVAE(2, random_state=5, parameters=QUICK, device="cpu")
    for _ in zip(one.iter_fit(X, labels), two.iter_fit(X, labels), strict=True):
        pass
    np.testing.assert_array_equal(one.predict_proba(X), alone)
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.get_num_threads() == threads


def test_it_trains_in_a_thread(data):
    X, y, _ = data
    model = SSRVAE(2, parameters=QUICK, device="cpu")
    thread = threading.Thread(target=model.fit, args=(X, some_labels(y, 3)))
    thread.start()
    thread.join()
    assert len(model.predict(X)) == len(X)


def test_a_class_without_labels_and_many_labels_are_fine(data):
    X, y, _ = data
    assert SSRVAE(3, parameters=QUICK, device="cpu").fit(X, some_labels(y, 2)).predict_proba(
        X
    ).shape == (160, 3)
    model = SSRVAE(2, parameters=SMALL.model_copy(update={"epochs": 3}), device="cpu").fit(X, y)
    assert model.calibrated
    classes, proba = model.held_out
    assert len(classes) == len(proba) == 32


def test_too_few_labels_are_not_called_calibrated(data):
    X, y, _ = data
    model = SSRVAE(2, parameters=QUICK, device="cpu").fit(X, some_labels(y, 3))
    assert not model.calibrated
    assert model.held_out is None


def bad(X, y):
    return [
        (X[:0], y[:0], "no patches"),
        (X[0], y, "3 dimensions|2 dimensions"),
        (X[:, :20, :, None], y, "4 dimensions"),
        (X * 255, y, r"\[0, 1\]"),
        (np.where(np.arange(24) == 3, np.nan, X), y, "NaN"),
        (X[:, :4, :4], y, "small"),
        (X.astype(str), y, "numbers"),
        (X, np.full(len(X), -1), "no labels"),
        (X, np.where(y == 1, 1, -1), "another class"),
        (X, y[:-1], "one class for each"),
        (X, y + 1, "out of range"),
        (X, y - 2, "out of range"),
        (X, y + 0.5, "whole numbers"),
        (X, y.astype(str), "whole numbers"),
    ]


@pytest.mark.parametrize("case", range(14))
def test_bad_data_is_refused_in_one_sentence(data, case):
    X, y, message = bad(*data[:2])[case]
    model = SSRVAE(2, parameters=QUICK, device="cpu")
    with pytest.raises(InputError, match=message) as caught:
        model.iter_fit(X, y)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=message):
        model.fit(X, y)


def test_fewer_particles_than_classes_is_refused(data):
    X, y, _ = data
    with pytest.raises(InputError, match="fewer particles"):
        SSRVAE(200, parameters=QUICK).fit(X, y)


def test_patches_of_another_shape_are_told_apart_all_the_same(trained, data):
    X, y, _ = data
    larger = X.repeat(2, axis=1).repeat(2, axis=2)
    with pytest.warns(ResampledWarning, match="24 pixels, these have 48") as told:
        assert trained.score(larger, y) > 0.95
    assert told[0].filename == __file__
    np.testing.assert_allclose(trained.predict_proba(X[:, 1:-1]).sum(axis=1), 1, atol=1e-5)
    assert trained.score(X[:, :, 2:-2], y) > 0.95


def test_bad_arguments_are_refused(trained, data):
    X, y, _ = data
    with pytest.raises(InputError, match="latent"):
        trained.traverse(0, 9)
    with pytest.raises(InputError, match="out of range"):
        trained.manifold(2)
    with pytest.raises(InputError, match="transform"):
        trained.decode(np.zeros((2, 9)), [0, 1])
    with pytest.raises(InputError, match="preset"):
        SSRVAE(preset="nonsense")
    with pytest.raises(InputError, match="n_classes"):
        SSRVAE(n_classes=0)
    with pytest.raises(InputError, match="not available"):
        SSRVAE(2, device="teapot", parameters=QUICK).fit(X, y)
    for untrained in (SSRVAE().predict, SSRVAE().describe, SSRVAE().save):
        with pytest.raises(InputError, match="not trained"):
            untrained(X)


@pytest.mark.parametrize(
    "arguments",
    [
        {"n_classes": 1001},
        {"n_classes": 2.5},
        {"random_state": None},
        {"random_state": -1},
        {"random_state": 2**70},
        {"parameters": {"epochs": 3}},
    ],
)
def test_constructor_arguments_are_looked_at(arguments):
    with pytest.raises(InputError, match=next(iter(arguments))):
        SSRVAE(**arguments)


@pytest.mark.parametrize(
    "asked",
    [
        {"latent": 0.5},
        {"latent": -1},
        {"latent": 0, "n": 0},
        {"latent": 0, "n": -1},
        {"latent": 0, "n": 2.5},
    ],
)
def test_pictures_that_cannot_be_had_are_refused(trained, asked):
    with pytest.raises(InputError, match="whole number"):
        trained.traverse(0, **asked)
    if "n" in asked:
        with pytest.raises(InputError, match="whole number"):
            trained.manifold(0, asked["n"])


def test_what_no_model_can_be_made_of_is_refused(data):
    X, y, _ = data
    for device in (None, ["cpu"]):
        with pytest.raises(InputError, match="not available"):
            SSRVAE(2, device=device, parameters=QUICK).fit(X, y)
    with pytest.raises(InputError, match="one patch"):
        SSRVAE(1, device="cpu", parameters=QUICK).fit(X[:1])
    with pytest.raises(InputError, match="whole number each"):
        SSRVAE(2, device="cpu", parameters=QUICK).fit(X[:2], [[0], [1, 1]])
    with pytest.raises(InputError, match="too large"):
        SSRVAE(2, device="cpu", parameters=QUICK).fit(np.zeros((2, 8, 1025), bool), [0, 1])


def test_only_a_warm_start_may_be_asked_for_afterwards(data):
    X, y, _ = data
    model = SSRVAE(2, device="cpu", parameters=QUICK.model_copy(update={"epochs": 1})).fit(X, y)
    before = model.predict_proba(X[:4])
    assert model.set_params(warm_start=True).warm_start
    np.testing.assert_array_equal(model.predict_proba(X[:4]), before)
    with pytest.raises(InputError, match="not trained"):
        model.set_params(random_state=3).predict(X)


def test_a_failure_inside_torch_is_an_event_not_an_exception(data, monkeypatch):
    X, y, _ = data

    def no_room(*args: object, **kwargs: object) -> None:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(AdamW, "step", no_room)
    model = SSRVAE(2, parameters=QUICK, device="cpu")
    events = list(model.iter_fit(X, y))
    assert isinstance(events[-1], FitFailed)
    assert "memory" in events[-1].message
    with pytest.raises(InputError, match="memory"):
        SSRVAE(2, parameters=QUICK, device="cpu").fit(X, y)


def test_parameters_describe_themselves():
    for name, field in SSRVAEParameters.model_fields.items():
        assert field.title, name
        assert field.description, name
    assert any(not f.json_schema_extra for f in SSRVAEParameters.model_fields.values())


def test_constructor_arguments_can_be_read_and_cloned():
    model = SSRVAE(3, random_state=7, parameters=QUICK)
    twin = SSRVAE(**model.get_params())
    assert twin.get_params() == model.get_params()
    assert twin.set_params(n_classes=5).n_classes == 5
    with pytest.raises(InputError, match="nonsense"):
        twin.set_params(nonsense=1)


def test_the_longest_training_bounds_the_epochs(data):
    X, y, _ = data
    model = SSRVAE(2, parameters=SMALL.model_copy(update={"max_steps": 20}), device="cpu")
    started = next(after_preparing(model.iter_fit(X, y)))
    assert started.epochs == 2


def test_training_that_gains_nothing_ends_early(data):
    X, y, _ = data
    # With a step of nearly nothing the loss cannot fall.
    still = SMALL.model_copy(update={"learning_rate": 1e-9, "epochs": 8})
    *_, last = SSRVAE(2, parameters=still, device="cpu").iter_fit(X, some_labels(y, 3))
    assert last.reason == "converged"
    assert last.epochs < 8
    patient = still.model_copy(update={"early_stopping": False})
    *_, last = SSRVAE(2, parameters=patient, device="cpu").iter_fit(X, some_labels(y, 3))
    assert (last.reason, last.epochs) == ("complete", 8)
