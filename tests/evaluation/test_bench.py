"""`napari-ssrvae bench` on tiny sizes: every task runs, what it keeps, what it says."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_ssrvae.cli import main
from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.bench.rows import METHODS, MODEL, Events, Missing, Row, Task, Told
from napari_ssrvae.evaluation.bench.runner import TASKS, chosen, run_bench
from napari_ssrvae.evaluation.bench.sizes import Sizes
from napari_ssrvae.evaluation.bench.workshop import Workshop

REAL = {task.name for task in TASKS if task.name.startswith(("gold", "nmers"))}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    """One for all tests: the models that tasks share are trained once."""
    with Workshop(Sizes.tiny(), n_seeds=1) as made:
        yield made


def measured(shop: Workshop, name: str) -> tuple[list[Row], list[Missing]]:
    events = list(run_bench(chosen([name]), shop))
    assert any(isinstance(e, Told) for e in events) or name in {"time", "noise", "angle"} | REAL
    return (
        [e for e in events if isinstance(e, Row)],
        [e for e in events if isinstance(e, Missing)],
    )


@pytest.mark.parametrize(
    "name",
    [
        # It measures in processes of their own, which start slowly.
        pytest.param(t.name, marks=[pytest.mark.slow] if t.name == "memory" else [])
        for t in TASKS
        if t.name not in REAL | {"cards-0"}
    ],
)
def test_every_task_gives_its_rows(shop: Workshop, name: str) -> None:
    rows, _ = measured(shop, name)
    assert rows
    assert {row.task for row in rows} == {name}
    assert any(row.method == MODEL for row in rows)
    assert all(row.method in METHODS for row in rows)
    for row in rows:
        assert len(row.values) == 1
        assert math.isfinite(row.mean)
        json.dumps(row.as_dict())


def test_tasks_on_the_same_model_train_it_once(shop: Workshop) -> None:
    list(run_bench(chosen(["cards-200"]), shop))
    for name in ("transfer", "noise", "angle", "latents", "time"):
        events = run_bench(chosen([name]), shop)
        assert not any(isinstance(e, Told) and "training" in e.text for e in events)


def test_clusters_are_named_by_a_click_each(shop: Workshop) -> None:
    rows, missing = measured(shop, "cards-0")
    # Tiny data may be refused; then it is said.
    assert missing or {row.method for row in rows} == set(METHODS)


def test_the_worst_cell_is_the_least_of_them(shop: Workshop) -> None:
    for row in measured(shop, "transfer")[0]:
        cells = row.details["cells"][0]
        assert len(cells) == 27
        assert row.mean == min(cells.values()) == cells[row.details["worst"][0]]


@pytest.mark.parametrize("name", sorted(REAL))
def test_without_the_real_data_a_row_is_missing(shop: Workshop, name: str) -> None:
    rows, (missing,) = measured(shop, name)
    assert rows == []
    assert missing.task == name
    assert "--data" in missing.reason


def test_the_same_seed_gives_the_same_numbers() -> None:
    found = []
    for _ in range(2):
        with Workshop(Sizes.tiny(), n_seeds=1, first_seed=2) as shop:
            rows, _ = measured(shop, "cards-5")
            found.append([(row.method, row.values) for row in rows])
    assert found[0] == found[1]


# ------------------------------------------------------------------ keeping


def made_up(name: str, value: float) -> Task:
    def run(shop: Workshop) -> Events:
        yield Told(name, "half way")
        if value < 0:
            raise InputError("There is nothing to measure.")
        yield Row(name, "made up", 1, MODEL, "m", (value, math.nan))

    return Task(name, "made up", "", run)


def kept(folder: Path) -> dict[str, list[float | None]]:
    content = json.loads((folder / "results.json").read_text())
    assert content["experiment"] == "bench"
    return {row["task"]: row["values"] for row in content["rows"]}


def test_results_are_kept_after_every_task(tmp_path: Path) -> None:
    events = run_bench([made_up("a", 1), made_up("b", 2)], Workshop(), tmp_path / "new")
    for event in events:
        if isinstance(event, Told) and event.task == "b":
            break
    assert kept(tmp_path / "new") == {"a": [1, None]}
    events.close()
    assert kept(tmp_path / "new") == {"a": [1, None]}


def test_a_task_that_cannot_be_measured_stops_no_other(tmp_path: Path) -> None:
    events = list(run_bench([made_up("a", -1), made_up("b", 2)], Workshop(), tmp_path))
    assert Missing("a", "There is nothing to measure.") in events
    assert kept(tmp_path) == {"b": [2, None]}


def test_a_later_run_replaces_its_own_tasks_only(tmp_path: Path) -> None:
    list(run_bench([made_up("a", 1), made_up("b", 2)], Workshop(), tmp_path))
    list(run_bench([made_up("b", 3)], Workshop(), tmp_path))
    assert kept(tmp_path) == {"a": [1, None], "b": [3, None]}


@pytest.mark.parametrize("text", ["{", "[]", '{"experiment": "fig4a", "rows": [], "missing": []}'])
def test_results_of_something_else_are_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(InputError, match="another folder"):
        list(run_bench([made_up("a", 1)], Workshop(), tmp_path))
    assert (tmp_path / "results.json").read_text() == text


# ------------------------------------------------------------------ the command


def test_the_list_names_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["tasks"]
    assert [task["name"] for task in listed] == [task.name for task in TASKS]
    assert main(["bench", "--list"]) == 0
    assert "gold-15" in capsys.readouterr().out


def test_a_name_that_is_none_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "cards-17"]) == 1
    assert "cards-17" in capsys.readouterr().err


def test_rows_without_their_data_fail_only_when_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAPARI_SSRVAE_SHARED", raising=False)
    command = ["bench", "gold-1", "agglomerates-15", "--quick", "--seeds", "1", "--json"]
    assert main([*command, "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["failed"] == ["gold-1"]
    assert [m["task"] for m in said["missing"]] == ["gold-1"]
    assert {row["task"] for row in said["rows"]} == {"agglomerates-15"}
    assert said["settings"]["quick"]
    assert kept(tmp_path / "out").keys() == {"agglomerates-15"}


@pytest.mark.parametrize(
    ("glyphs", "words"),
    [
        (np.zeros((4, 48, 48), np.float32), "(4, 48, 48)"),
        (np.full((4, 64, 64), 255.0, np.float32), "divide"),
        (np.zeros((4, 64, 64), np.float32), "blank"),
        (None, "not there"),
    ],
)
def test_own_glyphs_are_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], glyphs: Any, words: str
) -> None:
    if glyphs is not None:
        np.save(tmp_path / "own.npy", glyphs)
    assert main(["bench", "cards-5", "--quick", "--glyphs", str(tmp_path / "own.npy")]) == 1
    assert words in capsys.readouterr().err


def test_own_glyphs_are_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    glyphs = np.zeros((4, 64, 64), np.float32)
    for k in range(4):
        glyphs[k, 32 - 3 * (k + 1) : 32 + 3 * (k + 1), 30:34] = 1
    np.save(tmp_path / "bars.npy", glyphs)
    command = ["bench", "cards-5", "--quick", "--seeds", "1", "--json"]
    assert main([*command, "--glyphs", str(tmp_path / "bars.npy")]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    features = next(row for row in rows if row["method"] == "features")
    assert features["mean"] > 0.9  # bars of four lengths: area alone tells them apart


def test_ctrl_c_keeps_and_shows_what_is_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(shop: Workshop) -> Events:
        yield Told("b", "begins")
        raise KeyboardInterrupt

    tasks = (made_up("a", 1), Task("b", "", "", stopped), made_up("c", 2))
    monkeypatch.setattr("napari_ssrvae.evaluation.bench.runner.TASKS", tasks)
    with pytest.raises(SystemExit) as ended:
        main(["bench", "--out", str(tmp_path)])
    assert ended.value.code == 130
    said = capsys.readouterr()
    assert "made up" in said.out
    assert "results.json" in said.err
    assert kept(tmp_path) == {"a": [1, None]}
