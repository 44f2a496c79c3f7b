"""What window and command line ask of OpenMP, and that the library asks for nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from napari_ssrvae.cores import WAITING

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only set on Linux")
OURS = (WAITING["OMP_WAIT_POLICY"], WAITING["GOMP_SPINCOUNT"])


def waiting_after(code: str, **environment: str) -> tuple[str, str]:
    """Return policy and count of OpenMP as a fresh interpreter has them after some code."""
    clean = {k: v for k, v in os.environ.items() if k not in WAITING}
    tell = "print(*map(os.environ.get, ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT')))"
    done = subprocess.run(
        [sys.executable, "-c", f"import os\n{code}\n{tell}"],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    policy, spins = done.stdout.splitlines()[-1].split()
    return policy, spins


def test_the_window_lets_waiting_threads_sleep() -> None:
    assert waiting_after("import napari_ssrvae.docks") == OURS


def test_the_command_line_does_too() -> None:
    code = "from napari_ssrvae.cli import main\ntry: main(['--version'])\nexcept SystemExit: pass\nmain(['info', 'x'])"
    assert waiting_after(code) == OURS


def test_the_library_leaves_it_alone() -> None:
    assert waiting_after("import napari_ssrvae.workflow") == ("None", "None")


@pytest.mark.parametrize(
    ("name", "value", "after"),
    [
        ("OMP_WAIT_POLICY", "passive", ("passive", "None")),
        ("GOMP_SPINCOUNT", "7", ("None", "7")),
        ("KMP_BLOCKTIME", "200", ("None", "None")),
    ],
)
def test_what_the_user_has_set_stays(name: str, value: str, after: tuple[str, str]) -> None:
    assert waiting_after("import napari_ssrvae.docks", **{name: value}) == after
