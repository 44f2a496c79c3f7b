"""The model and its rivals, trained on the same labels and asked the same questions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_ssrvae.evaluation.baselines import AugmentedCNN, ShapeClassifier, patch_shapes
from napari_ssrvae.evaluation.bench.rows import CNN, MODEL, SHAPES, Classes, Images
from napari_ssrvae.evaluation.bench.workshop import Workshop
from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["Judged", "Trained", "accuracy", "judge", "train"]

Array = npt.NDArray[np.float32]
CARDS_SHIFT_PX = 2.8  # standard deviation of the cards' own offsets
PARTICLES_SHIFT_PX = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The three methods after training, and the seconds each took, on the clock and of the processors."""

    model: SSRVAE
    cnn: AugmentedCNN
    shapes: ShapeClassifier
    seconds: dict[str, float]
    cpu_seconds: dict[str, float]

    def probabilities(self, X: Images, shapes: Array | None = None) -> dict[str, Array]:
        """Return (N, K) of each method; `shapes` (N, 4) where better ones are known than the patches tell."""
        measured = patch_shapes(X) if shapes is None else shapes
        return {
            MODEL: self.model.predict_proba(X),
            CNN: self.cnn.predict_proba(X),
            SHAPES: self.shapes.predict_proba(measured),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What the methods say of test patches: true classes (N,), probabilities (N, K), seconds to train."""

    y: Classes
    probabilities: dict[str, Array]
    seconds: dict[str, float]


def train(
    shop: Workshop,
    X: Images,
    few: Classes,
    seed: int,
    *,
    n_classes: int = 4,
    cards: bool,
    shapes: Array | None = None,
) -> Trained:
    """Train all on patches (N, S, S) and classes (N,), -1 = unlabelled.

    Parameters
    ----------
    shop : Workshop
    X, few, seed, n_classes
    cards : bool
        Whether the CNN takes the steps and shifts of the cards or those of particles.
    shapes : (N, 4), optional
        Measures of shape where they are known better than from the patches.
    """
    sizes = shop.sizes
    steps = sizes.cards_steps if cards else sizes.particle_steps
    cnn = AugmentedCNN(n_classes, seed, steps, CARDS_SHIFT_PX if cards else PARTICLES_SHIFT_PX)
    model, classifier = shop.model(n_classes, seed), ShapeClassifier(n_classes)
    labelled = few >= 0
    seconds, cpu_seconds = {}, {}

    def fit_shapes() -> None:
        measured = patch_shapes(X[labelled]) if shapes is None else shapes[labelled]
        classifier.fit(measured, few[labelled])

    ways: dict[str, Callable[[], object]] = {
        MODEL: lambda: model.fit(X, few),
        CNN: lambda: cnn.fit(X, few),
        SHAPES: fit_shapes,
    }
    for method, fit in ways.items():
        began, busy = time.perf_counter(), time.process_time()
        fit()
        seconds[method] = time.perf_counter() - began
        cpu_seconds[method] = time.process_time() - busy
    return Trained(model, cnn, classifier, seconds, cpu_seconds)


def judge(trained: Trained, X_test: Images, y_test: Classes, shapes: Array | None = None) -> Judged:
    """Let all speak of test patches."""
    return Judged(y_test, trained.probabilities(X_test, shapes), trained.seconds)


def accuracy(probabilities: Array, y: Classes) -> float:
    """Return the share of patches whose most probable class is the true one."""
    return float((probabilities.argmax(axis=1) == y).mean())
