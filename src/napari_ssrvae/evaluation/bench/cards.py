"""How many cards are told right: with many labels, few, one, none; turned further, sheared, in noise."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from napari_ssrvae.evaluation.baselines import AugmentedCNN, ShapeClassifier, patch_shapes
from napari_ssrvae.evaluation.bench.rivals import (
    CARDS_SHIFT_PX,
    Judged,
    Trained,
    accuracy,
    judge,
    train,
)
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
from napari_ssrvae.evaluation.bench.workshop import Workshop, draw_labels
from napari_ssrvae.evaluation.cards import make_cards
from napari_ssrvae.ssrvae import SSRVAE, ClippedWarning

__all__ = ["CARDS_TASKS", "card_sets", "cards_200", "cards_few", "cards_to_test"]

Result = TypeVar("Result")
Telling = Generator[Told, None, Result]

ANGLES = (0, 24, 48, 60, 84, 96, 120, 144, 180)
SHEARS = (0, 14, 20)
WIDE, FULL = 60.0, 180.0


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """As `Trained`, the model on disk."""

    trained: Trained
    name: str


def card_sets(shop: Workshop, seed: int, glyphs: Images | None = None) -> tuple[Images, Classes]:
    """Return the paper's training set: a labelled few within +-5 degrees, the others within +-60.

    Labelled ones keep their place, the unlabelled have offsets in both directions; seed 0 takes the
    random seeds 0 and 1 of the paper's definition.
    """
    glyphs = shop.glyphs if glyphs is None else glyphs
    few, y, _ = make_cards(shop.sizes.labelled, 5, offset=None, seed=3 * seed, glyphs=glyphs)
    many, _, _ = make_cards(shop.sizes.unlabelled, WIDE, seed=3 * seed + 1, glyphs=glyphs)
    return np.concatenate([few, many]), np.r_[y, np.full(len(many), -1, dtype=np.int64)]


def cards_to_test(shop: Workshop, seed: int, angle: float) -> tuple[Images, Classes]:
    """Return the test set of a seed within +-angle degrees."""
    X, y, _ = make_cards(shop.sizes.test, angle, seed=3 * seed + 2, glyphs=shop.glyphs)
    return X, y


def cards_200(shop: Workshop, seed: int, task: str) -> Telling[Trained]:
    """Train on the paper's sets, once in a run for all tasks that need it."""
    key = ("cards-200", seed)
    kept = shop.kept(key)
    if isinstance(kept, _Kept):
        model = SSRVAE.load(shop.folder / kept.name)
        return replace(kept.trained, model=model)
    yield Told(task, f"seed {seed}, training on {shop.sizes.labelled} labels/class")
    X, few = card_sets(shop, seed)
    trained = train(shop, X, few, seed, cards=True)
    name = f"cards-200-{seed}"
    trained.model.save(shop.folder / name)
    # Kept without the images it was trained on, which a model holds.
    shop.keep(key, _Kept(replace(trained, model=shop.model(4, seed)), name))
    return trained


def cards_few(shop: Workshop, seed: int, labels: int, task: str) -> Telling[Judged]:
    """Train on cards of the full circle with a few labels each, and test on others."""
    kept = shop.kept(("cards-few", labels, seed))
    if isinstance(kept, Judged):
        return kept
    yield Told(task, f"seed {seed}, training on {labels} labels/class")
    X, y, _ = make_cards(shop.sizes.unlabelled, FULL, seed=3 * seed + 1, glyphs=shop.glyphs)
    trained = train(shop, X, draw_labels(y, labels, seed), seed, cards=True)
    judged = judge(trained, *cards_to_test(shop, seed, FULL))
    return shop.keep(("cards-few", labels, seed), judged)


def _many(shop: Workshop) -> Events:
    table = Table("cards-200", shop.sizes.labelled)
    for seed in shop.seeds():
        trained = yield from cards_200(shop, seed, table.task)
        for angle in (WIDE, FULL):
            X, y = cards_to_test(shop, seed, angle)
            for method, p in trained.probabilities(X).items():
                _add_accuracy(
                    table, f"cards, test at +-{angle:g} deg", method, p, y, 0.995, trained
                )
    yield from table.rows()


def _add_accuracy(
    table: Table, data: str, method: str, p: Images, y: Classes, goal: float,
    after: Trained | Judged,
) -> None:  # fmt: skip
    table.add(
        data, "accuracy", method, accuracy(p, y), goal=Goal(goal), seconds=after.seconds[method]
    )


def _few(labels: int, goal: float) -> Task:
    name = f"cards-{labels}"

    def run(shop: Workshop) -> Events:
        table = Table(name, labels)
        for seed in shop.seeds():
            judged = yield from cards_few(shop, seed, labels, name)
            for method in METHODS:
                p = judged.probabilities[method]
                _add_accuracy(table, "cards, +-180 deg", method, p, judged.y, goal, judged)
            got = accuracy(judged.probabilities[MODEL], judged.y)
            yield Told(name, f"seed {seed}, accuracy {got:.4f}")
        yield from table.rows()

    about = f"cards on the full circle, {labels} label{'s' if labels > 1 else ''} per class"
    return Task(name, about, f"accuracy >= {goal:g}", run)


def _none(shop: Workshop) -> Events:
    """Clusters without a label, each named by one click; the rivals get the clicks as labels."""
    table, goal = Table("cards-0", 0), Goal(0.95)
    for seed in shop.seeds():
        yield Told(table.task, f"seed {seed}, training without labels")
        X, y, _ = make_cards(shop.sizes.unlabelled, FULL, seed=3 * seed + 1, glyphs=shop.glyphs)
        model = shop.model(4, seed).fit(X)
        clusters, clicked = _clicks(model, X)
        name_of = np.full(4, -1, dtype=np.int64)
        name_of[clusters] = y[clicked]
        X_test, y_test = cards_to_test(shop, seed, FULL)
        right = float((name_of[model.predict(X_test)] == y_test).mean())
        data, note = "cards, +-180 deg", "each cluster is named by its most typical member"
        named = {"named": name_of.tolist()}
        table.add(data, "accuracy", MODEL, right, goal=goal, note=note, details=named)
        cnn = AugmentedCNN(4, seed, shop.sizes.cards_steps, CARDS_SHIFT_PX)
        cnn.fit(X[clicked], y[clicked])
        table.add(data, "accuracy", CNN, accuracy(cnn.predict_proba(X_test), y_test), goal=goal)
        shapes = ShapeClassifier(4).fit(patch_shapes(X[clicked]), y[clicked])
        p = shapes.predict_proba(patch_shapes(X_test))
        table.add(data, "accuracy", SHAPES, accuracy(p, y_test), goal=goal)
        yield Told(table.task, f"seed {seed}, accuracy {right:.4f}")
    yield from table.rows()


def _clicks(model: SSRVAE, X: Images) -> tuple[Classes, Classes]:
    """Return clusters (C,) and the member (C,) of each that its user would look at."""
    p = model.predict_proba(X)
    found = p.argmax(axis=1)
    member = {int(k): int(np.where(found == k, p[:, k], -1).argmax()) for k in np.unique(found)}
    asked = model.label_next(X, n=4)
    # The first of a cluster is its most typical; one that is not offered keeps the confident one.
    for index, reason in reversed(list(zip(asked.indices.tolist(), asked.reasons, strict=True))):
        if reason == "typical":
            member[int(found[index])] = index
    return np.array(list(member)), np.array(list(member.values()))


def _transfer(shop: Workshop) -> Events:
    table, goal = Table("transfer", shop.sizes.labelled), Goal(0.98)
    for seed in shop.seeds():
        trained = yield from cards_200(shop, seed, table.task)
        yield Told(table.task, f"seed {seed}, {len(ANGLES) * len(SHEARS)} cells")
        cells: dict[str, dict[str, float]] = {method: {} for method in METHODS}
        for angle in ANGLES:
            for shear in SHEARS:
                of = 1000 * seed + 30 * ANGLES.index(angle) + shear + 7
                X, y, _ = make_cards(shop.sizes.cell, angle, shear, seed=of, glyphs=shop.glyphs)
                for method, p in trained.probabilities(X).items():
                    cells[method][f"a={angle} s={shear}"] = accuracy(p, y)
        for method, found in cells.items():
            worst = min(found, key=found.__getitem__)
            table.add(
                "cards, a <= 180, s <= 20 deg", "accuracy, worst cell", method, found[worst],
                goal=goal, details={"worst": worst, "cells": found},
            )  # fmt: skip
    yield from table.rows()


def _noise(shop: Workshop) -> Events:
    table = Table("noise", shop.sizes.labelled)
    note = "the model clips it to [0, 1], the others see all of it"
    for seed in shop.seeds():
        trained = yield from cards_200(shop, seed, table.task)
        X, y = cards_to_test(shop, seed, WIDE)
        rng = np.random.default_rng(3 * seed + 2)
        noisy = (X + rng.normal(0, 1, X.shape)).astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ClippedWarning)
            found = trained.probabilities(noisy)
        for method, p in found.items():
            table.add(
                "cards, noise of sigma 1", "accuracy", method, accuracy(p, y),
                goal=Goal(0.95), note=note if method == MODEL else "",
            )  # fmt: skip
        salted = np.where(rng.random(X.shape) < 0.2, np.float32(1), X)
        for method, p in trained.probabilities(salted).items():
            data = "cards, 20 % of pixels at 1"
            table.add(data, "accuracy", method, accuracy(p, y), goal=Goal(0.85))
    yield from table.rows()


CARDS_TASKS = (
    Task(
        "cards-200",
        "cards, 200 upright labels per class, tested at +-60 and +-180 degrees",
        "accuracy >= 0.995",
        _many,
    ),
    _few(5, 0.993),
    _few(1, 0.98),
    Task(
        "cards-0",
        "cards on the full circle, clusters without labels, each named once",
        "accuracy >= 0.95",
        _none,
    ),
    Task(
        "transfer",
        "trained within +-60 degrees and 15 of shear, tested up to 180 and 20: the worst cell",
        "accuracy >= 0.98",
        _transfer,
    ),
    Task(
        "noise",
        "trained on clean cards, tested in noise of sigma 1 and with 20 % of the pixels at 1",
        "accuracy >= 0.95 and 0.85",
        _noise,
    ),
)
