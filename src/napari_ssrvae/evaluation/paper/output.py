"""Figure and numbers of an experiment, written so that they are both there or neither."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.paper.rows import Row
from napari_ssrvae.files import atomic_file

__all__ = ["prepare_folder", "write_experiment", "write_results"]

RESULTS = "results.json"


def prepare_folder(folder: Path) -> None:
    """Make the folder, so that a wrong name is told before hours of training.

    Raises
    ------
    InputError
        It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made ({error.strerror or error}): choose another folder."
        ) from error
    with atomic_file(folder / ".writable") as trial:
        trial.touch()
    (folder / ".writable").unlink()


def write_experiment(
    folder: Path, name: str, png: bytes, settings: Mapping[str, Any], rows: Sequence[Row]
) -> tuple[Path, Path]:
    """Write `<name>.png` and `results.json`; return both paths.

    Results of another experiment that are there already are kept as `results-<other>.json`.
    """
    figure, results = folder / f"{name}.png", folder / RESULTS
    _keep_others(results, name)
    with atomic_file(figure) as picture, atomic_file(results) as numbers:
        picture.write_bytes(png)
        _write(numbers, name, settings, rows)
    return figure, results


def write_results(
    folder: Path, name: str, settings: Mapping[str, Any], rows: Sequence[Row]
) -> Path:
    """Write `results.json` alone and return its path."""
    path = folder / RESULTS
    _keep_others(path, name)
    with atomic_file(path) as numbers:
        _write(numbers, name, settings, rows)
    return path


def _write(path: Path, name: str, settings: Mapping[str, Any], rows: Sequence[Row]) -> None:
    content = {"experiment": name, "settings": dict(settings), "rows": list(rows)}
    path.write_text(
        json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _keep_others(path: Path, name: str) -> None:
    try:
        other = json.loads(path.read_text(encoding="utf-8"))["experiment"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if isinstance(other, str) and other.isalnum() and other != name:
        path.replace(path.with_name(f"results-{other}.json"))
