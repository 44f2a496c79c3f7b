"""How quick a large library is: 100,000 particles of ten micrographs, a model that has spoken.

    python -m benchmarks.library [--particles 100000] [--rounds 50]

Prints median and 95th percentile in ms: patches of 150 particles drawn from all (after a first look at each file);
labels of one and of 1,000 particles in one act, until they are committed; their undo; all predictions; the move to
memory when the disk is full, an act then, and saving 1,000 unsaved labels.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from napari_ssrvae.library import AssignClass, ParticleLibrary
from napari_ssrvae.micrographs import Micrograph

SIZE, EDGE, MICROGRAPHS = 2048, 48, 10


def fill(library: ParticleLibrary, n: int) -> None:
    """Put micrographs with n particles in all into a library, and a model's predictions."""
    per = n // MICROGRAPHS
    rng = np.random.default_rng(0)
    across = int(np.ceil(np.sqrt(per)))
    pitch = SIZE // across
    mask = np.zeros((SIZE, SIZE), np.int32)
    for i in range(per):
        y, x = pitch * (i // across), pitch * (i % across)
        mask[y : y + pitch - 2, x : x + pitch - 2] = i + 1
    ids = np.arange(1, per + 1)
    table = pd.DataFrame(
        {
            name: rng.random(per)
            for name in ("centroid_y_px", "centroid_x_px", "area_px", "solidity")
        },
        index=pd.Index(ids, name="label_id"),
    )
    for number in range(MICROGRAPHS):
        image = rng.integers(0, 255, (SIZE, SIZE), dtype=np.uint8)
        added = library.add_micrograph(Micrograph.from_array(image, name=f"m{number}"))
        patches: Any = SimpleNamespace(
            images=rng.random((per, EDGE, EDGE), dtype=np.float32),
            label_ids=ids,
            window_px=EDGE,
            clipped=np.zeros(per, bool),
        )
        library.set_particles(added, mask, table, patches, parameters={})
    every = library.particles().index.to_numpy()
    classes = [c.class_id for c in library.classes() if not c.reserved]
    library.add_model(
        "m", parameters={}, seed=0, class_ids=classes, n_labels=0, versions={}, metrics={}
    )
    library.set_predictions(
        "m",
        every,
        probabilities=rng.dirichlet(np.ones(len(classes)), len(every)),
        class_ids=classes,
        novelty=rng.random(len(every)),
        angle_rad=rng.random(len(every)),
        offset_px=rng.random((len(every), 2)),
        latents=rng.random((len(every), 8)),
    )


def timed(name: str, rounds: int, work: Callable[[int], object]) -> None:
    """Print how long `work` takes."""
    took = []
    for number in range(rounds):
        start = perf_counter()
        work(number)
        took.append(1000 * (perf_counter() - start))
    median, late = np.percentile(took, [50, 95])
    print(f"{name:48s} {median:9.1f} {late:9.1f}", flush=True)


class Full(sqlite3.Connection):
    """A disk that can be full."""

    full = False

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run a statement, or say that there is no room."""
        if Full.full and sql == "BEGIN IMMEDIATE":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return super().execute(sql, *values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    connect = sqlite3.connect

    def failing(path: Any, *values: Any, **more: Any) -> sqlite3.Connection:
        if "library.sqlite" in str(path):
            more["factory"] = Full
        return connect(path, *values, **more)

    sqlite3.connect = failing  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as home:
        with ParticleLibrary.create(Path(home) / "large") as library:
            fill(library, options.particles)
        start = perf_counter()
        with ParticleLibrary.open(Path(home) / "large") as library:
            print(f"opened in {1000 * (perf_counter() - start):.0f} ms")
            rng = np.random.default_rng(1)
            n, rounds = options.particles, options.rounds
            some = [np.sort(rng.choice(n, 150, replace=False)) + 1 for _ in range(rounds)]
            many = [tuple((rng.choice(n, 1000, replace=False) + 1).tolist()) for _ in range(rounds)]
            library.patches(range(1, n + 1, 97))
            print(f"{'ms':48s} {'median':>9s} {'95 %':>9s}")
            timed("patches of 150", rounds, lambda i: library.patches(some[i]))
            near = [range(i * 150 + 1, i * 150 + 151) for i in range(rounds)]
            timed("patches of 150 neighbours", rounds, lambda i: library.patches(near[i]))
            timed("label 1", rounds, lambda i: library.do(AssignClass((i + 1,), i % 4 + 1)))
            timed("label 1,000", rounds, lambda i: library.do(AssignClass(many[i], i % 4 + 1)))
            timed("undo 1,000", rounds, lambda _: library.undo())
            timed("labels", rounds, lambda _: library.labels())
            timed("predictions of all", 3, lambda _: library.predictions())
            timed("particles of all", 3, lambda _: library.particles())
            Full.full = True
            timed("label 1, the disk is full", 1, lambda _: library.do(AssignClass((1,), 3)))
            assert library.unsaved == 1
            timed("label 1 more", rounds, lambda i: library.do(AssignClass((i + 2,), 3)))
            library.do(AssignClass(many[0], 4))
            Full.full = False
            timed("save that", 1, lambda _: library.save_unsaved())
            assert library.unsaved == 0


if __name__ == "__main__":
    main()
