"""Runs tasks one after another and keeps what is finished."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.bench.cards import CARDS_TASKS
from napari_ssrvae.evaluation.bench.cost import COST_TASKS
from napari_ssrvae.evaluation.bench.insight import INSIGHT_TASKS
from napari_ssrvae.evaluation.bench.particles import PARTICLE_TASKS
from napari_ssrvae.evaluation.bench.rows import Missing, Row, Task, Told
from napari_ssrvae.evaluation.bench.workshop import Workshop
from napari_ssrvae.files import atomic_file

__all__ = ["RESULTS", "TASKS", "chosen", "run_bench"]

TASKS: tuple[Task, ...] = (*CARDS_TASKS, *INSIGHT_TASKS, *COST_TASKS, *PARTICLE_TASKS)
RESULTS = "results.json"


def chosen(names: Sequence[str]) -> list[Task]:
    """Return the tasks of these names in the order of the table; all without a name.

    Raises
    ------
    InputError
        There is no task of a name.
    """
    known = {task.name for task in TASKS}
    for name in names:
        if name not in known:
            raise InputError(f"There is no benchmark {name!r}: choose among {', '.join(known)}.")
    return [task for task in TASKS if not names or task.name in names]


def run_bench(
    tasks: Sequence[Task], shop: Workshop, out: Path | None = None
) -> Iterator[Told | Row | Missing]:
    """Run tasks, yielding how far they have come, their rows, and what could not be measured.

    A task that lacks data or that the model refuses is `Missing`, and the others go on.

    Parameters
    ----------
    tasks : sequence of Task
    shop : Workshop
    out : Path, optional
        Folder for `results.json`, written anew after every task. Results of other tasks that are
        there already stay.

    Raises
    ------
    InputError
        The folder holds another `results.json`, or must not be written to.
    """
    done = None if out is None else _Results(out, shop.settings())
    for task in tasks:
        found: list[Row | Missing] = []
        try:
            for event in task.run(shop):
                if not isinstance(event, Told):
                    found.append(event)
                yield event
        except InputError as error:
            refused = Missing(task.name, str(error))
            found.append(refused)
            yield refused
        if done is not None:
            done.add(task.name, found)


class _Results:
    """`results.json`: {"experiment", "settings", "rows", "missing"}; each row says its own settings too."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._path, self._settings = folder / RESULTS, settings
        self._rows: list[dict[str, Any]] = []
        self._missing: list[dict[str, Any]] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder} cannot be a folder: choose another place.") from error
        if self._path.exists():
            self._read()

    def _read(self) -> None:
        try:
            there = json.loads(self._path.read_text(encoding="utf-8"))
            ours = there["experiment"] == "bench"
            self._rows, self._missing = list(there["rows"]), list(there["missing"])
            _ = [old["task"] for old in self._rows + self._missing]
        except (ValueError, KeyError, TypeError):
            ours = False
        if not ours:
            raise InputError(f"{self._path} holds something else: choose another folder.")

    def add(self, task: str, found: Sequence[Row | Missing]) -> None:
        self._rows = [old for old in self._rows if old["task"] != task]
        self._missing = [old for old in self._missing if old["task"] != task]
        for one in found:
            if isinstance(one, Row):
                self._rows.append({**one.as_dict(), "settings": self._settings})
            else:
                self._missing.append(dict(one.as_dict()))
        content = {
            "experiment": "bench",
            "settings": self._settings,
            "rows": self._rows,
            "missing": self._missing,
        }
        with atomic_file(self._path) as draft:
            draft.write_text(json.dumps(_plain(content), indent=1), encoding="utf-8")


def _plain(content: Any) -> Any:
    """Return the content with None for what JSON has no word for."""
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
