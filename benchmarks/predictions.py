"""How quickly new predictions are in the picture: 4096 x 4096 pixels, 10,000 particles, all panels open.

    python -m benchmarks.predictions [--size 4096] [--times 20]

Needs a display, a virtual one will do. For three zooms: from the moment at which new predictions are known until the
swap of the window's buffers that shows them, and the same for a move of the threshold below which predictions are
unsure, beside what drawing the unchanged window costs (the part that no plugin can save). Then how long all panels
together hold the event loop after it, with arrows of the poses too, and the counts of 100,000 particles.
Prints median and 95th percentile in ms.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.labelling import ZOOMS, Screen

GOAL_MS = 50.0
N_COUNTED = 100_000


class Predictions:
    """Made-up models of the particles of a screen, whose predictions become known one after the other."""

    def __init__(self, screen: Screen) -> None:
        self.screen, self.session = screen, screen.session
        self.rng = np.random.default_rng(0)
        self.class_ids = [c.class_id for c in self.session.classes[:4]]
        self.ids = self.session.catalogue.particle_ids
        library = self.session.need_library()
        for name in ("one", "two"):
            n = len(self.ids)
            library.add_model(
                name,
                parameters={},
                seed=0,
                class_ids=self.class_ids,
                n_labels=0,
                versions={},
                metrics={},
            )
            library.set_predictions(
                name,
                self.ids,
                probabilities=self.rng.dirichlet(np.full(len(self.class_ids), 0.4), n),
                class_ids=self.class_ids,
                novelty=self.rng.beta(1, 9, n),
                angle_rad=self.rng.uniform(-3, 3, n),
                offset_px=self.rng.normal(0, 1, (n, 2)),
                latents=self.rng.normal(0, 1, (n, 2)),
            )
        # As after opening the library again: all of it is shown.
        self.session.open_library(library.folder)
        screen.settle()

    def next_ones(self) -> None:
        """Let the particles change their predictions among each other, and tell everybody."""
        catalogue, state = self.session.catalogue, self.screen.state
        order = self.rng.permutation(len(catalogue))
        for column in (catalogue.by_model, catalogue.probability, catalogue.novelty):
            column[:] = column[order]
        at = catalogue.label_ids
        state.by_model[at], state.probability[at] = catalogue.by_model, catalogue.probability
        state.novelty[at] = catalogue.novelty
        self.session.predictions_changed.emit()
        self.session.catalogue_changed.emit()

    def threshold(self) -> None:
        """Move the threshold."""
        self.session.set_unsure_below(float(self.rng.uniform(0.3, 0.99)))


def told(name: str, times: list[float], goal: float | None = None) -> None:
    """Print one row."""
    against = "" if goal is None else f"   goal {goal:g}"
    median, late = np.median(times), np.percentile(times, 95)
    print(f"{name:44s} {len(times):4d}  {median:7.1f}  {late:7.1f}{against}", flush=True)


def until_idle(screen: Screen, act: Callable[[], object]) -> float:
    """Return the longest that the event loop is held by an act and what follows from it, in ms."""
    screen.settle()
    start = perf_counter()
    act()
    longest = perf_counter() - start
    end = perf_counter() + 0.4
    while perf_counter() < end:
        start = perf_counter()
        screen.app.processEvents()
        longest = max(longest, perf_counter() - start)
    return 1000 * longest


def measure(screen: Screen, times: int) -> None:
    """Print the table."""
    predictions = Predictions(screen)
    widget = screen.widget
    print(f"{screen.state.n_particles:,} particles, canvas {widget.width()} x {widget.height()}")
    print(f"{'':44s} {'n':>4s}  {'median':>7s}  {'p95':>7s}   ms")
    for zoom in ZOOMS:
        name = "whole in view" if zoom is None else f"zoom {zoom:g}"
        if zoom is None:
            screen.viewer.reset_view()
        else:
            screen.viewer.scene.camera.zoom = zoom
        screen.settle()
        for what, act, goal in (
            ("window as it is", widget.update, None),
            ("predictions known to shown", predictions.next_ones, GOAL_MS),
            ("unsure threshold moved to shown", predictions.threshold, GOAL_MS),
        ):
            screen.until_seen(act)
            told(f"{name}: {what}", [screen.until_seen(act) for _ in range(times)], goal)
    screen.viewer.reset_view()
    for what, act in (
        ("predictions", predictions.next_ones),
        ("threshold", predictions.threshold),
    ):
        told(f"longest turn of the loop: {what}", [until_idle(screen, act) for _ in range(5)])
    screen.canvas.arrows.switch(True)
    screen.settle()
    until_idle(screen, predictions.next_ones)
    held = [until_idle(screen, predictions.next_ones) for _ in range(5)]
    told("longest turn of the loop: and arrows", held)


def counts(times: int) -> None:
    """Print how long it takes to sum up many particles."""
    from napari_ssrvae.library import ParticleClass
    from napari_ssrvae.session.showing import show, summarise

    rng = np.random.default_rng(0)
    hand = np.where(rng.random(N_COUNTED) < 0.01, rng.integers(1, 6, N_COUNTED), 0).astype(np.uint8)
    model = rng.integers(1, 6, N_COUNTED).astype(np.uint8)
    sure, novelty, size = rng.random((3, N_COUNTED)).astype(np.float32)
    classes = [ParticleClass(i, f"class {i}", "#ffffff", i) for i in range(1, 6)]

    def once() -> float:
        start = perf_counter()
        shown = show(hand, model, sure, novelty, unsure_below=0.8, novel_above=0.9)
        summarise(classes, shown, model, size, "nm")
        return 1000 * (perf_counter() - start)

    told(f"counts of {N_COUNTED:,} particles", [once() for _ in range(times)], 20.0)


def main() -> None:
    """Make the window, measure, close it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NAPARI_SSRVAE_LIBRARIES"] = str(Path(home) / "libraries")
        screen = Screen(options.size)
        try:
            measure(screen, options.times)
        finally:
            screen.session.close()
            screen.viewer.close()
    counts(options.times)


if __name__ == "__main__":
    main()
