"""What window and command line ask of OpenMP, and that the library asks for nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def spins_after(code: str, **environment: str) -> str:
    """Return GOMP_SPINCOUNT as a fresh interpreter has it after some code."""
    clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run(
        [sys.executable, "-c", f"import os\n{code}\nprint(os.environ.get('GOMP_SPINCOUNT'))"],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_the_window_lets_waiting_threads_sleep() -> None:
    assert spins_after("import napari_ssrvae.docks") == "1000"


def test_the_command_line_does_too() -> None:
    code = "from napari_ssrvae.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass\nmain(['info', 'x'])"
    assert spins_after(code) == "1000"


def test_the_library_leaves_it_alone() -> None:
    assert spins_after("import napari_ssrvae.workflow") == "None"


@pytest.mark.parametrize(
    ("name", "value", "after"),
    [("OMP_WAIT_POLICY", "active", "None"), ("GOMP_SPINCOUNT", "7", "7")],
)
def test_what_the_user_has_set_stays(name: str, value: str, after: str) -> None:
    assert spins_after("import napari_ssrvae.docks", **{name: value}) == after
