"""Exporting in a process of its own.

The exporters load torch's compiler, and with it Triton where torch has CUDA. In a process that has a
window on Mesa's software renderer that is a segmentation fault: two copies of LLVM. What they print
and warn of stays outside as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.ssrvae.checkpoint import read_model
from napari_ssrvae.ssrvae.export import checked_target, export_classifier

__all__ = ["export_apart"]

_REFUSED = 3
"""Exit status of the other process when its standard output holds a sentence for the user."""


def export_apart(save: Callable[[Path], object], path: str | Path) -> Path:
    """Write the classifier of a model to `path`, as `export.export_classifier` in another process.

    Parameters
    ----------
    save : callable
        Writes the model to a folder that it is given: `SSRVAE.save`.
    path : path-like
        Ends in .onnx or .pt2.

    Returns
    -------
    Path
        The file, whole.

    Raises
    ------
    InputError
        Another suffix, the folder must not be written to, or ONNX is not installed.
    """
    path = checked_target(path)
    # The draft is opened before the work: a folder that must not be written to is told at once.
    with atomic_file(path) as draft, TemporaryDirectory() as room:
        draft.touch()
        model, made = Path(room) / "model", Path(room) / f"classifier{path.suffix.lower()}"
        save(model)
        if sys.executable:
            _run(model, made)
        else:  # a Python inside another program: there is no second one to be had
            _export(model, made)
        shutil.copyfile(made, draft)
    return path


def _run(model: Path, made: Path) -> None:
    # The same modules as here, and no accelerator: a classifier is small.
    where = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-m", __name__, model, made],
        env=os.environ | where,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode == _REFUSED:
        raise InputError(done.stdout.strip())
    if done.returncode:
        raise RuntimeError(f"The exporter ended with status {done.returncode}:\n{done.stderr}")


def _export(model: Path, made: Path) -> None:
    network, config = read_model(model)
    export_classifier(network, config.temperature, made)


def _main() -> int:
    try:
        _export(Path(sys.argv[1]), Path(sys.argv[2]))
    except InputError as error:
        sys.stdout.write(str(error))
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main())
