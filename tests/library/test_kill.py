from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from made_up import cut, grid_mask, new_library
from processes import HERE, run_python
from steps import state_after

from napari_ssrvae.library import ParticleLibrary

ROUNDS = 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to kill many children quickly")
def test_everything_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    new_library(tmp_path / "gold").close()
    code = (HERE / "kill_rounds.py").read_text()
    done = run_python(code, tmp_path / "gold", ROUNDS, random.Random(11).randint(0, 999))
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == ROUNDS
    for acknowledged, labels, ids, first, top, classes in reports:
        found = ({int(k): v for k, v in labels.items()}, classes, top)
        # What was acknowledged, and at most the one step that was under way.
        assert found in (state_after(acknowledged), state_after(acknowledged + 1)), acknowledged
        assert ids == list(range(1, 13))
        expected = cut(grid_mask(shift=top - 5)).images[:, 0, 0]
        np.testing.assert_array_equal(np.float32(first), expected)
    # Nothing is left over from the segmentations that were cut short.
    with ParticleLibrary.open(tmp_path / "gold"):
        assert len(list((tmp_path / "gold" / "masks").iterdir())) == 1
        assert len(list((tmp_path / "gold" / "patches").iterdir())) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to kill many children quickly")
def test_every_edit_of_a_mask_that_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    code = (HERE / "kill_edits.py").read_text()
    done = run_python(code, tmp_path, 12, 7)
    assert done.returncode == 0, done.stderr
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    # Mask, measurements, patches, labels and history are those of a library that nobody killed.
    assert [right for _, _, right in reports] == [True] * 12
    assert reports[-1][1] > 50


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    new_library(tmp_path / "gold").close()
    code = (
        "import os, signal, sys; from napari_ssrvae.library import ParticleLibrary as L, AddClass\n"
        "library = L.open(sys.argv[1]); library.do(AddClass('rod'))\n"
        "getattr(os, 'kill')(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"
    )
    assert run_python(code, tmp_path / "gold").returncode != 0
    with ParticleLibrary.open(tmp_path / "gold") as library:
        assert not library.read_only
        assert library.classes()[-2].name == "rod"


def test_a_creation_that_was_killed_can_be_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "gold"
    for name in ("patches", "masks", "models"):
        (folder / name).mkdir(parents=True)
    (folder / ".library.0123abcd.sqlite").write_bytes(b"half")
    with ParticleLibrary.create(folder) as library:
        assert len(library.classes()) == 5
