"""What a training below the window costs and how soon it listens, on 12,800 cards.

    python -m benchmarks.training [--cards 12800] [--epochs 2]

Needs no display. A training is abandoned in each of its parts: while the particles are looked at, in the steps, and
while they are predicted. Told is the longest time between two events (so long it can be deaf), how soon it ends, what
checkpoints and pictures cost, how long a training with a few more labels takes when it goes on from a model, how good
both are, and how long the finished model holds the thread that owns the library.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.closing import make_library
from benchmarks.training_window import table_of_cards
from napari_ssrvae.session import Session
from napari_ssrvae.workflow import (
    Trained,
    TrainingSet,
    broken_off,
    discard,
    free_model_name,
    resume_training,
    storing,
    train_model,
)

PARTS = (("looking", "FitPreparing"), ("learning", "StepEvent"), ("predicting", "Progress"))


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cards", type=int, default=12800)
    parser.add_argument("--epochs", type=int, default=2)
    asked = parser.parse_args()
    n = asked.cards
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "library"
        make_library(folder, n)
        session = Session(Path(home))
        session.open_library(folder)
        try:
            measure(session, table_of_cards(n)[2], asked.epochs)
        finally:
            session.close()


def measure(session: Session, classes: np.ndarray, epochs: int) -> None:
    """Train, abandon, go on, go on from the model; print each."""
    from napari_ssrvae.ssrvae import SSRVAEParameters, pictures, progress

    library, p = session.need_library(), SSRVAEParameters(epochs=epochs)
    # Loading torch takes seconds, which are not those of a training.
    import_module("napari_ssrvae.ssrvae.estimator")
    costs: dict[str, list[float]] = {"pictures": [], "checkpoint": []}
    for name, owner, what in (
        ("pictures", pictures.FitPainter, "_draw"),
        ("checkpoint", progress, "write"),
    ):
        setattr(owner, what, timed(getattr(owner, what), costs[name]))

    def start(abandon: threading.Event, **more: Any) -> Iterator[Any]:
        name = free_model_name(library)
        data = TrainingSet.from_library(library)
        return train_model(
            data, p, name=name, folder=library.model_folder(name), device="cpu",
            abandon=abandon, **more,
        )  # fmt: skip

    for part, kind in PARTS[:2]:
        abandon = threading.Event()
        deaf, ended = follow(start(abandon), abandon, kind, 10)
        print(f"{part}: at most {deaf:.2f} s between two events, abandoned in {ended:.2f} s")
        for broken in broken_off(library):
            discard(broken)
    abandon, began = threading.Event(), time.perf_counter()
    deaf, ended = follow(start(abandon), abandon, *PARTS[2][1:], 10)
    took = time.perf_counter() - began
    print(f"{PARTS[2][0]}: at most {deaf:.2f} s between two events, abandoned in {ended:.2f} s")
    for name, seconds in costs.items():
        print(
            f"{name}: {len(seconds)} times, {1e3 * np.median(seconds):.0f} ms each, "
            f"{100 * sum(seconds) / took:.1f} % of {took:.0f} s"
        )
    trained = list(storing(library, resume_training(library, broken_off(library)[0])))[-1]
    assert isinstance(trained, Trained)
    print(f"accepted in {1e3 * accept(session, trained):.0f} ms; right {right(session, classes)}")
    ids, free = session.catalogue.particle_ids, session.catalogue.by_hand == 0
    kinds = trained.predictions.class_ids
    for k, class_id in enumerate(kinds):
        more = ids[np.flatnonzero(free & (true_of(session, classes) == k))[:40]]
        session.assign(more, class_id)
    began = time.perf_counter()
    warm = list(storing(library, start(threading.Event(), warm_from=trained.folder)))[-1]
    took = time.perf_counter() - began
    assert isinstance(warm, Trained)
    print(f"with as many labels again, going on from the model: {took:.1f} s", end="; ")
    print(f"accepted in {1e3 * accept(session, warm):.0f} ms; right {right(session, classes)}")


def timed(work: Any, seconds: list[float]) -> Any:
    """Return `work`, which notes how long it took each time."""

    def run(*given: Any, **more: Any) -> Any:
        began = time.perf_counter()
        try:
            return work(*given, **more)
        finally:
            seconds.append(time.perf_counter() - began)

    return run


def follow(
    events: Iterator[Any], abandon: threading.Event, kind: str, number: int
) -> tuple[float, float]:
    """Abandon at the number-th event of a kind; return the longest gap before it and the time to the end."""
    last, longest, at = time.perf_counter(), 0.0, None
    for event in events:
        now = time.perf_counter()
        number -= type(event).__name__ == kind
        if at is None:
            longest = max(longest, now - last)
        if number == 0 and at is None:
            abandon.set()
            at = now
        last = now
    return longest, time.perf_counter() - (at or last)


def accept(session: Session, trained: Trained) -> float:
    """Return the seconds that it takes until a model is in the library and shown."""
    began = time.perf_counter()
    session.accept_training(trained)
    return time.perf_counter() - began


def true_of(session: Session, classes: np.ndarray) -> np.ndarray:
    """Return the true class of each particle of the catalogue."""
    return np.asarray(classes)[session.catalogue.label_ids - 1]


def right(session: Session, classes: np.ndarray) -> str:
    """Return how many of the particles without a label are predicted right."""
    catalogue = session.catalogue
    free = catalogue.by_hand == 0
    kinds = np.asarray(catalogue.model_class_ids)
    found = kinds[true_of(session, classes)] == catalogue.by_model
    return f"{100 * found[free].mean():.1f} %"


if __name__ == "__main__":
    main()
