"""What the model tells beside the class: the angle, latents with a meaning, the unseen, honest chances."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.baselines import patch_shapes
from napari_ssrvae.evaluation.bench.cards import FULL, WIDE, card_sets, cards_200, cards_few
from napari_ssrvae.evaluation.bench.particles import judged_agglomerates, judged_real
from napari_ssrvae.evaluation.bench.rivals import Judged, train
from napari_ssrvae.evaluation.bench.rows import (
    CNN,
    METHODS,
    MODEL,
    SHAPES,
    Events,
    Goal,
    Missing,
    Table,
    Task,
    Told,
)
from napari_ssrvae.evaluation.bench.scores import angle_errors, calibration_error, explained
from napari_ssrvae.evaluation.bench.workshop import Workshop
from napari_ssrvae.evaluation.cards import SUITS, make_cards

__all__ = ["INSIGHT_TASKS"]

SYMMETRY = (1, 1, 1, 2)
"""Turns after which a suit looks the same: only the diamond has two."""

CALIBRATION_LABELS = 15

TURNING = (
    "a shear turns the card as well, which a picture hardly tells from the card's own turn; "
    "'perfect_reading' in the details is what remains to be had"
)


def _stretch(
    shear_deg: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the turn (N,) in radians that lies in a shear, and the shear (N,) without it.

    A shear is a stretch followed by a turn (polar decomposition); only the stretch changes the shape.
    """
    tx, ty = np.tan(np.deg2rad(np.asarray(shear_deg, np.float64))).T
    turn = np.arctan2(ty - tx, 2 + tx * ty)
    c, s = np.cos(turn), np.sin(turn)
    # The upper right corner of R^T S with S = [[1, -tx], [-ty, 1 + tx ty]] and R = [[c, s], [-s, c]].
    return turn, -c * tx - s * (1 + tx * ty)


def _angle(shop: Workshop) -> Events:
    table, goal = Table("angle", shop.sizes.labelled), Goal(3.0, at_least=False)
    for seed in shop.seeds():
        trained = yield from cards_200(shop, seed, table.task)
        for reach in (WIDE, FULL):
            X, y, truth = make_cards(shop.sizes.test, reach, seed=3 * seed + 2, glyphs=shop.glyphs)
            found = trained.model.pose(X).angle_rad
            angle = np.deg2rad(truth["angle_deg"].astype(np.float64))
            turn, _ = _stretch(truth["shear_deg"])
            suits = [
                (k, fold, found[y == k], angle[y == k], turn[y == k])
                for k, fold in enumerate(SYMMETRY)
            ]
            seen = [angle_errors(f, a + t, fold) for _, fold, f, a, t in suits]
            drawn = [angle_errors(f, a, fold) for _, fold, f, a, _ in suits]
            # Who reads the picture without error still hardly sees how much of the turn was the shear's.
            least = [angle_errors(a + t, a, fold) for _, fold, _, a, t in suits]
            floor = float(np.median(np.concatenate(least)))
            for metric, errors, note in (
                ("median error, deg, of the angle in the picture", seen, ""),
                ("median error, deg, of the drawn angle", drawn, TURNING),
            ):
                by_suit = {s: float(np.median(e)) for s, e in zip(SUITS, errors, strict=True)}
                table.add(
                    f"cards, test at +-{reach:g} deg", metric, MODEL,
                    float(np.median(np.concatenate(errors))), goal=goal, note=note,
                    details={"by_suit": by_suit, "perfect_reading": floor if note else 0.0},
                )  # fmt: skip
    yield from table.rows()


def _latents(shop: Workshop) -> Events:
    table = Table("latents", shop.sizes.labelled)
    for seed in shop.seeds():
        trained = yield from cards_200(shop, seed, table.task)
        X, y, truth = make_cards(shop.sizes.test, WIDE, seed=3 * seed + 2, glyphs=shop.glyphs)
        _, pure = _stretch(truth["shear_deg"])
        factors: dict[str, tuple[npt.NDArray[np.floating[Any]], Goal]] = {
            "scale": (truth["scale"], Goal(0.95)),
            "shear without its turn": (pure, Goal(0.90)),
            "shear x": (truth["shear_deg"][:, 0], Goal(0.90)),
            "shear y": (truth["shear_deg"][:, 1], Goal(0.90)),
        }
        visible = np.stack([truth["scale"], pure], axis=1)
        inputs = {
            MODEL: trained.model.transform(X),
            CNN: trained.cnn.features(X),
            SHAPES: patch_shapes(X),
        }
        notes = {CNN: "from its hidden layer", SHAPES: "from area, eccentricity, ..."}
        for method, z in inputs.items():
            yield Told(table.task, f"seed {seed}, {method}")
            for name, (factor, goal) in factors.items():
                by_suit = {
                    s: explained(z[y == k], factor[y == k], seed) for k, s in enumerate(SUITS)
                }
                best = explained(visible, factor, seed)
                note = TURNING if best < goal.value and method == MODEL else notes.get(method, "")
                table.add(
                    "cards, test at +-60 deg", f"R2 of {name}", method,
                    float(np.mean(list(by_suit.values()))), goal=goal, note=note,
                    details={"by_suit": by_suit, "perfect_reading": best},
                )  # fmt: skip
    yield from table.rows()


def _novelty(shop: Workshop) -> Events:
    table, goal = Table("novelty", shop.sizes.labelled), Goal(0.98)
    for seed in shop.seeds():
        unseen = seed % len(SUITS)
        seen = np.delete(shop.glyphs, unseen, axis=0)
        yield Told(table.task, f"seed {seed}, training without the {SUITS[unseen]}")
        X, few = card_sets(shop, seed, seen)
        trained = train(shop, X, few, seed, n_classes=len(seen), cards=True)
        for reach in (WIDE, FULL):
            known, _, _ = make_cards(shop.sizes.test, reach, seed=3 * seed + 2, glyphs=seen)
            other = make_cards(
                shop.sizes.test, reach, seed=3 * seed + 2, glyphs=shop.glyphs[[unseen]]
            )[0]
            both = np.concatenate([known, other])
            new = np.arange(len(both)) >= len(known)
            p = trained.probabilities(both)
            scores = {m: 1 - p[m].max(axis=1) for m in (CNN, SHAPES)}
            scores[MODEL] = trained.model.novelty(both)
            for method in METHODS:
                table.add(
                    f"cards, three suits, test at +-{reach:g} deg", "AUROC of the unseen suit",
                    method, float(roc_auc_score(new, scores[method])),
                    goal=goal, seconds=trained.seconds[method],
                    note="" if method == MODEL else "1 - the largest probability",
                    details={"unseen": SUITS[unseen]},
                )  # fmt: skip
    yield from table.rows()


def _calibration_cards(shop: Workshop) -> Events:
    table = Table("calibration-cards", CALIBRATION_LABELS)
    for seed in shop.seeds():
        judged = yield from cards_few(shop, seed, CALIBRATION_LABELS, table.task)
        _add_ece(table, "cards, +-180 deg", judged)
    yield from table.rows()


def _calibration(shop: Workshop) -> Events:
    n = CALIBRATION_LABELS
    table = Table("calibration", n)
    for seed in shop.seeds():
        judged = yield from judged_agglomerates(shop, seed, n, table.task)
        _add_ece(table, "agglomerates", judged)
    try:
        for seed in shop.seeds(10):
            judged = yield from judged_real(shop, "gold", seed, n, table.task)
            _add_ece(table, "gold", judged)
    except InputError as error:
        yield Missing(table.task, str(error))
    yield from table.rows()


def _add_ece(table: Table, data: str, judged: Judged) -> None:
    for method in METHODS:
        error = calibration_error(judged.probabilities[method], judged.y)
        goal = Goal(0.03, at_least=False)
        table.add(data, "ECE, 15 bins", method, error, goal=goal, seconds=judged.seconds[method])


INSIGHT_TASKS = (
    Task(
        "angle",
        "angle of cards after one offset per class, modulo the suit's symmetry",
        "median error <= 3 deg",
        _angle,
    ),
    Task(
        "latents",
        "scale and shear of cards from the content latents, within a class",
        "R2 >= 0.95 (scale), 0.90 (shear)",
        _latents,
    ),
    Task("novelty", "a suit that was not trained, as novelty", "AUROC >= 0.98", _novelty),
    Task(
        "calibration",
        "calibration error at 15 labels per class: agglomerates, gold",
        "ECE <= 0.03",
        _calibration,
    ),
    Task(
        "calibration-cards",
        "calibration error at 15 labels per class: cards",
        "ECE <= 0.03",
        _calibration_cards,
    ),
)
