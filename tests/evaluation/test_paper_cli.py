"""`napari-ssrvae reproduce`, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_ssrvae.cli import main
from napari_ssrvae.cli.parser import EXPERIMENTS
from napari_ssrvae.evaluation.cards import draw_suits, make_cards
from napari_ssrvae.evaluation.paper import experiments
from napari_ssrvae.library import AddClass, AssignClass, ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import SegmentationParameters
from tests.conftest import disks
from tests.shared_data import shared_data

TINY = (
    "--quick", "--max-steps", "1", "--device", "cpu", "--set", "hidden=16", "--set", "n_pairs=1",
    "--set", "batch_size=32", "--set", "labelled_batch_size=8",
)  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    status = main(["reproduce", *arguments, "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out), err


def test_the_command_knows_every_experiment() -> None:
    assert (*experiments.EXPERIMENTS, "all") == EXPERIMENTS


def test_an_experiment_is_told_shown_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "g.npy", draw_suits()[:, ::-1])
    out = tmp_path / "new" / "out"
    status, said, err = run(
        capsys,
        "fig6",
        "--out",
        str(out),
        *TINY,
        "--seeds",
        "2",
        "--glyphs",
        str(tmp_path / "g.npy"),
    )
    assert status == 0
    assert "seed 1" in err
    assert Path(said["figures"]["fig6"]).read_bytes().startswith(b"\x89PNG")
    results = json.loads(Path(said["results"]).read_text(encoding="utf-8"))
    assert set(results) == {"experiment", "settings", "rows"}
    assert results["settings"]["seeds"] == [0, 1]
    assert results["settings"]["glyphs"] != "drawn suits"
    assert len(results["rows"][0]["values"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fig3a", "--glyphs", "nowhere.npy"], "nowhere.npy is not there"),
        (["fig3a", "--data", "nmers"], "--glyphs"),
        (["fig6", "--data", "nowhere"], "no particle library"),
        (["fig6", "--data", "nmers"], "NAPARI_SSRVAE_SHARED"),
        (["fig6", "--set", "hiden=16"], "hiden"),
    ],
)
def test_what_is_at_fault_is_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.delenv("NAPARI_SSRVAE_SHARED", raising=False)
    monkeypatch.chdir(tmp_path)
    status, said, err = run(capsys, *arguments, "--out", str(tmp_path / "out"), "--quick")
    assert status == 1
    assert words in said["error"]
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["fig9", "--out", "x"],
        ["fig3a"],
        ["all", "--seeds", "0"],
        ["fig6", "--out", "x", "--preset", "rvae"],
    ],
)
def test_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["reproduce", *arguments])
    assert stopped.value.code == 2
    capsys.readouterr()


def test_ctrl_c_leaves_no_half_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments, "png_bytes", stop)
    status, said, err = run(capsys, "fig6", "--out", str(tmp_path / "out"), *TINY)
    assert status == 130
    assert "nothing was written" in said["error"]
    assert "Traceback" not in err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of twelve disks, four of each size labelled, four without."""
    from napari_ssrvae.workflow import ParticlesFound, find_particles, store_particles

    image, _ = disks()
    micrograph = Micrograph.from_array(image, name="disks")
    with ParticleLibrary.create(tmp_path / "lib") as made:
        found = [
            event
            for event in find_particles(micrograph, SegmentationParameters())
            if isinstance(event, ParticlesFound)
        ]
        store_particles(made, micrograph, found[-1])
        particles = made.particles()
        order = particles["area_px"].sort_values().index.to_list()
        for name, members in (("small", order[:4]), ("large", order[-4:])):
            made.do(AddClass(name))
            class_id = next(c.class_id for c in made.classes() if c.name == name)
            made.do(AssignClass(tuple(members), class_id))
    return tmp_path / "lib"


def test_a_library_of_ones_own(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, _ = run(
        capsys, "fig6", "--out", str(tmp_path / "out"), "--data", str(library), *TINY
    )
    assert status == 0
    results = json.loads(Path(said["results"]).read_text(encoding="utf-8"))
    assert results["settings"]["particles"] == {
        "source": "library lib",
        "classes": {"small": 4, "large": 4},
        "unknown": 4,
    }


def test_cards_can_be_the_particles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, _ = run(capsys, "fig6", "--out", str(tmp_path), "--data", "cards", *TINY)
    assert status == 0
    results = json.loads(Path(said["results"]).read_text(encoding="utf-8"))
    assert results["settings"]["particles"]["source"] == "cards"
    assert {r["true"] for r in results["rows"] if "true" in r} == {
        "club", "spade", "heart", "diamond",
    }  # fmt: skip


def test_labelled_pictures_are_particles() -> None:
    from argparse import Namespace

    from napari_ssrvae.cli.reproduce import _particles

    folder = shared_data("nmers")
    options = Namespace(data=str(folder), experiment="fig6", glyphs=None)
    found = _particles(options)
    assert found is not None
    assert found.source == "nmers"
    assert (np.bincount(found.classes) > 20).all()


def test_unclipped_noise_asks_the_same_network() -> None:
    """Inside [0, 1] the answer is the estimator's own; outside it is not that of clipped patches."""
    from napari_ssrvae.evaluation.paper.unclipped import predict_unclipped
    from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters

    X, y, _ = make_cards(12, 60, seed=0)
    model = SSRVAE(4, device="cpu", parameters=SSRVAEParameters(max_steps=12)).fit(X, y)
    np.testing.assert_array_equal(predict_unclipped(model, X), model.predict(X))
    # Far outside in a few places only: a shift of nothing but one corner keeps most answers.
    barely = X.copy()
    barely[:, 0, 0] = -1e-4
    np.testing.assert_array_equal(predict_unclipped(model, barely), model.predict(X))
