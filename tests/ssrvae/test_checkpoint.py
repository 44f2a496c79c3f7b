from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import SSRVAE


@pytest.fixture
def folder(trained, tmp_path):
    return trained.save(tmp_path / "model")


def test_a_loaded_model_is_the_saved_one(trained, folder, data):
    X = data[0]
    loaded = SSRVAE.load(folder, device="cpu")
    np.testing.assert_array_equal(loaded.predict_proba(X), trained.predict_proba(X))
    np.testing.assert_array_equal(loaded.novelty(X), trained.novelty(X))
    np.testing.assert_array_equal(loaded.reconstruct(X), trained.reconstruct(X))
    assert loaded.get_params() == trained.get_params()
    assert loaded.calibrated == trained.calibrated
    np.testing.assert_array_equal(loaded.held_out[1], trained.held_out[1])
    again = SSRVAE.load(loaded.save(folder), device="cpu")
    np.testing.assert_array_equal(again.predict_proba(X), trained.predict_proba(X))


def test_only_the_two_files_are_left(folder):
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "weights.safetensors"]
    assert [p.name for p in folder.parent.iterdir()] == ["model"]


def test_a_folder_with_other_things_is_not_overwritten(trained, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not a model"):
        trained.save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def cut_weights(folder):
    file = folder / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def flip_a_byte(folder):
    file = folder / "weights.safetensors"
    content = bytearray(file.read_bytes())
    content[-10] ^= 255
    file.write_bytes(bytes(content))


def change_config(folder, **changes):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def other_weights(folder, change):
    file = folder / "weights.safetensors"
    content = save(change(load(file.read_bytes())))
    file.write_bytes(content)
    change_config(folder, weights_sha256=hashlib.sha256(content).hexdigest())


DAMAGE = {
    "cut": cut_weights,
    "flipped": flip_a_byte,
    "no weights": lambda f: (f / "weights.safetensors").unlink(),
    "no config": lambda f: (f / "config.json").unlink(),
    "not json": lambda f: (f / "config.json").write_text("{"),
    "binary config": lambda f: (f / "config.json").write_bytes(b"\xff\xfe\x00"),
    "a list": lambda f: (f / "config.json").write_text("[]"),
    "deep json": lambda f: (f / "config.json").write_text("[" * 100_000),
    "newer": lambda f: change_config(f, version=2),
    "foreign": lambda f: change_config(f, format="something else"),
    "unknown entry": lambda f: change_config(f, run="rm"),
    "unknown preset": lambda f: change_config(f, preset="nonsense"),
    "zero temperature": lambda f: change_config(f, temperature=0),
    "too few costs": lambda f: change_config(f, costs=[1.0]),
    "ragged logits": lambda f: change_config(
        f, held_out_classes=[0, 1], held_out_logits=[[1.0, 2.0], [1.0]]
    ),
    "held-out class": lambda f: change_config(
        f, held_out_classes=[7], held_out_logits=[[1.0, 2.0]]
    ),
    "huge": lambda f: change_config(f, shape={"size": 10**6}),
    "no tensor": lambda f: other_weights(f, lambda w: {}),
    "wrong tensor": lambda f: other_weights(
        f, lambda w: {name: np.zeros(3, np.float32) for name in w}
    ),
    "nan": lambda f: other_weights(
        f, lambda w: {name: np.full_like(value, np.nan) for name, value in w.items()}
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_folder_is_refused_in_one_sentence(folder, damage):
    DAMAGE[damage](folder)
    with pytest.raises(InputError) as caught:
        SSRVAE.load(folder)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a saved model"):
        SSRVAE.load(tmp_path / "nothing")
