"""How many particles are told right: generated agglomerates, and the two labelled micrographs."""

from __future__ import annotations

from collections.abc import Generator

from napari_ssrvae.evaluation.bench.real import RealName, read_real
from napari_ssrvae.evaluation.bench.rivals import Judged, judge, train
from napari_ssrvae.evaluation.bench.rows import METHODS, MODEL, Events, Goal, Table, Task, Told
from napari_ssrvae.evaluation.bench.touching_spheres import touching_spheres
from napari_ssrvae.evaluation.bench.workshop import Workshop, draw_labels
from napari_ssrvae.evaluation.metrics import per_class_recall

__all__ = ["PARTICLE_TASKS", "judged_agglomerates", "judged_real"]

GOLD_DRAWS = 10
Judging = Generator[Told, None, Judged]


def judged_agglomerates(shop: Workshop, seed: int, labels: int, task: str) -> Judging:
    """Train on generated agglomerates with a few labels; the unlabelled are the test set."""
    key = ("agglomerates", seed, labels)
    kept = shop.kept(key)
    if isinstance(kept, Judged):
        return kept
    yield Told(task, f"seed {seed}, training on {labels} labels/class of agglomerates")
    X, y = touching_spheres(seed, shop.sizes.agglomerates)
    few = draw_labels(y, labels, seed)
    trained = train(shop, X, few, seed, cards=False)
    rest = few < 0
    return shop.keep(key, judge(trained, X[rest], y[rest]))


def judged_real(shop: Workshop, name: RealName, seed: int, labels: int, task: str) -> Judging:
    """Train on a labelled micrograph with a few of its labels; the others are the test set.

    Raises
    ------
    InputError
        The micrograph is not there.
    """
    key = (name, seed, labels)
    kept = shop.kept(key)
    if isinstance(kept, Judged):
        return kept
    real = shop.once(name, lambda: read_real(shop.data, name))
    yield Told(task, f"seed {seed}, training on {labels} labels/class of {name}")
    few = draw_labels(real.y, labels, seed)
    trained = train(shop, real.X, few, seed, cards=False, shapes=real.shapes)
    rest = few < 0
    return shop.keep(key, judge(trained, real.X[rest], real.y[rest], real.shapes[rest]))


def _add(table: Table, data: str, judged: Judged, goal: Goal | None) -> float:
    """Add the balanced accuracies; return the model's."""
    found = {}
    for method in METHODS:
        classes = judged.probabilities[method].argmax(axis=1)
        recall = per_class_recall(judged.y, classes, 4)
        found[method] = float(recall.mean())
        table.add(
            data, "balanced accuracy", method, found[method],
            goal=goal, seconds=judged.seconds[method], details={"recall": recall.tolist()},
        )  # fmt: skip
    return found[MODEL]


def _real(name: RealName, labels: int, goal: float | None) -> Task:
    task = f"{name}-{labels}"

    def run(shop: Workshop) -> Events:
        table = Table(task, labels)
        for seed in shop.seeds(GOLD_DRAWS if name == "gold" else 5):
            judged = yield from judged_real(shop, name, seed, labels, task)
            got = _add(table, name, judged, None if goal is None else Goal(goal))
            yield Told(task, f"seed {seed}, balanced accuracy {got:.3f}")
        yield from table.rows()

    about = f"{name}, {labels} label{'s' if labels > 1 else ''} per class (needs --data)"
    return Task(task, about, "" if goal is None else f"balanced accuracy >= {goal:g}", run)


def _agglomerates(shop: Workshop) -> Events:
    table = Table("agglomerates-15", 15)
    for seed in shop.seeds():
        judged = yield from judged_agglomerates(shop, seed, 15, table.task)
        got = _add(table, "agglomerates", judged, None)
        yield Told(table.task, f"seed {seed}, balanced accuracy {got:.3f}")
    yield from table.rows()


PARTICLE_TASKS = (
    Task("agglomerates-15", "generated agglomerates, 15 labels per class", "", _agglomerates),
    _real("gold", 15, 0.93),
    _real("gold", 5, None),
    _real("gold", 1, 0.80),
    _real("nmers", 15, 0.985),
    _real("nmers", 3, 0.96),
    _real("nmers", 1, 0.92),
)
