"""napari as the command line opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import pytest
from tests.conftest import disks

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.window import open_paths, open_workbench
from napari_ssrvae.errors import InputError


def test_a_library_and_its_micrograph_are_opened(
    bench: Any, make_napari_viewer: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "disks.png"
    iio.imwrite(path, disks()[0])
    open_paths(bench.viewer, [path])
    bench.find()
    bench.click(*bench.label_position(3))
    folder = bench.session.library.folder
    bench.session.close()

    viewer = make_napari_viewer(show=True)
    open_workbench(viewer)
    open_paths(viewer, [folder])
    session = canvas_of(viewer).session
    assert session.current.by_hand[3]
    assert canvas_of(viewer).is_complete(session.current)
    session.close()


def test_a_file_that_is_no_micrograph_is_one_sentence(bench: Any, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(InputError, match=r"notes\.txt is not an image of a known kind"):
        open_paths(bench.viewer, [path])
