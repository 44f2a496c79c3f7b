"""What `info` and `segment` take: files, folders, and files that contradict themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_ssrvae.cli import main
from napari_ssrvae.library import ParticleLibrary
from tests.conftest import disks
from tests.micrographs.instrument_files import zeiss_text


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run one command with --json; return the exit status, what it printed, and standard error."""
    status = main([*arguments, "--json"])
    out, err = capsys.readouterr()
    return status, json.loads(out), err


def zeiss(path: Path, nm: float, *, seed: int = 0, field_um: float | None = None) -> Path:
    """Write disks as a Zeiss file."""
    image = np.asarray(disks(seed=seed)[0])
    rows, columns = image.shape
    raw = zeiss_text(nm, columns, rows, field_um=field_um)
    tifffile.imwrite(path, image, extratags=[(34118, "B", len(raw), raw, True)], metadata=None)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two good files, one that contradicts itself and one that is cut off."""
    inside = tmp_path / "session 1"
    inside.mkdir()
    zeiss(inside / "a2.tif", 2.0)
    zeiss(inside / "a10.tif", 4.0, seed=1)
    zeiss(inside / "b.tif", 2.0, seed=2, field_um=9.9)
    raw = (inside / "a2.tif").read_bytes()
    (inside / "cut.tif").write_bytes(raw[: len(raw) // 2])
    (inside / "a2.txt").write_text("no scale")
    return inside


def test_info_of_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, err = run(capsys, "info", str(folder))
    assert status == 1
    assert [one["name"] for one in said["files"]] == ["a2", "a10", "b"]
    assert [one["pixel_size_nm"] for one in said["files"]] == [2.0, 4.0, None]
    assert [entry["path"] for entry in said["failed"]] == [str(folder / "cut.tif")]
    assert "cut.tif" in err


def test_info_shows_both_values_and_how_to_settle_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, _ = run(capsys, "info", str(folder / "b.tif"))
    assert status == 0
    choices = said["pixel_size_choices"]
    assert len(choices) == 2
    assert choices[0]["nm"] == pytest.approx(2.0)
    assert "AP_WIDTH" in choices[1]["source"]
    assert main(["info", str(folder / "b.tif")]) == 0
    text = capsys.readouterr().out
    assert "pixel size nm        not known" in text
    assert all(f"{one['nm']:.4g} nm" in text and one["source"] in text for one in choices)
    assert "--pixel-size" in text


def test_segment_takes_folders_and_each_file_keeps_its_scale(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "lib"
    status, said, err = run(capsys, "segment", str(folder), "--library", str(library), "--quiet")
    assert status == 1
    assert [Path(path).name for path in said["micrographs"]] == ["a2.tif", "a10.tif", "b.tif"]
    assert [Path(entry["path"]).name for entry in said["failed"]] == ["cut.tif"]
    # Going on in pixels is told even to those who want no progress.
    told = [line for line in err.splitlines() if "b.tif" in line]
    assert len(told) == 1
    assert all(word in told[0] for word in ("contradictory", "--pixel-size", "in pixels"))
    assert list(said["pixel_size_contradictory"]) == [str(folder / "b.tif")]
    with ParticleLibrary.open(library, read_only=True) as opened:
        sizes = opened.micrographs().set_index("name")["pixel_size_nm"]
        assert sizes["a2"] == pytest.approx(2.0)
        assert sizes["a10"] == pytest.approx(4.0)
        assert not np.isfinite(sizes["b"] or np.nan)


def test_a_typed_pixel_size_settles_it(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = tmp_path / "lib"
    path = str(folder / "b.tif")
    status, said, err = run(
        capsys, "segment", path, "--library", str(library), "--pixel-size", "2", "--quiet"
    )
    assert status == 0
    assert err == ""
    assert "pixel_size_contradictory" not in said
    with ParticleLibrary.open(library, read_only=True) as opened:
        assert opened.micrographs()["pixel_size_nm"].tolist() == [2.0]


def test_an_empty_folder_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, _ = run(capsys, "segment", str(tmp_path), "--library", str(tmp_path / "lib"))
    assert status == 1
    assert "holds no micrograph" in said["error"]
    assert not (tmp_path / "lib").exists()


def test_open_takes_folders_of_micrographs_and_libraries(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_ssrvae.cli import commands

    library = tmp_path / "lib"
    ParticleLibrary.create(library).close()
    opened: list[Path] = []
    monkeypatch.setattr(commands, "has_screen", lambda: True)
    monkeypatch.setattr("napari_ssrvae.docks.window.run_with", opened.extend)
    assert main(["open", str(folder), str(library)]) == 0
    assert [path.name for path in opened] == ["a2.tif", "a10.tif", "b.tif", "cut.tif", "lib"]
