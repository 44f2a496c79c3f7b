"""A disk that takes no more: nothing half done, and going on once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_up import new_library
from processes import run_python
from version1 import old_library

pytest.importorskip("resource", reason="needs limits on the size of files")

BEGIN = """
import resource, signal, sys
import numpy as np
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AssignClass, ParticleLibrary
from made_up import change_by_hand, grid_mask

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
    refused(lambda: change_by_hand(library, 1, "delete", [1, 2]))
    refused(library.undo)
    assert np.array_equal(library.mask(1), grid_mask())
    assert library.labels().to_dict() == {1: 2}
    assert len(library.patches()[0]) == 12
    room(hard)
    change_by_hand(library, 1, "delete", [1, 2])
    library.undo()
    assert library.undo_text == "label 1 particle as dimer"
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


def test_an_old_library_that_cannot_be_brought_up_to_date(tmp_path: Path) -> None:
    done = run_python(BEGIN + UPGRADE, old_library(tmp_path / "old"))
    assert done.returncode == 0, done.stderr
    left = {path.name for path in (tmp_path / "old").iterdir()}
    assert not [name for name in left if name.startswith(".")]
