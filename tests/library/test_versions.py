"""Libraries of other versions: brought up to date with a copy beside them, or left alone."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from made_up import change_by_hand, cut, grid_mask, new_library
from old_versions import old_library
from processes import HERE, run_python

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    NONE_OF_THESE_ID,
    AddClass,
    AssignClass,
    MoveClass,
    ParticleLibrary,
    RemoveClass,
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return old_library(tmp_path / "old")


def version(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def tables(path: Path) -> dict[str, list[tuple]]:
    """Columns of each table, and each index."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        )
        return {
            name: connection.execute(
                "SELECT * FROM pragma_table_info(?) UNION ALL "
                "SELECT seqno, cid, name, NULL, NULL, NULL FROM pragma_index_info(?)",
                (name, name),
            ).fetchall()
            for (name,) in rows
        }


def check_content(library: ParticleLibrary) -> None:
    assert np.array_equal(library.mask(1), grid_mask())
    ids, images = library.patches()
    assert ids.tolist() == list(range(1, 13))
    np.testing.assert_array_equal(images, cut(grid_mask()).images)
    assert library.labels().to_dict() == {1: 2, 2: 2}
    assert (library.particles()["area_px"] == 100).all()
    assert not library.micrographs()["data_bar_by_hand"].any()


def test_an_old_library_is_brought_up_to_date_with_its_history(old: Path) -> None:
    with ParticleLibrary.open(old) as library:
        check_content(library)
        assert library.redo_text == "rename class single to rod"
        assert library.redo() is not None
        change_by_hand(library, 1, "delete", [5])
        for _ in range(3):
            assert library.undo() is not None
        assert library.labels().empty
        assert not library.can_undo
    assert version(old / "library.sqlite") == 3
    with ParticleLibrary.open(old) as library:
        assert library.redo_text == "label 2 particles as dimer"


@pytest.mark.parametrize("before", [1, 2])
def test_old_and_new_libraries_have_the_same_tables(tmp_path: Path, before: int) -> None:
    old = old_library(tmp_path / "old", before)
    ParticleLibrary.open(old).close()
    new_library(tmp_path / "new").close()
    assert tables(old / "library.sqlite") == tables(tmp_path / "new" / "library.sqlite")
    assert version(old / f"library.schema{before}.sqlite") == before


@pytest.mark.parametrize("before", [1, 2])
@pytest.mark.parametrize("read_only", [False, True])
def test_an_old_library_gets_the_reserved_class(
    tmp_path: Path, before: int, read_only: bool
) -> None:
    old = old_library(tmp_path / "old", before)
    with ParticleLibrary.open(old, read_only=read_only) as library:
        last = library.classes()[-1]
        assert (last.class_id, last.name, last.position) == (NONE_OF_THESE_ID, "none of these", 4)
        assert [c.reserved for c in library.classes()] == [False] * 4 + [True]
        assert library.checks().empty
    assert version(old / "library.sqlite") == (before if read_only else 3)


def test_edits_by_hand_of_an_old_library_can_be_undone(tmp_path: Path) -> None:
    with ParticleLibrary.open(old_library(tmp_path / "old", 2)) as library:
        assert 5 not in library.particles().index
        library.do(AssignClass((3,), NONE_OF_THESE_ID))
        library.undo()
        library.undo()
        check_content(library)
        library.redo()
        assert 5 not in library.mask(1)


def test_a_name_that_was_or_comes_back_is_left_to_its_class(old: Path) -> None:
    with closing(sqlite3.connect(old / "library.sqlite")) as connection:
        connection.execute("UPDATE acts SET change = replace(change, 'rod', 'None Of These')")
        connection.commit()
    with ParticleLibrary.open(old) as library:
        assert library.classes()[-1].name == "none of these (2)"
        library.redo()
        names = [c.name.casefold() for c in library.classes()]
        assert names[0] == "none of these"
        assert len(set(names)) == len(names)


def test_a_library_that_has_spent_the_number_has_no_reserved_class(old: Path) -> None:
    with closing(sqlite3.connect(old / "library.sqlite")) as connection:
        connection.execute("INSERT INTO classes VALUES (255, 'rod', '#000000', 4, 0)")
        connection.commit()
    with ParticleLibrary.open(old) as library:
        assert not any(c.reserved for c in library.classes())
        library.do(AssignClass((1,), 255))
        library.do(MoveClass(255, 0))
        library.do(RemoveClass(255, 1))
        library.do(AddClass("cube"))
        assert [c.name for c in library.classes()][-1] == "cube"


def test_a_copy_of_the_old_database_is_put_beside_it(old: Path, tmp_path: Path) -> None:
    with ParticleLibrary.open(old) as library:
        change_by_hand(library, 1, "delete", [5])
    backup = old / "library.schema1.sqlite"
    assert version(backup) == 1
    # It is all that is needed to go back.
    back = tmp_path / "back"
    shutil.copytree(old, back)
    backup = back / "library.schema1.sqlite"
    backup.replace(back / "library.sqlite")
    with ParticleLibrary.open(back) as library:
        check_content(library)
    assert {path.name for path in old.iterdir()} == {
        "library.sqlite",
        "library.schema1.sqlite",
        "library.lock",
        "masks",
        "models",
        "patches",
    }


def test_opened_for_reading_an_old_library_stays_as_it_is(old: Path) -> None:
    before = (old / "library.sqlite").read_bytes()
    with ParticleLibrary.open(old, read_only=True) as library:
        check_content(library)
        with pytest.raises(InputError, match="read-only"):
            library.set_data_bar(1, None)
    assert (old / "library.sqlite").read_bytes() == before
    assert not (old / "library.schema1.sqlite").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs folders without a right")
def test_an_old_library_in_a_folder_without_a_right_is_readable(old: Path) -> None:
    for path in (old, *old.iterdir()):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        with ParticleLibrary.open(old) as library:
            assert library.read_only
            check_content(library)
    finally:
        for path in (old, *old.iterdir()):
            path.chmod(path.stat().st_mode | 0o200)


def test_an_old_library_with_acts_in_its_journal(old: Path) -> None:
    """Its program was killed: what it had done last is not in the main file yet."""
    code = (
        "import os, signal, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA wal_autocheckpoint = 0')\n"
        "c.execute('INSERT INTO labels VALUES (9, 1)')\n"
        "getattr(os, 'kill')(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"
    )
    assert run_python(code, old / "library.sqlite").returncode != 0
    with ParticleLibrary.open(old, read_only=True) as library:
        assert library.labels().to_dict() == {1: 2, 2: 2, 9: 1}
    with ParticleLibrary.open(old) as library:
        assert library.labels().to_dict() == {1: 2, 2: 2, 9: 1}
    with closing(sqlite3.connect(old / "library.schema1.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM labels").fetchone() == (3,)


def test_a_copy_that_cannot_be_written_leaves_the_old_library(old: Path) -> None:
    (old / "library.schema1.sqlite").mkdir()
    with pytest.raises(InputError, match=r"schema1|earlier"):
        ParticleLibrary.open(old)
    assert version(old / "library.sqlite") == 1
    (old / "library.schema1.sqlite").rmdir()
    with ParticleLibrary.open(old) as library:
        check_content(library)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to kill many children quickly")
def test_killed_at_any_moment_it_is_the_old_library_or_the_new(old: Path) -> None:
    done = run_python((HERE / "kill_upgrade.py").read_text(), old, 25)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == 25
    for found, labels, names in reports:
        assert found in (1, 3)
        assert labels == {"1": 2, "2": 2}
        assert not [name for name in names if name.startswith(".")]


def test_a_newer_library_is_refused_untouched(tmp_path: Path) -> None:
    new_library(tmp_path / "new").close()
    path = tmp_path / "new" / "library.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 4")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(InputError, match="newer"):
            ParticleLibrary.open(tmp_path / "new", read_only=read_only)
    assert path.read_bytes() == before
