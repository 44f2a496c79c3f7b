"""Particles are cut out the same way for training and prediction, also from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest

from napari_ssrvae.batch import classify_micrographs
from napari_ssrvae.cli import main
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.particles import PatchParameters, extract_patches
from napari_ssrvae.workflow import patches_of, read_model_card
from tests.conftest import disks
from tests.test_cli import disk_labels, run
from tests.test_cli_inputs import zeiss

LOOK = PatchParameters(size=32, mask_neighbours=False, normalise="particle")
OPTIONS = ("--patch", "size=32", "--patch", "mask_neighbours=false", "--patch", "normalise=particle")  # fmt: skip


def picture(folder: Path, seed: int, name: str = "disks") -> Path:
    path = folder / f"{name}.png"
    iio.imwrite(path, disks(seed=seed)[0])
    return path


def looks(library: Path) -> list[PatchParameters]:
    """Return how each micrograph of a library is cut out."""
    with ParticleLibrary.open(library, read_only=True) as opened:
        return [patches_of(row) for row in opened.micrographs().to_dict("records")]


def assert_cut_so(library: Path, number: int, look: PatchParameters, seed: int) -> None:
    """Make sure that the patches of a micrograph are what these settings give."""
    with ParticleLibrary.open(library, read_only=True) as opened:
        row = opened.micrographs().to_dict("index")[number]
        ids, images = opened.patches()
        mine = np.isin(ids, opened.particles(number).index)
        expected = extract_patches(
            disks(seed=seed)[0],
            opened.mask(number),
            look.size,
            int(row["window_px"]),
            look.mask_neighbours,
            normalise=look.normalise,
        )
    assert len(expected.images) == 12
    np.testing.assert_allclose(images[mine], expected.images, atol=1e-6)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library that is cut out in its own way and has a model."""
    folder = tmp_path_factory.mktemp("trained")
    library = folder / "lib"
    image = zeiss(folder / "disks.tif", 2.0)
    quiet = ("--quiet",)
    assert main(["segment", str(image), "--library", str(library), *OPTIONS, *quiet]) == 0
    assert main(["label", str(library), "--csv", str(disk_labels(folder)), *quiet]) == 0
    assert main(["train", str(library), "--epochs", "1", *quiet]) == 0
    return library


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained / "models" / "model-1", tmp_path / "model"))


def change_card(model: Path, **changes: Any) -> None:
    path = model / "classes.json"
    card = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in card.items() if v is not None}))


def test_a_new_library_is_cut_as_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library, image = tmp_path / "lib", picture(tmp_path, 0)
    assert run(capsys, "segment", str(image), "--library", str(library), *OPTIONS)[0] == 0
    assert looks(library) == [LOOK]
    assert_cut_so(library, 1, LOOK, seed=0)


def test_what_comes_later_is_cut_like_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "lib"
    first, more = picture(tmp_path, 0), [picture(tmp_path, n, f"more{n}") for n in (1, 2)]
    assert run(capsys, "segment", str(first), "--library", str(library), *OPTIONS)[0] == 0
    assert run(capsys, "segment", str(more[0]), "--library", str(library))[0] == 0
    assert_cut_so(library, 2, LOOK, seed=1)
    # Said again it is no contradiction, and another value is one, whatever else there is to do.
    same = ("--patch", "normalise=particle")
    assert run(capsys, "segment", str(more[0]), "--library", str(library), *same)[0] == 0
    status, said, err = run(
        capsys, "segment", str(more[1]), str(more[0]), "--library", str(library), "--quiet",
        "--patch", "normalise=micrograph",
    )  # fmt: skip
    assert status == 1
    assert len(err.splitlines()) == 1
    assert all(word in said["error"] for word in ("lib", "normalise=particle", "not micrograph"))
    assert looks(library) == [LOOK, LOOK]


def test_the_only_micrograph_can_be_cut_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library, image = tmp_path / "lib", picture(tmp_path, 0)
    for options, expected in (
        (OPTIONS, LOOK),
        # Not said is as before.
        ((), LOOK),
        (("--patch", "size=40"), LOOK.model_copy(update={"size": 40})),
    ):
        assert run(capsys, "segment", str(image), "--library", str(library), *options)[0] == 0
        assert looks(library) == [expected]


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("size=2", "size"),
        ("size=x", "size"),
        ("mask_neighbours=perhaps", "mask_neighbours"),
        ("normalise=none", "normalise"),
        ("window=48", "size, mask_neighbours, normalise"),
        ("normalise", "NAME=VALUE"),
    ],
)
def test_a_patch_setting_that_is_none_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, word: str
) -> None:
    image, library = picture(tmp_path, 0), tmp_path / "lib"
    status, said, err = run(
        capsys, "segment", str(image), "--library", str(library), "--patch", setting, "--quiet"
    )
    assert status == 1
    assert word in said["error"]
    assert len(err.splitlines()) == 1
    assert not library.exists()


def test_new_images_are_cut_like_those_the_model_learnt_from(
    tmp_path: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, library = trained / "models" / "model-1", tmp_path / "new"
    assert read_model_card(model).patches == LOOK
    image = zeiss(tmp_path / "other.tif", 2.0, seed=5)
    arguments = ("classify", str(image), "--model", str(model), "--library", str(library))
    status, _, _ = run(capsys, *arguments)
    assert status == 0
    assert looks(library) == [LOOK]
    assert_cut_so(library, 1, LOOK, seed=5)


def test_a_model_of_before_finds_and_cuts_as_it_did(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {"source": "segmentation", "min_area_px": 320, "smoothing_px": 1.0}
    change_card(model, mask_neighbours=None, normalise=None, segmentation=before)
    image, library = zeiss(tmp_path / "other.tif", 2.0, seed=5), tmp_path / "new"
    arguments = ("classify", str(image), "--model", str(model), "--library", str(library))
    status, said, _ = run(capsys, *arguments)
    assert status == 0
    # The six large disks have more than 320 pixels.
    assert said["particles"] == 6
    assert looks(library) == [PatchParameters(size=32)]


@pytest.mark.parametrize(
    "settings", [{"min_diameter": 40.0, "unit": "nm"}, {"min_diameter": 20.0, "unit": "px"}]
)
def test_images_of_another_pixel_size_keep_the_lengths(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], settings: dict[str, Any]
) -> None:
    change_card(model, segmentation=settings)
    paths = [zeiss(tmp_path / "same.tif", 2.0), picture(tmp_path, 1, "unknown")]
    # Pixels twice as large: what is 20 pixels wide for the model is 10 pixels wide here.
    coarse = np.asarray(disks(seed=2)[0])[::2, ::2]
    iio.imwrite(tmp_path / "coarse.png", coarse)
    (tmp_path / "coarse.txt").write_text("PixelSize=4.0\n")
    paths.append(tmp_path / "coarse.png")
    library = tmp_path / "new"
    arguments = ("--model", str(model), "--library", str(library))
    status, said, _ = run(capsys, "classify", *map(str, paths), *arguments)
    assert status == 0
    assert list(said["micrographs"].values()) == [6, 6, 6]
    with ParticleLibrary.open(library, read_only=True) as opened:
        table = opened.micrographs()
    assert table["pixel_size_nm"].iloc[2] == 4.0
    assert table["window_px"].iloc[2] == pytest.approx(table["window_px"].iloc[0] / 2, abs=1)


def test_a_library_cut_otherwise_is_left_as_it_is(
    tmp_path: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, library = trained / "models" / "model-1", tmp_path / "lib"
    first, other = picture(tmp_path, 0), picture(tmp_path, 1, "other")
    assert run(capsys, "segment", str(first), "--library", str(library))[0] == 0
    with ParticleLibrary.open(library, read_only=True) as opened:
        classes = opened.classes()
    for paths in ((str(library),), (str(other), "--library", str(library))):
        status, said, _ = run(capsys, "classify", *paths, "--model", str(model))
        assert status == 1
        assert "normalise=particle" in said["error"]
        assert "normalise=micrograph" in said["error"]
    with ParticleLibrary.open(library) as opened:
        assert opened.models().empty
        assert opened.classes() == classes
        assert len(opened.micrographs()) == 1
        with pytest.raises(InputError, match="cut out"):
            list(classify_micrographs([other], opened, model, model_name="model-1"))


def test_a_library_cut_anew_is_no_longer_the_models(
    tmp_path: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Path(shutil.copytree(trained, tmp_path / "lib"))
    image = str(trained.parent / "disks.tif")
    size = ("--patch", "size=40")
    # The model resamples patches of another size,
    assert run(capsys, "segment", image, "--library", str(library), *size)[0] == 0
    with pytest.warns(UserWarning, match="resampled"):
        assert run(capsys, "classify", str(library))[0] == 0
    # but knows nothing of patches that show something else.
    masked = ("--patch", "mask_neighbours=true")
    assert run(capsys, "segment", image, "--library", str(library), *masked)[0] == 0
    status, said, _ = run(capsys, "classify", str(library))
    assert status == 1
    assert "mask_neighbours=false" in said["error"]
