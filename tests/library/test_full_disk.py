"""A disk that takes no more: acts go on in memory, files are refused, all is saved once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import new_library
from old_versions import old_library
from processes import run_python

from napari_ssrvae.library import ParticleLibrary

pytest.importorskip("resource", reason="needs limits on the size of files")

BEGIN = """
import resource, signal, sys
import numpy as np
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AssignClass, ParticleLibrary
from made_up import change_by_hand, fill, grid_mask

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

def refused(act):
    try:
        act()
    except InputError as error:
        assert "\\n" not in str(error)
    else:
        raise AssertionError("it went through")
"""

EDIT = """
with ParticleLibrary.open(sys.argv[1]) as library:
    library.do(AssignClass((1,), 2))
    room(100)
    change_by_hand(library, 1, "delete", [1, 2])
    assert library.unsaved == 1
    assert "cannot be saved because" in library.unsaved_reason
    assert library.undo_text == "delete 2 particles"
    library.do(AssignClass((3,), 1))
    library.undo()
    library.undo()
    library.redo()
    assert library.unsaved == 5
    refused(lambda: fill(library, 1, grid_mask()))
    refused(lambda: library.set_pixel_size(1, 2.0, "by hand"))
    assert not library.save_unsaved()
    expected = grid_mask()
    expected[np.isin(expected, [1, 2])] = 0
    assert np.array_equal(library.mask(1), expected)
    assert library.patches()[0].tolist() == list(range(3, 13))
    with ParticleLibrary.open(sys.argv[1], read_only=True) as reader:
        assert reader.labels().to_dict() == {1: 2}
    room(hard)
    assert library.save_unsaved()
    assert (library.unsaved, library.unsaved_reason) == (0, None)
with ParticleLibrary.open(sys.argv[1]) as library:
    assert np.array_equal(library.mask(1), expected)
    assert library.redo_text == "label 1 particle as single"
    assert library.undo_text == "delete 2 particles"
    library.undo()
    assert library.undo_text == "label 1 particle as dimer"
    assert np.array_equal(library.mask(1), grid_mask())
    assert library.labels().to_dict() == {1: 2}
"""

KILLED = """
import os
library = ParticleLibrary.open(sys.argv[1])
library.do(AssignClass((1,), 2))
room(100)
for particle in range(2, 8):
    library.do(AssignClass((particle,), 2))
assert library.unsaved == 6
sys.stdout.write("shown")
sys.stdout.flush()
getattr(os, "kill")(os.getpid(), signal.SIGKILL)
"""

UPGRADE = """
room(2000)
refused(lambda: ParticleLibrary.open(sys.argv[1]))
room(hard)
with ParticleLibrary.open(sys.argv[1]) as library:
    assert not library.read_only
    assert library.labels().to_dict() == {1: 2, 2: 2}
"""


def test_an_edit_that_does_not_fit_on_the_disk(tmp_path: Path) -> None:
    new_library(tmp_path / "gold").close()
    done = run_python(BEGIN + EDIT, tmp_path / "gold")
    assert done.returncode == 0, done.stderr


def test_killed_with_unsaved_acts_it_is_what_was_saved(tmp_path: Path) -> None:
    new_library(tmp_path / "gold").close()
    done = run_python(BEGIN + KILLED, tmp_path / "gold")
    assert done.stdout == "shown", done.stderr
    with ParticleLibrary.open(tmp_path / "gold") as library:
        assert library.labels().to_dict() == {1: 2}
        library.undo()
        assert not library.can_undo


def test_an_old_library_that_cannot_be_brought_up_to_date(tmp_path: Path) -> None:
    done = run_python(BEGIN + UPGRADE, old_library(tmp_path / "old"))
    assert done.returncode == 0, done.stderr
    left = {path.name for path in (tmp_path / "old").iterdir()}
    assert not [name for name in left if name.startswith(".")]
