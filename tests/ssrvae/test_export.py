"""The classifier alone, as other programs see it. Exports run in a process of their own: the
exporters load torch's compiler, which must not share one with the docks' tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import onnxruntime
import pytest
from scipy.ndimage import rotate

from napari_ssrvae import __version__
from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import SSRVAE
from napari_ssrvae.ssrvae.export import export_classifier
from tests.ssrvae.conftest import SMALL, rods_and_discs

WITHOUT_US = """
import json, sys
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(patches,) = session.get_inputs()
(answer,) = session.run(None, {patches.name: np.load(sys.argv[2])})
print(json.dumps([answer.tolist(), sorted({"napari_ssrvae", "torch"} & set(sys.modules))]))
"""

EXPORTED = """
import json, sys
from napari_ssrvae.ssrvae import SSRVAE
SSRVAE.load(sys.argv[1], device="cpu").export_classifier(sys.argv[2])
compilers = {"torch._dynamo", "torch._inductor", "triton", "onnx"}
print(json.dumps(sorted(compilers & set(sys.modules))))
"""

LOADED_BY_TORCH = """
import json, sys
import numpy as np
import torch
notes = {"metadata.json": ""}
classifier = torch.export.load(sys.argv[1], extra_files=notes).module()
answers = [classifier(torch.from_numpy(np.load(name))).tolist() for name in sys.argv[2:]]
print(json.dumps([answers, json.loads(notes["metadata.json"]), "napari_ssrvae" in sys.modules]))
"""


def turned(n: int, seed: int = 5) -> np.ndarray:
    """Return n patches, each turned by an angle of its own, with some noise."""
    rng = np.random.default_rng(seed)
    images = rods_and_discs(n, seed)[0]
    angles = rng.uniform(-180, 180, n)
    images = [
        rotate(image, angle, reshape=False, order=1, mode="nearest")
        for image, angle in zip(images, angles, strict=True)
    ]
    noisy = np.array(images) + rng.normal(0, 0.05, (n, 24, 24))
    return np.clip(noisy, 0, 1).astype(np.float32)


def run(script: str, *arguments: Path) -> list:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def onnx_file(trained, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "classifier.onnx"
    trained.export_classifier(path)
    return path


@pytest.fixture(scope="module")
def session(onnx_file) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("n", [1, 3, 64])
def test_onnx_says_what_the_model_says_for_any_number_of_turned_patches(trained, session, n):
    X = turned(n)
    (answer,) = session.run(["probabilities"], {"patches": X})
    assert answer.dtype == np.float32
    assert answer.shape == (n, 2)
    np.testing.assert_allclose(answer, trained.predict_proba(X), atol=1e-4)


def test_both_classes_are_met_in_that_comparison(trained):
    assert set(trained.predict(turned(64))) == {0, 1}


def test_blank_patches_are_answered_as_the_model_does(trained, session):
    X = np.stack([np.full((24, 24), grey, dtype=np.float32) for grey in (0.0, 0.3, 1.0)])
    (answer,) = session.run(None, {"patches": X})
    np.testing.assert_allclose(answer, trained.predict_proba(X), atol=1e-4)


def test_a_background_of_nothing_at_all_is_answered_as_the_model_does(trained, session):
    X = np.where(turned(16) > 0.4, turned(16), 0).astype(np.float32)
    (answer,) = session.run(None, {"patches": X})
    np.testing.assert_allclose(answer, trained.predict_proba(X), atol=1e-4)


def test_noise_beyond_the_grey_values_is_clipped(session):
    noisy = turned(8) + np.random.default_rng(0).normal(0, 0.5, (8, 24, 24)).astype(np.float32)
    (answer,) = session.run(None, {"patches": noisy})
    (clipped,) = session.run(None, {"patches": np.clip(noisy, 0, 1)})
    np.testing.assert_allclose(answer, clipped, atol=1e-6)


def test_onnx_says_what_it_is(session):
    notes = session.get_modelmeta().custom_metadata_map
    assert (notes["n_classes"], notes["patch_size"]) == ("2", "24")
    assert notes["version"] == __version__
    (patches,), (probabilities,) = session.get_inputs(), session.get_outputs()
    assert (patches.name, patches.type, patches.shape[1:]) == ("patches", "tensor(float)", [24, 24])
    assert (probabilities.name, probabilities.shape[1:]) == ("probabilities", [2])
    assert isinstance(patches.shape[0], str), "the batch is not free"


def test_onnx_needs_nothing_of_ours(trained, onnx_file, tmp_path):
    X = turned(3)
    np.save(tmp_path / "x.npy", X)
    answer, loaded = run(WITHOUT_US, onnx_file, tmp_path / "x.npy")
    assert loaded == []
    np.testing.assert_allclose(answer, trained.predict_proba(X), atol=1e-4)


def test_torch_loads_the_other_format_without_us(trained, tmp_path):
    path = tmp_path / "classifier.PT2"
    # Printed: nothing but our own line, and no compiler in a process that might have a window.
    assert run(EXPORTED, trained.save(tmp_path / "model"), path) == []
    names = []
    for n in (1, 3, 64):
        names.append(tmp_path / f"{n}.npy")
        np.save(names[-1], turned(n))
    answers, notes, ours = run(LOADED_BY_TORCH, path, *names)
    assert not ours
    assert (notes["n_classes"], notes["patch_size"]) == ("2", "24")
    assert notes["version"] == __version__
    for answer, n in zip(answers, (1, 3, 64), strict=True):
        np.testing.assert_allclose(answer, trained.predict_proba(turned(n)), atol=1e-4)
    with ZipFile(path) as parts:
        inside = b"".join(parts.read(name) for name in parts.namelist())
    assert b"encoder.hidden.weight" in inside
    assert b"decoder.canvas.weight" not in inside
    assert str(Path.home()).encode() not in path.read_bytes()


def test_the_file_is_only_written_when_it_is_whole(trained, tmp_path):
    class Torn:
        """A model that is interrupted in the middle of the work."""

        shape = trained._network.shape

        def __deepcopy__(self, memo):
            assert list(tmp_path.iterdir()) != [tmp_path / "classifier.pt2"], "nothing begun"
            raise KeyboardInterrupt

    (tmp_path / "classifier.pt2").write_text("the one before")
    with pytest.raises(KeyboardInterrupt):
        export_classifier(Torn(), 1.0, tmp_path / "classifier.pt2")
    assert [p.name for p in tmp_path.iterdir()] == ["classifier.pt2"]
    assert (tmp_path / "classifier.pt2").read_text() == "the one before"


@pytest.mark.parametrize("name", ["classifier.pickle", "classifier", "onnx"])
def test_another_suffix_is_refused(trained, tmp_path, name):
    with pytest.raises(InputError, match=r"\.onnx or \.pt2"):
        trained.export_classifier(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_told(trained, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="choose a folder"):
        trained.export_classifier(tmp_path / "missing" / "classifier.pt2")

    def read_only(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", read_only)
    with pytest.raises(InputError, match="permission denied"):
        trained.export_classifier(tmp_path / "classifier.pt2")


def test_without_onnx_the_sentence_says_what_to_install(trained, tmp_path, monkeypatch):
    found = "napari_ssrvae.ssrvae.export.importlib.util.find_spec"
    monkeypatch.setattr(found, lambda name: None if name == "onnxscript" else object())
    with pytest.raises(InputError, match=r"needs onnxscript: .*napari-ssrvae\[export\]"):
        trained.export_classifier(tmp_path / "classifier.onnx")


def test_one_class_is_no_classifier(data, tmp_path):
    # Said by the other process, heard as a sentence in this one.
    quick = SMALL.model_copy(update={"epochs": 1})
    model = SSRVAE(1, parameters=quick, device="cpu").fit(data[0][:20], np.zeros(20, dtype=int))
    with pytest.raises(InputError, match="one class only") as caught:
        model.export_classifier(tmp_path / "classifier.pt2")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_untrained_model_has_no_classifier(tmp_path):
    with pytest.raises(InputError, match="not trained"):
        SSRVAE(2).export_classifier(tmp_path / "classifier.pt2")
