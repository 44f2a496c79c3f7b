"""The command line, run as a user runs it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Literal

import imageio.v3 as iio
import numpy as np
import pytest
from pydantic import BaseModel

from napari_ssrvae.cli import main
from napari_ssrvae.cli.commands import parameters_from
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleLibrary, RenameClass
from napari_ssrvae.ssrvae import SSRVAEParameters
from tests.conftest import disks


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run one command with --json; return the exit status, what it printed, and standard error."""
    status = main([*arguments, "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out), err


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "disks.png"
    iio.imwrite(path, disks()[0])
    return path


@pytest.fixture
def library(tmp_path: Path, image: Path) -> Path:
    folder = tmp_path / "lib"
    assert (
        main(["segment", str(image), "--library", str(folder), "--pixel-size", "2", "--quiet"]) == 0
    )
    return folder


def write_labels(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def disk_labels(tmp_path: Path) -> Path:
    """Label eight of the twelve disks by position."""
    _, centres = disks()
    rows = [
        {"micrograph": "disks", "y": r, "x": c, "class": ("large", "small")[n % 2]}
        for n, (r, c) in enumerate(centres[:8].tolist())
    ]
    return write_labels(tmp_path / "labels.csv", rows)


def test_the_whole_way(
    tmp_path: Path, library: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, _ = run(capsys, "label", str(library), "--csv", str(disk_labels(tmp_path)))
    assert status == 0
    assert said["labelled"] == {"large": 4, "small": 4}

    status, said, err = run(capsys, "train", str(library), "--seed", "3", "--epochs", "10")
    assert status == 0
    assert "epoch" in err
    model = Path(said["model"])
    assert (model / "config.json").is_file()

    status, said, _ = run(capsys, "classify", str(library))
    assert status == 0
    assert said["classified"] == 12

    status, said, _ = run(capsys, "export", str(library), "--to", str(tmp_path / "out"))
    assert status == 0
    with (tmp_path / "out" / "particles.csv").open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 12
    assert {row["class"] for row in rows} == {"large", "small"}
    sizes = {
        name: [float(r["area_nm2"]) for r in rows if r["class"] == name]
        for name in ("large", "small")
    }
    assert min(sizes["large"]) > max(sizes["small"])

    # The model names the particles of a micrograph that it has never seen.
    other = tmp_path / "other.png"
    iio.imwrite(other, disks(seed=9)[0][::-1])
    target = tmp_path / "second"
    status, said, _ = run(
        capsys, "classify", str(other), str(image), "--model", str(model), "--library", str(target)
    )
    assert status == 0
    assert said["particles"] == 24
    with ParticleLibrary.open(target, read_only=True) as opened:
        assert len(opened.predictions()) == 24


def test_info_names_what_it_sees(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, _ = run(capsys, "info", str(image))
    assert status == 0
    assert "disks" in json.dumps(said)


def test_info_for_people_says_what_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from napari_ssrvae.evaluation.agglomerates import generate_micrograph

    made = generate_micrograph(60, seed=1)
    path = tmp_path / "made.png"
    iio.imwrite(path, made.image)
    assert main(["info", str(path)]) == 0
    out = capsys.readouterr().out
    assert made.data_bar is not None
    assert "pixel size nm        not known" in out
    assert f"data bar             {made.data_bar[0]}; {made.data_bar[1]}" in out


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("text.tif", b"this is no image", "text"),
        ("empty.png", b"", "empty"),
        ("black.png", None, "black"),
        ("missing.tif", "missing", "missing"),
    ],
)
def test_a_bad_image_is_one_line_and_costs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: Any, word: str
) -> None:
    path = tmp_path / name
    if content is None:
        iio.imwrite(path, np.zeros((60, 60), np.uint8))
    elif isinstance(content, bytes):
        path.write_bytes(content)
    status = main(["segment", str(path), "--library", str(tmp_path / "lib"), "--quiet"])
    out, err = capsys.readouterr()
    assert status == 1
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert word in err
    assert "Traceback" not in err
    assert not (tmp_path / "lib").exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"micrograph": "disks", "y": 2, "x": 2, "class": "a"}], ["line 2", "no particle"]),
        ([{"micrograph": "disks", "y": "x", "x": 2, "class": "a"}], ["line 2", "numbers"]),
        ([{"micrograph": "nobody", "y": 40, "x": 40, "class": "a"}], ["line 2", "nobody"]),
        ([{"micrograph": "disks", "label_id": 99, "class": "a"}], ["line 2", "99"]),
        ([{"micrograph": "disks", "colour": "a"}], ["columns"]),
        ([{"label_id": 1.5, "class": "a"}], ["line 2", "whole number"]),
        ([{"label_id": 1, "class": "a"}, {"label_id": 2, "class": "x" * 90}], ["line 3"]),
        (
            [
                {"label_id": 1, "class": "single"},
                {"label_id": 2, "class": "b"},
                {"label_id": 1, "class": "dimer"},
            ],
            ["line 4", "line 2"],
        ),
    ],
)
def test_a_bad_table_labels_nothing(
    tmp_path: Path,
    library: Path,
    capsys: pytest.CaptureFixture[str],
    rows: list[dict],
    words: list[str],
) -> None:
    status, said, err = run(
        capsys, "label", str(library), "--csv", str(write_labels(tmp_path / "bad.csv", rows))
    )
    assert status == 1
    assert all(word in said["error"] and word in err for word in words)
    with ParticleLibrary.open(library, read_only=True) as opened:
        assert opened.labels().empty
        assert not opened.can_undo


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_every_spreadsheet_are_read(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], separator: str
) -> None:
    lines = [["label_id", "class"], ["1", "Single"], [], ["2", "ж 2"], ["3", ""]]
    path = tmp_path / "t.csv"
    path.write_text(
        "\ufeff" + "\r\n".join(separator.join(line) for line in lines), encoding="utf-8"
    )
    status, said, _ = run(capsys, "label", str(library), "--csv", str(path))
    assert status == 0
    # A class is known by its name whatever the case.
    assert said["labelled"] == {"single": 1, "ж 2": 1}


class Settings(BaseModel):
    turns: Literal[8, 16] = 16
    pose: Literal["none", "both"] = "both"
    window: Literal[24, 48] | None = 24
    rate: float | None = 0.5


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("turns=8", 8),
        ("pose=none", "none"),
        ("window=48", 48),
        ("window=none", None),
        ("rate=none", None),
        ("rate=1e-3", 1e-3),
    ],
)
def test_settings_of_every_type_are_read(setting: str, value: Any) -> None:
    found = parameters_from(Settings, [setting])
    assert getattr(found, setting.partition("=")[0]) == value
    assert found.model_fields_set == {setting.partition("=")[0]}


@pytest.mark.parametrize("setting", ["turns=12", "turns=none", "pose=None", "window=8", "rate=x"])
def test_a_setting_that_is_no_choice_is_one_sentence(setting: str) -> None:
    with pytest.raises(InputError, match=setting.partition("=")[0]) as told:
        parameters_from(Settings, [setting])
    assert "\n" not in str(told.value)


def test_a_model_is_built_with_the_rotations_asked_for() -> None:
    assert parameters_from(SSRVAEParameters, ["n_rotations=8"]).n_rotations == 8


def test_training_without_labels_says_so(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, _ = run(capsys, "train", str(library))
    assert status == 1
    assert "No particle is labelled" in said["error"]


def test_an_export_does_not_overwrite(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / "precious.txt").write_text("keep")
    status, _, _ = run(capsys, "export", str(library), "--to", str(target))
    assert status == 1
    assert (target / "precious.txt").read_text() == "keep"


def test_segmenting_into_a_folder_that_is_no_library_costs_nothing(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "photo.txt").write_text("keep")
    status, said, _ = run(capsys, "segment", str(image), "--library", str(folder))
    assert status == 1
    assert "holiday" in said["error"]
    assert sorted(p.name for p in folder.iterdir()) == ["photo.txt"]


def test_one_bad_image_does_not_stop_the_others(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").mkdir()
    twin = tmp_path / "x" / "disks.png"
    iio.imwrite(twin, disks(seed=4)[0])
    folder = tmp_path / "lib"
    status, said, err = run(
        capsys,
        "segment",
        str(image),
        str(tmp_path / "missing.tif"),
        str(twin),
        "--library",
        str(folder),
    )
    assert status == 1
    assert said["particles"] == 24
    assert said["micrographs"] == {str(image): 12, str(twin): 12}
    assert [entry["path"] for entry in said["failed"]] == [str(tmp_path / "missing.tif")]
    assert "missing.tif" in err


def test_a_pixel_size_given_later_reaches_what_is_there(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "lib")
    assert run(capsys, "segment", str(image), "--library", folder)[0] == 0
    assert run(capsys, "segment", str(image), "--library", folder, "--pixel-size", "3")[0] == 0
    # Again without: what was typed holds.
    assert run(capsys, "segment", str(image), "--library", folder)[0] == 0
    with ParticleLibrary.open(tmp_path / "lib", read_only=True) as opened:
        assert opened.micrographs()["pixel_size_nm"].tolist() == [3.0]
        table = opened.particles()
        np.testing.assert_allclose(table["area_nm2"], 9 * table["area_px"])


def test_a_damaged_model_does_not_take_the_place_of_a_good_one(
    tmp_path: Path, library: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "label", str(library), "--csv", str(disk_labels(tmp_path)))
    _, said, _ = run(capsys, "train", str(library), "--epochs", "2")
    good = Path(said["model"])
    bad = tmp_path / "bad"
    shutil.copytree(good, bad)
    (bad / "weights.safetensors").write_bytes(b"damaged")
    status, _, _ = run(capsys, "classify", str(library), "--model", str(bad))
    assert status == 1
    with ParticleLibrary.open(library, read_only=True) as opened:
        assert opened.current_model == said["name"]
        assert len(opened.predictions()) == 12
    status, _, _ = run(
        capsys, "classify", str(image), "--model", str(bad), "--library", str(tmp_path / "new")
    )
    assert status == 1

    # A copy of the good one is the good one, and a renamed class stays one class.
    copy = tmp_path / "copy"
    shutil.copytree(good, copy)
    with ParticleLibrary.open(library) as opened:
        opened.do(RenameClass(opened.labels().iloc[0], "renamed"))
        names = [c.name for c in opened.classes()]
    other = tmp_path / "other.png"
    iio.imwrite(other, disks(seed=2)[0])
    status, _, _ = run(
        capsys, "classify", str(other), "--library", str(library), "--model", str(copy)
    )
    assert status == 0
    with ParticleLibrary.open(library, read_only=True) as opened:
        assert [c.name for c in opened.classes()] == names
        assert len(opened.models()) == 1
        assert len(opened.predictions()) == 24


def test_adding_a_micrograph_to_a_library(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "more.png"
    iio.imwrite(other, disks(seed=5)[0])
    status, said, _ = run(
        capsys, "segment", str(other), "--library", str(library), "--pixel-size", "1"
    )
    assert status == 0
    assert said["particles"] == 12
    with ParticleLibrary.open(library, read_only=True) as opened:
        table = opened.micrographs()
    # One physical scale for all patches: half the pixel size, twice the pixels.
    assert table["window_px"].iloc[1] == pytest.approx(2 * table["window_px"].iloc[0], abs=2)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["train"],
        ["export", "x"],
        ["train", "x", "--classes", "0"],
        ["demo", "--seed", "-1"],
    ],
)
def test_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_open_without_a_screen_is_a_sentence(
    image: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_ssrvae.cli.commands.has_screen", lambda: False)
    assert main(["open", str(image)]) == 1
    assert "no screen" in capsys.readouterr().err


def test_the_headless_demo_tells_where_the_library_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    status, said, _ = run(capsys, "demo", "--headless", "--out", str(folder), "--particles", "120")
    assert status == 0
    assert Path(said["library"]) == folder
    assert (folder / "library.sqlite").is_file()
    assert (Path(said["export"]) / "particles.csv").is_file()
    assert said["balanced_accuracy"] > 0.6
    # Again into the same place: a sentence, and what was there stays.
    status, said, _ = run(capsys, "demo", "--headless", "--out", str(folder))
    assert status == 1
    assert "demo" in said["error"]
    assert (tmp_path / "demo-export" / "particles.csv").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_ctrl_c_leaves_a_usable_library(tmp_path: Path, library: Path) -> None:
    main(["label", str(library), "--csv", str(disk_labels(tmp_path)), "--quiet"])
    command = [sys.executable, "-m", "napari_ssrvae", "train", str(library), "--epochs", "1000"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # Where the tests themselves run in the background, they would hand on that SIGINT is ignored.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=heard
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "epoch" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        process.wait(timeout=60)
    assert process.returncode not in (0, 1, 2)
    assert "Traceback" not in rest
    with ParticleLibrary.open(library) as opened:
        assert not opened.read_only
        assert len(opened.labels()) == 8
