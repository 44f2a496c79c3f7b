from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from made_up import Picture, cut, fill, grid_mask, measured, new_library, picture
from processes import run_python

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import NONE_OF_THESE_ID, AddClass, AssignClass, ParticleLibrary


def test_everything_is_there_after_reopening_elsewhere(
    predicted: ParticleLibrary, tmp_path: Path
) -> None:
    predicted.do(AssignClass((1, 5), 3))
    before = [
        predicted.particles(), predicted.micrographs(), predicted.predictions()
    ]  # fmt: skip
    mask, patches = predicted.mask(1), predicted.patches()
    predicted.close()
    shutil.move(tmp_path / "gold", tmp_path / "moved 金")
    with ParticleLibrary.open(tmp_path / "moved 金") as library:
        for old, new in zip(
            before, [library.particles(), library.micrographs(), library.predictions()], strict=True
        ):
            assert old.equals(new)
        assert (library.mask(1) == mask).all()
        assert (library.patches()[0] == patches[0]).all()
        assert (library.patches()[1] == patches[1]).all()
        assert library.labels().to_dict() == {1: 3, 5: 3}
        assert library.current_model == "first"
        assert (library.model_folder("first") / "config.json").exists()
        assert library.undo_text == "label 2 particles as trimer"


def test_a_copy_taken_while_it_is_open_is_a_whole_library(
    library: ParticleLibrary, tmp_path: Path
) -> None:
    library.do(AssignClass((1,), 2))
    # SQLite and its WAL as files: what a backup program or a killed machine leaves.
    shutil.copytree(library.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.lock"))
    with ParticleLibrary.open(tmp_path / "copy") as copy:
        assert not copy.read_only
        assert copy.labels().to_dict() == {1: 2}


@pytest.mark.parametrize("content", ["a file", "a library"])
def test_create_touches_nothing_that_is_there(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "gold"
    if content == "a file":
        folder.mkdir()
        (folder / "notes.txt").write_text("mine")
    else:
        new_library(folder).close()
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*")}
    with pytest.raises(InputError):
        ParticleLibrary.create(folder)
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*")} == before


def test_create_with_bad_classes_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="already"):
        ParticleLibrary.create(tmp_path / "gold", class_names=["rod", "Rod"])
    assert not (tmp_path / "gold").exists()


def test_create_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose a folder"):
        ParticleLibrary.create(tmp_path / "file" / "gold")


def test_classes_are_as_asked_for(tmp_path: Path) -> None:
    with ParticleLibrary.create(tmp_path / "a", class_names=["棒", "cube"]) as library:
        assert [(c.class_id, c.name, c.position) for c in library.classes()] == [
            (1, "棒", 0),
            (2, "cube", 1),
            (NONE_OF_THESE_ID, "none of these", 2),
        ]
        assert library.classes()[0].colour != library.classes()[1].colour
    with ParticleLibrary.create(tmp_path / "b", class_names=[]) as library:
        assert [c.reserved for c in library.classes()] == [True]


@pytest.mark.parametrize("what", ["missing", "empty folder", "text", "other database", "zero"])
def test_open_what_is_no_library(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "gold"
    if what != "missing":
        folder.mkdir()
    if what == "text":
        (folder / "library.sqlite").write_text("not a database" * 100)
    if what == "zero":
        (folder / "library.sqlite").write_bytes(b"")
    if what == "other database":
        with sqlite3.connect(folder / "library.sqlite") as other:
            other.execute("CREATE TABLE t (x)")
        other.close()
    with pytest.raises(InputError):
        ParticleLibrary.open(folder)


def test_open_a_newer_library(library: ParticleLibrary) -> None:
    library.close()
    with sqlite3.connect(library.folder / "library.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="newer"):
        ParticleLibrary.open(library.folder)


@pytest.mark.parametrize("harm", ["cut", "scribbled"])
def test_open_a_damaged_database(library: ParticleLibrary, harm: str) -> None:
    library.close()
    path = library.folder / "library.sqlite"
    data = bytearray(path.read_bytes())
    if harm == "cut":
        data = data[: len(data) // 2]
    else:
        for page in range(4096, len(data), 4096):
            data[page : page + 200] = b"\xff" * 200
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        ParticleLibrary.open(library.folder)
    # The failed opening gave the lock back.
    with pytest.raises(InputError, match="damaged"):
        ParticleLibrary.open(library.folder)


@pytest.mark.parametrize("kind", ["masks", "patches"])
@pytest.mark.parametrize("harm", ["missing", "cut", "empty"])
def test_a_damaged_array_is_named_and_can_be_made_again(
    library: ParticleLibrary, kind: str, harm: str
) -> None:
    library.do(AssignClass((2,), 1))
    (path,) = (library.folder / kind).iterdir()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100] if harm == "cut" else b"")
    with pytest.raises(InputError, match=path.name):
        library.mask(1) if kind == "masks" else library.patches()
    assert len(library.particles()) == 12
    change = fill(library, 1, grid_mask())
    assert change.kept == tuple(range(1, 13))
    # Without the old mask only the centres tell who is who, and that is said.
    assert change.doubtful == ((2,) if kind == "masks" else ())
    assert library.patches()[1].shape == (12, 8, 8)
    assert library.mask(1).max() == 12
    assert library.labels().to_dict() == {2: 1}


def test_the_second_opening_is_read_only_until_the_first_closes(library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 2))
    with ParticleLibrary.open(library.folder) as second:
        assert second.read_only
        assert "another" in str(second.read_only_reason)
        assert second.labels().to_dict() == {1: 2}
        library.do(AssignClass((2,), 2))
        assert second.labels().to_dict() == {1: 2, 2: 2}
        with pytest.raises(InputError, match="read-only"):
            second.do(AddClass("rod"))
        for act in (
            second.undo,
            second.redo,
            lambda: second.add_micrograph(picture(5)),
            lambda: second.set_pixel_size(1, 2.0, ""),
            lambda: fill(second, 1, grid_mask()),
        ):
            with pytest.raises(InputError, match="read-only"):
                act()
        assert not second.can_undo
    library.close()
    with ParticleLibrary.open(library.folder) as third:
        assert not third.read_only
        assert third.read_only_reason is None


def test_a_second_program_is_read_only(library: ParticleLibrary) -> None:
    library.do(AssignClass((1,), 2))
    code = (
        "import sys; from napari_ssrvae.library import ParticleLibrary, AddClass\n"
        "library = ParticleLibrary.open(sys.argv[1])\n"
        "print(library.read_only_reason, library.labels().to_dict())\n"
        "try: library.do(AddClass('rod'))\n"
        "except ValueError as error: print(type(error).__name__)\n"
        "assert 'torch' not in sys.modules and 'napari' not in sys.modules"
    )
    done = run_python(code, library.folder)
    assert done.stderr == ""
    assert done.stdout.split("\n")[:2] == [
        "another program or window has it open for writing {1: 2}",
        "InputError",
    ]
    library.do(AddClass("rod"))


def test_opened_for_reading_it_leaves_the_lock_to_others(library: ParticleLibrary) -> None:
    library.close()
    with ParticleLibrary.open(library.folder, read_only=True) as reader:
        assert reader.read_only
        with ParticleLibrary.open(library.folder) as writer:
            assert not writer.read_only


@pytest.mark.skipif(sys.platform == "win32", reason="folder permissions work differently")
@pytest.mark.parametrize("state", ["closed", "killed"])
def test_a_folder_that_must_not_be_written_to(tmp_path: Path, state: str) -> None:
    """As another user where this one may write everywhere."""
    library = new_library(tmp_path / "made")
    library.do(AssignClass((1,), 2))
    folder = tmp_path / "gold"
    if state == "killed":
        shutil.copytree(library.folder, folder, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
        library.close()
        assert (folder / "library.sqlite-wal").stat().st_size
    else:
        library.close()
        shutil.copytree(library.folder, folder)
    for path in [*folder.rglob("*"), folder]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    code = (
        "import os, sys\n"
        "from napari_ssrvae.library import ParticleLibrary\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "library = ParticleLibrary.open(sys.argv[1])\n"
        "print(library.read_only_reason, library.labels().to_dict(), library.patches()[1].shape)"
    )
    if os.getuid() == 0:
        for parent in folder.parents:
            if not parent.stat().st_mode & 0o005 and parent.is_relative_to(Path("/tmp")):
                parent.chmod(0o755)
    done = run_python(code, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "its folder must not be written to {1: 2} (12, 8, 8)"


def test_a_closed_library_says_so(library: ParticleLibrary) -> None:
    library.close()
    library.close()
    with pytest.raises(InputError, match="closed"):
        library.labels()
    with pytest.raises(InputError, match="closed"):
        library.do(AddClass("rod"))


def test_micrographs_are_known_by_their_pixels(library: ParticleLibrary) -> None:
    assert library.add_micrograph(picture(path=Path("/elsewhere/gold.tif"))) == 1
    other = library.add_micrograph(
        picture(1, name="b\udcff.tif", pixel_size_nm=None, data_bar=(50, 60), metadata={1: {2}})
    )
    table = library.micrographs()
    assert list(table.index) == [1, other]
    assert table.loc[1, "path"] == str(Path("/elsewhere/gold.tif"))
    assert table.loc[other, "name"] == "b?.tif"
    assert (table.loc[other, "data_bar_start"], table.loc[other, "data_bar_stop"]) == (50, 60)
    assert table["pixel_size_nm"].isna().to_list() == [False, True]
    assert not library.mask(other).any()


def test_the_pixel_size_reaches_the_particles(library: ParticleLibrary) -> None:
    before = library.particles()
    library.set_pixel_size(1, 5.0, "by hand")
    after = library.particles()
    assert (after["area_nm2"] == before["area_nm2"] * 4).all()
    assert after["equivalent_diameter_nm"].tolist() == pytest.approx(
        (before["equivalent_diameter_nm"] * 2).tolist()
    )
    assert (after["centroid_y_px"] == before["centroid_y_px"]).all()
    assert library.micrographs().loc[1, "pixel_size_source"] == "by hand"
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="above 0"):
            library.set_pixel_size(1, wrong, "")
    with pytest.raises(InputError, match="no micrograph"):
        library.set_pixel_size(9, 1.0, "")


def test_nanometres_come_with_a_pixel_size_given_later(empty: ParticleLibrary) -> None:
    number = empty.add_micrograph(picture(pixel_size_nm=None))
    mask = grid_mask()
    table = measured(mask, None).drop(columns=["area_nm2", "equivalent_diameter_nm"])
    table["major_axis_px"] = 12.0
    empty.set_particles(number, mask, table, cut(mask), parameters={})
    empty.set_pixel_size(number, 2.0, "by hand")
    particles = empty.particles()
    assert (particles["area_nm2"] == 400).all()
    assert (particles["major_axis_nm"] == 24).all()
    assert "centroid_y_nm" not in particles


def test_an_image_that_is_no_micrograph(empty: ParticleLibrary) -> None:
    import numpy as np

    with pytest.raises(InputError, match="shape"):
        empty.add_micrograph(Picture(np.zeros((3, 4, 5), np.uint8)))
