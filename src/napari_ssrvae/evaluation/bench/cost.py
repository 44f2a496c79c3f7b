"""What it costs: time to train and to train again, patches per second, memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from napari_ssrvae.evaluation.baselines import AugmentedCNN, ShapeClassifier, patch_shapes
from napari_ssrvae.evaluation.bench.cards import WIDE, cards_200
from napari_ssrvae.evaluation.bench.peak import Order, peak_in_a_process
from napari_ssrvae.evaluation.bench.rivals import PARTICLES_SHIFT_PX
from napari_ssrvae.evaluation.bench.rows import (
    CNN,
    METHODS,
    MODEL,
    SHAPES,
    Classes,
    Events,
    Goal,
    Images,
    Table,
    Task,
    Told,
)
from napari_ssrvae.evaluation.bench.touching_spheres import touching_spheres
from napari_ssrvae.evaluation.bench.workshop import Workshop, draw_labels
from napari_ssrvae.evaluation.cards import make_cards
from napari_ssrvae.evaluation.metrics import balanced_accuracy
from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters

__all__ = ["COST_TASKS"]

RETRAIN_LABELS = 15


def _time(shop: Workshop) -> Events:
    table = Table("time", shop.sizes.labelled)
    for seed in shop.seeds():
        trained = yield from cards_200(shop, seed, table.task)
        for clock, goal, seconds in (
            ("time", Goal(3.0, at_least=False), trained.seconds),
            # Tells the same where other work runs beside.
            ("processor time", None, trained.cpu_seconds),
        ):
            for method in METHODS:
                ratio = seconds[method] / max(seconds[CNN], 1e-9)
                table.add("cards-200", f"training {clock} / CNN's", method, ratio, goal=goal)
        for method in METHODS:
            table.add("cards-200", "seconds to train", method, trained.seconds[method])
    yield from table.rows()


def _retrain(shop: Workshop) -> Events:
    """From the click to predictions: the particles of one micrograph, then two labels more."""
    table = Table("retrain", RETRAIN_LABELS)
    n = sum(shop.sizes.retrain)
    data = f"{n} agglomerates"
    for seed in shop.seeds():
        yield Told(table.task, f"seed {seed}")
        X, y = touching_spheres(seed, shop.sizes.retrain)
        few = draw_labels(y, RETRAIN_LABELS, seed)
        more = _two_more(few, y, seed)
        model = shop.model(4, seed, warm_start=True)
        began = time.perf_counter()
        found = model.fit(X, few).predict(X)
        cold_s = time.perf_counter() - began
        _add_retrain(table, data, MODEL, "cold", cold_s, found, few, y)
        cnn = AugmentedCNN(4, seed, shop.sizes.particle_steps, PARTICLES_SHIFT_PX)
        began = time.perf_counter()
        rival = cnn.fit(X, few).predict(X)
        rival_s = time.perf_counter() - began
        _add_retrain(table, data, CNN, "cold", rival_s, rival, few, y)
        began = time.perf_counter()
        found = model.fit(X, more).predict(X)
        warm_s = time.perf_counter() - began
        _add_retrain(table, data, MODEL, "warm", warm_s, found, more, y)
    yield from table.rows()


def _two_more(few: Classes, y: Classes, seed: int) -> Classes:
    more = few.copy()
    unlabelled = np.flatnonzero(few < 0)
    clicked = np.random.default_rng(seed).choice(unlabelled, 2, replace=False)
    more[clicked] = y[clicked]
    return more


def _add_retrain(
    table: Table, data: str, method: str, start: str, seconds: float, found: Classes,
    few: Classes, y: Classes,
) -> None:  # fmt: skip
    goal = Goal(15.0 if start == "cold" else 3.0, at_least=False)
    table.add(data, f"seconds, {start}", method, seconds, goal=goal, seconds=seconds)
    rest = few < 0
    right = balanced_accuracy(y[rest], found[rest])
    table.add(data, f"balanced accuracy, {start}", method, right)


def _speed(shop: Workshop) -> Events:
    """Patches per second; the weights do not matter, so a few steps of training are enough."""
    table, goal = Table("speed", 0), Goal(5000.0)
    brief = (shop.sizes.parameters or SSRVAEParameters()).model_copy(update={"max_steps": 20})
    n = shop.sizes.speed
    X = make_cards(-(-n // 4), WIDE, seed=0, glyphs=shop.glyphs)[0][:n]
    for seed in shop.seeds():
        yield Told(table.task, f"seed {seed}")
        cards, y, _ = make_cards(20, WIDE, seed=seed, glyphs=shop.glyphs)
        few = draw_labels(y, 5, seed)
        model = SSRVAE(4, random_state=seed, parameters=brief).fit(cards, few)
        cnn = AugmentedCNN(4, seed, steps=2).fit(cards, few)
        shapes = ShapeClassifier(4).fit(patch_shapes(cards), few)
        ways: dict[str, Callable[[Images], object]] = {
            MODEL: model.predict_proba,
            CNN: cnn.predict_proba,
            SHAPES: lambda part, shapes=shapes: shapes.predict_proba(patch_shapes(part)),  # type: ignore[misc]
        }
        for method, predict in ways.items():
            predict(X[: min(n, 256)])  # what is set up at the first call is not the speed
            began, busy = time.perf_counter(), time.process_time()
            predict(X)
            seconds, cpu = time.perf_counter() - began, time.process_time() - busy
            data = f"{n} patches 48x48"
            table.add(data, "patches per second", method, n / seconds, goal=goal)
            # Tells the same where other work runs beside.
            table.add(data, "patches per second of one processor", method, n / max(cpu, 1e-9))
    yield from table.rows()


def _memory(shop: Workshop) -> Events:
    """In processes of their own: what this one has held before must not count."""
    table, goal = Table("memory", shop.sizes.labelled), Goal(1.5, at_least=False)
    sizes = shop.sizes
    n = 4 * (sizes.labelled + sizes.unlabelled)
    for seed in shop.seeds(1):
        for method in METHODS:
            yield Told(table.task, f"seed {seed}, {method} on {n} patches in a process of its own")
            order = Order(
                method, seed, sizes.labelled, sizes.unlabelled, sizes.cards_steps,
                None if sizes.parameters is None else sizes.parameters.model_dump(mode="json"),
            )  # fmt: skip
            gigabytes = peak_in_a_process(order) / 1e9
            table.add(
                f"{n} patches 48x48", "GB at the peak of training", method, gigabytes, goal=goal
            )
    yield from table.rows()


COST_TASKS = (
    Task(
        "time",
        "time to train on cards-200 against the CNN's 1,500 steps of 64",
        "<= 3 times the CNN's",
        _time,
    ),
    Task(
        "retrain",
        "480 particles, 15 labels per class, from the click to new predictions",
        "<= 15 s cold, <= 3 s warm",
        _retrain,
    ),
    Task("speed", "predict_proba of 48x48 patches", ">= 5000 per second", _speed),
    Task("memory", "memory at the peak of training on 12,800 patches", "<= 1.5 GB", _memory),
)
