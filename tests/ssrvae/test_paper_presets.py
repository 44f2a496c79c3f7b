"""The presets paper, ss-vae, rvae and vae, through the estimator."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import SSRVAE, EpochEvent, SSRVAEParameters
from tests.ssrvae.conftest import rods_and_discs, some_labels

PRESETS = ("paper", "ss-vae", "rvae", "vae")


def small(preset: str, **changes) -> SSRVAEParameters:
    quick = {"epochs": 5, "hidden": 24, "learning_rate": 2e-3, "batch_size": 32}
    return SSRVAEParameters.of_preset(preset).model_copy(update=quick | changes)


def shrunken(n: int, seed: int = 0):
    X, y, _ = rods_and_discs(n, seed)
    return X.reshape(n, 12, 2, 12, 2).mean(axis=(2, 4)), y


@pytest.fixture(scope="module")
def fits():
    """Return a trained model and its epochs for each preset."""
    X, y = shrunken(160)
    found = {}
    for preset in PRESETS:
        model = SSRVAE(2, preset, parameters=small(preset), device="cpu")
        events = list(model.iter_fit(X, some_labels(y, 40)))
        found[preset] = model, [event for event in events if isinstance(event, EpochEvent)]
    return found


@pytest.mark.parametrize("preset", PRESETS)
def test_the_loss_falls(fits, preset):
    epochs = fits[preset][1]
    assert len(epochs) == 5
    assert epochs[-1].loss < 0.95 * epochs[0].loss
    assert epochs[-1].reconstruction < epochs[0].reconstruction


@pytest.mark.parametrize("preset", ["paper", "ss-vae"])
def test_classes_are_learnt(fits, preset):
    model, epochs = fits[preset]
    X, y = shrunken(100, seed=1)
    assert model.score(X, y) > 0.95
    assert epochs[-1].train_accuracy > 0.9
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_what_the_model_tells_has_the_shapes_promised(fits, preset):
    model, X = fits[preset][0], shrunken(7, seed=2)[0]
    classes = [0, 1, 1] if preset in ("paper", "ss-vae") else [0, 0, 0]
    assert model.transform(X).shape == (7, 2)
    for images, shape in (
        (model.reconstruct(X), (7, 12, 12)),
        (model.decode(np.zeros((3, 2)), classes), (3, 12, 12)),
        (model.traverse(0, 1, n=5), (5, 12, 12)),
        (model.manifold(0, n=3), (3, 3, 12, 12)),
    ):
        assert images.shape == shape
        assert 0 <= images.min() <= images.max() <= 1
    pose = model.pose(X)
    assert pose.angle_rad.shape == (7,)
    assert pose.offset_px.shape == (7, 2)
    assert (np.ptp(pose.angle_rad) > 0) == (preset in ("paper", "rvae"))
    novelty = model.novelty(X)
    assert novelty.shape == (7,)
    assert ((novelty >= 0) & (novelty <= 1)).all()
    assert len(model.describe(X)) == 7


@pytest.mark.parametrize("preset", PRESETS)
def test_a_loaded_model_is_the_saved_one(fits, preset, tmp_path):
    model, X = fits[preset][0], shrunken(20, seed=3)[0]
    loaded = SSRVAE.load(model.save(tmp_path / "model"), device="cpu")
    np.testing.assert_array_equal(loaded.transform(X), model.transform(X))
    np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))
    np.testing.assert_array_equal(loaded.novelty(X), model.novelty(X))
    if preset in ("paper", "ss-vae"):
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("preset", ["rvae", "vae"])
def test_presets_without_classes_need_no_labels_and_say_so(fits, preset, tmp_path):
    X, _ = shrunken(20)
    model = SSRVAE(2, preset, parameters=small(preset, epochs=1), device="cpu").fit(X)
    assert model.transform(X).shape == (20, 2)
    for ask in (
        lambda: model.predict(X),
        lambda: model.predict_proba(X),
        lambda: model.score(X, np.zeros(20, int)),
        lambda: model.export_classifier(tmp_path / "classifier.onnx"),
    ):
        with pytest.raises(InputError, match="has no classes") as caught:
            ask()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("preset", ["rvae", "vae"])
def test_presets_without_classes_remember_what_was_asked_and_suggest(fits, preset, tmp_path):
    model, (X, y) = fits[preset][0], shrunken(20, seed=3)
    place = model.save(tmp_path / "model")
    assert SSRVAE.load(place, "cpu").get_params()["n_classes"] == model.n_classes == 2
    told = json.loads((place / "config.json").read_text())
    del told["n_classes"]
    (place / "config.json").write_text(json.dumps(told))
    assert SSRVAE.load(place, "cpu").n_classes == 1
    labels = np.where(np.arange(len(X)) < 6, y, -1)
    assert not set(range(6)) & set(model.label_next(X, labels, 5).indices.tolist())


def test_the_same_seed_gives_the_same_model_and_another_another():
    X, y = shrunken(40)
    found = [
        SSRVAE(2, "ss-vae", seed, "cpu", small("ss-vae", epochs=1)).fit(X, y).predict_proba(X)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-3


@pytest.mark.parametrize(
    "changes",
    [
        {"invariance": "rotation", "n_latents": 1, "hidden": 9},
        {"invariance": "translation", "likelihood": "gaussian", "n_latents": 3},
        {"invariance": "none", "likelihood": "continuous-bernoulli"},
        {"angle_prior": "uniform", "likelihood": "continuous-bernoulli"},
        {"angle_prior": "projected-normal", "likelihood": "gaussian", "noise_sd": 0.1},
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values()),
)
def test_other_sizes_likelihoods_and_priors(changes, tmp_path):
    X, y = shrunken(40)
    X = X[:, 1:, 1:]
    y = y + (np.arange(40) < 6)  # three classes
    model = SSRVAE(3, "paper", 0, "cpu", small("paper", epochs=2, **changes)).fit(X, y)
    d = changes.get("n_latents", 2)
    assert model.transform(X).shape == (40, d)
    assert model.reconstruct(X).shape == (40, 11, 11)
    assert np.isfinite(model.novelty(X)).all()
    loaded = SSRVAE.load(model.save(tmp_path / "model"), device="cpu")
    np.testing.assert_array_equal(loaded.reconstruct(X), model.reconstruct(X))


@pytest.mark.parametrize("n_free", [0, 3])
def test_more_labels_than_unlabelled_are_learnt_from(n_free):
    X, y = shrunken(120)
    few = y.copy()
    few[:n_free] = -1
    model = SSRVAE(2, "ss-vae", 0, "cpu", small("ss-vae", epochs=9, batch_size=64)).fit(X, few)
    assert model.score(*shrunken(60, seed=4)) > 0.95


def test_a_warm_start_goes_on(fits):
    X, y = shrunken(160)
    model = SSRVAE(2, "ss-vae", 0, "cpu", small("ss-vae"), warm_start=True).fit(
        X, some_labels(y, 40)
    )
    before = model.predict_proba(X)
    model.fit(X, some_labels(y, 60))
    assert model.score(X, y) > 0.95
    assert 0 < np.abs(model.predict_proba(X) - before).max() < 0.5
