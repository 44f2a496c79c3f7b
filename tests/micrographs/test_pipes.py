"""A pipe or a device called like an image is refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import read_micrograph


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_named_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe.tif"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="not a file"):
        read_micrograph(pipe)


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there are no devices here")
def test_a_device_is_refused():
    with pytest.raises(InputError, match="not a file"):
        read_micrograph("/dev/null")
