"""A folder that must not be written to takes acts in memory, and saves them if that changes."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from made_up import new_library
from old_versions import old_library
from processes import run_python

from napari_ssrvae.library import AssignClass, ParticleLibrary

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="folder permissions work differently"
)

BEGIN = """
import os, sqlite3, sys
from contextlib import closing
from pathlib import Path
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AddClass, AssignClass, ParticleLibrary
from made_up import change_by_hand, fill, grid_mask

if os.getuid() == 0: os.setuid(65534)
folder = Path(sys.argv[1])

def writable(yes):
    for path in [folder, *folder.rglob("*")]:
        path.chmod((0o755 if path.is_dir() else 0o644) if yes else (0o555 if path.is_dir() else 0o444))

def refused(act):
    try:
        act()
    except InputError as error:
        return str(error)
    raise AssertionError("it went through")

writable(False)
try:
    library = ParticleLibrary.open(folder)
    assert (library.read_only, library.takes_acts, library.unsaved) == (True, True, 0)
    assert library.read_only_reason == "its folder must not be written to"
    had = library.undo_text
    library.do(AssignClass((5,), 3))
    change_by_hand(library, 1, "delete", [7])
    library.do(AssignClass((6,), 3))
    library.undo()
    assert (library.unsaved, library.read_only) == (4, True)
    assert "must not be written to" in library.unsaved_reason
    assert not library.save_unsaved()
    assert "must not be written to" in refused(lambda: fill(library, 1, grid_mask()))
    labels = library.labels().to_dict()
    assert labels[5] == 3 and 6 not in labels
"""

LATER = """
    writable(True)
    assert library.save_unsaved()
    assert (library.unsaved, library.read_only, library.read_only_reason) == (0, False, None)
    fill(library, 1, grid_mask())
    library.do(AssignClass((8,), 1))
    with ParticleLibrary.open(folder) as second:
        assert "another" in second.read_only_reason
        assert second.labels().to_dict() == labels | {8: 1}
    library.close()
    with ParticleLibrary.open(folder) as again:
        assert again.redo_text is None
        again.undo()
        again.undo()
        assert (5 in again.labels().index, again.undo_text) == (False, had)
finally:
    writable(True)
"""

CHANGED = """
    writable(True)
    with ParticleLibrary.open(folder) as other:
        assert not other.read_only
        assert not library.save_unsaved()
        assert "another program or window has it open" in library.unsaved_reason
        other.do(AddClass("rod"))
    before = (folder / "library.sqlite").read_bytes()
    assert not library.save_unsaved()
    assert "changed it since" in library.unsaved_reason
    with ParticleLibrary.open(folder) as third:
        assert not third.read_only
    library.do(AssignClass((9,), 1))
    assert library.unsaved == 5
    library.close()
    with ParticleLibrary.open(folder) as again:
        assert not again.read_only
        assert [c.name for c in again.classes()][4] == "rod"
        assert 5 not in again.labels().index
finally:
    writable(True)
"""


def give(folder: Path, to: Path) -> Path:
    """Copy a library to where another user owns it, if this one may write everywhere."""
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.lock", "*-shm"))
    if os.getuid() == 0:
        for path in (to, *to.rglob("*")):
            os.chown(path, 65534, 65534)
        for parent in to.parents:
            if not parent.stat().st_mode & 0o005 and parent.is_relative_to(Path("/tmp")):
                parent.chmod(0o755)
    return to


@pytest.mark.parametrize("state", ["closed", "killed", "old"])
@pytest.mark.parametrize("then", [LATER, CHANGED], ids=["later", "changed"])
def test_acts_in_a_folder_that_must_not_be_written_to(
    tmp_path: Path, state: str, then: str
) -> None:
    if state == "old":
        made = old_library(tmp_path / "made")
        gold = give(made, tmp_path / "gold")
    else:
        library = new_library(tmp_path / "made")
        library.do(AssignClass((1,), 2))
        if state == "closed":
            library.close()
        gold = give(library.folder, tmp_path / "gold")
        if state == "killed":
            assert (gold / "library.sqlite-wal").stat().st_size
            library.close()
    done = run_python(BEGIN + then, gold)
    assert done.returncode == 0, done.stderr
    with ParticleLibrary.open(gold, read_only=True) as library:
        assert (library.labels().get(5) == 3) is False
