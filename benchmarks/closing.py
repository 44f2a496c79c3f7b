"""Closing the window while a model trains: the process ends within 3 s, whenever it is closed.

    python -m benchmarks.closing [--times 50] [--cards 12800] [--seed 0]

Needs a display, a virtual one will do. A library of cards is made once. Then processes are started, each with a
window that opens a copy of it and trains. Most are closed at a random moment of the training; the others are closed
right after its start, paused, while predicting after a Stop, and quit instead of closed. Told is how long each took
from the closing to the end of its process, what it wrote to standard error, whether the checkpoint was kept, and how
many ended within the goal.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

GOAL_S = 3.0
WAYS = ("learning", "learning", "learning", "start", "paused", "predicting", "quit")
SIGN = "closing now"
STARTING_S = 300


def make_library(folder: Path, n: int) -> None:
    """Make a library of cards with 40 labels of each class."""
    import numpy as np

    from benchmarks.training_window import table_of_cards
    from napari_ssrvae.library import AssignClass
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.session import Session
    from napari_ssrvae.workflow import ParticlesFound, find_particles

    picture, labels, classes = table_of_cards(n)
    session = Session(folder.parent)
    session.create_library(folder)
    state = session.add_micrograph(Micrograph.from_array(picture, name="cards"))
    events = find_particles(state.micrograph, labels=labels)
    found = next(event for event in events if isinstance(event, ParticlesFound))
    session.accept_particles(state, found)
    kinds = [c for c in session.classes if not c.reserved][:4]
    for k, kind in enumerate(kinds):
        rows = np.flatnonzero(classes == k)[:40] + 1
        session.do(AssignClass(tuple(state.particle_ids[rows].tolist()), kind.class_id))
    session.close()


def one_window(library: Path, way: str, wait_s: float) -> None:
    """Open a window on the library, train, and close it; in a process of its own."""
    import napari
    from qtpy.QtCore import QTimer

    from napari_ssrvae.docks.canvas import canvas_of
    from napari_ssrvae.docks.window import open_workbench
    from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

    viewer = napari.Viewer()
    open_workbench(viewer)
    canvas = canvas_of(viewer)
    canvas.session.open_library(library)
    run: Any = canvas.training
    asked: list[float] = []

    def close() -> None:
        # The clock of the process that waits for our end, too.
        print(f"{SIGN} {time.time()} {run.text}", flush=True)
        if way == "quit":
            viewer.window._qt_window.close(quit_app=True)
        else:
            viewer.close()

    def begun() -> bool:
        return way == "start" or bool(run.steps)

    def arrived() -> bool:
        if way == "paused":
            run.pause()
            return bool(run.paused)
        if way == "predicting":
            run.stop()
            # Stopped before anything was learned, there is nothing to predict.
            return bool(run.text.startswith("Predict")) or not run.running
        return True

    def look() -> None:
        if not asked and begun():
            asked.append(time.monotonic() + wait_s)
        if asked and time.monotonic() >= asked[0] and arrived():
            timer.stop()
            close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(10)
    QTimer.singleShot(500, lambda: run.start(SSRVAEParameters(epochs=50), seed=0))
    napari.run()


def watch(library: Path, way: str, wait_s: float) -> tuple[float, str, str, bool]:
    """Return the seconds from closing to the end, what the run said last, standard error, and whether it was kept."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "library"
        shutil.copytree(library, copy)
        command = [sys.executable, "-m", "benchmarks.closing", "--one", str(copy)]
        command += ["--way", way, "--wait", str(wait_s)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=STARTING_S, check=False
        )
        ended = time.time()
        lines = [line for line in done.stdout.splitlines() if line.startswith(SIGN)]
        if not lines:
            return float("nan"), "never closed", done.stderr, False
        _, _, at, *text = lines[-1].split(" ", 3)
        kept = any((copy / "models").glob(".*.training"))
        said = " ".join(text)
        if done.returncode:
            said += f" (ended with {done.returncode})"
        return ended - float(at), said, done.stderr.strip(), kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--cards", type=int, default=12800)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", type=Path)
    parser.add_argument("--way", choices=sorted(set(WAYS)))
    parser.add_argument("--wait", type=float)
    options = parser.parse_args()
    if options.one is not None:
        one_window(options.one, options.way, options.wait)
        return
    os.environ.setdefault("NAPARI_CONFIG", "")
    chance = random.Random(options.seed)
    bad = 0
    longest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "cards"
        make_library(library, options.cards)
        for number in range(1, options.times + 1):
            way = WAYS[(number - 1) % len(WAYS)]
            wait = chance.uniform(0, 0.3) if way == "start" else chance.uniform(0, 5)
            took, said, errors, kept = watch(library, way, wait)
            good = took <= GOAL_S and not errors
            bad += not good
            longest = max(longest, took)
            print(
                f"{number:3d} {way:10s} after {wait:4.1f} s: ended within {took:.2f} s"
                f"{', checkpoint kept' if kept else ''}{'' if good else '  <-- NOT GOOD'}; {said}",
                flush=True,
            )
            if errors:
                print(errors[-1500:], flush=True)
    print(
        f"{options.times - bad} of {options.times} ended within {GOAL_S:.0f} s with nothing on standard error; "
        f"the longest took {longest:.2f} s"
    )


if __name__ == "__main__":
    main()
