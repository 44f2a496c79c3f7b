"""How alive the window is while a model learns 12,800 cards, and what the window costs the training.

    python -m benchmarks.training_window [--cards 12800] [--epochs 5] [--rounds 20] [--docks ...]

Needs a display, a virtual one will do. One window with the workbench and all wide docks open and a micrograph of
12,800 cards, 200 of each class labelled. A timer of 5 ms beats in its event loop; what is told is how much later than
asked for it beat: from the start of the training until the predictions are drawn. In the same run the same fit without
a window, in a process of its own while the window has nothing to do; how long Pause and Stop take; and
how memory and threads are after each of some rounds of train, stop, train again.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

GOALS = {"longest stall": 150.0, "p99": 33.0}
BEAT_MS = 5
WIDE = ("Gallery", "Latent map", "Latents", "Report")


class Heart:
    """Beats in the event loop and keeps how late each beat came."""

    def __init__(self) -> None:
        from qtpy.QtCore import Qt, QTimer

        self.gaps_ms: list[float] = []
        self.at: list[float] = []
        self.last = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin anew."""
        self.gaps_ms, self.at, self.last = [], [], time.perf_counter()
        self._timer.start(BEAT_MS)

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append(1000 * (now - self.last) - BEAT_MS)
        self.at.append(now)
        self.last = now

    def told(self, name: str) -> None:
        """Print how it went, and when the longest stalls were."""
        gaps = np.maximum(self.gaps_ms, 0)
        after = np.array(self.at) - self.at[0]
        worst = np.argsort(gaps)[::-1][:6]
        when = ", ".join(f"{gaps[i]:.0f} at {after[i]:.1f} s" for i in sorted(worst))
        print(
            f"{name}: longest stall {gaps.max():.0f} ms (goal {GOALS['longest stall']:.0f}), "
            f"p99 {np.percentile(gaps, 99):.1f} ms (goal {GOALS['p99']:.0f}), median {np.median(gaps):.1f} ms, "
            f"{len(gaps):,} beats in {after[-1]:.1f} s; longest: {when}"
        )


def table_of_cards(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a micrograph of n cards, the mask of each, and the class 0..3 of each label id from 1."""
    from napari_ssrvae.evaluation.cards import make_cards

    images, classes, _ = make_cards(n // 4, max_angle_deg=60, seed=0)
    columns = int(np.ceil(np.sqrt(len(images))))
    rows = int(np.ceil(len(images) / columns))
    edge = images.shape[-1]
    picture = np.zeros((rows * edge, columns * edge), np.float32)
    labels = np.zeros(picture.shape, np.int32)
    for number, card in enumerate(images):
        row, column = divmod(number, columns)
        at = (
            slice(row * edge, (row + 1) * edge),
            slice(column * edge, (column + 1) * edge),
        )
        picture[at] = card
        labels[at] = np.where(card > 0.2, number + 1, 0)
    return np.round(255 * picture).astype(np.uint8), labels, classes


class Watch(threading.Thread):
    """Tells where the main thread is while no beat comes; it disturbs what it looks at, so not by itself."""

    def __init__(self, heart: Heart, late_ms: float = 60) -> None:
        super().__init__(daemon=True)
        self._heart, self._late = heart, late_ms / 1000
        self._main = threading.get_ident()
        self.ended = threading.Event()

    def run(self) -> None:
        """Look every few milliseconds; tell each stall at most every 40 ms."""
        while not self.ended.wait(0.01):
            if time.perf_counter() - self._heart.last < self._late:
                continue
            frame = sys._current_frames().get(self._main)
            where = [
                f"{Path(at.filename).name}:{at.lineno} {at.name}"
                for at in traceback.extract_stack(frame)
                if "napari" in at.filename or "import" in at.filename
            ]
            late = 1000 * (time.perf_counter() - self._heart.last)
            print(f"   {late:.0f} ms late in " + " > ".join(where[-9:]), flush=True)
            self.ended.wait(0.04)


class Window:
    """A window with every dock open on a library of cards."""

    def __init__(self, n: int, docks: tuple[str, ...]) -> None:
        import napari
        from qtpy.QtWidgets import QApplication

        from napari_ssrvae.docks.canvas import canvas_of
        from napari_ssrvae.docks.window import open_workbench
        from napari_ssrvae.library import AssignClass
        from napari_ssrvae.workflow import ParticlesFound, find_particles

        picture, labels, classes = table_of_cards(n)
        self.viewer = napari.Viewer()
        self.viewer.window.resize(1600, 950)
        open_workbench(self.viewer)
        self.app: Any = QApplication.instance()
        self.canvas = canvas_of(self.viewer)
        self.session = self.canvas.session
        self.viewer.add_image(picture, name="cards")
        self.canvas.preview.switch(False)
        state = self.session.current
        assert state is not None
        events = find_particles(state.micrograph, labels=labels)
        found = next(event for event in events if isinstance(event, ParticlesFound))
        self.session.accept_particles(state, found)
        rng = np.random.default_rng(0)
        kinds = [c for c in self.session.classes if not c.reserved]
        for k, kind in enumerate(kinds[:4]):
            chosen = rng.choice(np.flatnonzero(classes == k) + 1, 200, replace=False)
            self.session.do(AssignClass(tuple(state.particle_ids[chosen].tolist()), kind.class_id))
        for name in docks:
            self.canvas.open_dock(name)
        self.run = self.canvas.training
        # Some seconds after a library was opened, torch is loaded in the background.
        self.until(lambda: "napari_ssrvae.ssrvae.estimator" in sys.modules, 60)
        self.settle(3.0)

    def settle(self, seconds: float) -> None:
        """Let the event loop run."""
        from qtpy.QtTest import QTest

        QTest.qWait(round(1000 * seconds))

    def until(self, done: Callable[[], bool], most_s: float = 600) -> float:
        """Run the event loop until something is so; return the seconds it took."""
        from qtpy.QtCore import QEvent, QEventLoop, QTimer

        start = time.perf_counter()
        loop, look = QEventLoop(), QTimer()

        def check() -> None:
            if done() or time.perf_counter() - start > most_s:
                loop.quit()

        look.timeout.connect(check)
        look.start(10)
        loop.exec()
        look.stop()
        # What was asked to be deleted is, as in a loop that runs all the time.
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if not done():
            raise SystemExit(f"Not done within {most_s:.0f} s.")
        return time.perf_counter() - start


def alone(library: Path, epochs: int) -> None:
    """Print the seconds of the fit with nothing beside it; in a process of its own."""
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.workflow import Trained, TrainingSet, train_model

    with ParticleLibrary.open(library, read_only=True) as opened:
        data = TrainingSet.from_library(opened)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for event in train_model(
            data, parameters_of(epochs), name="alone", folder=Path(folder) / "alone"
        ):
            if isinstance(event, Trained):
                print(time.perf_counter() - began)


def without_window(window: Window, epochs: int) -> float:
    """Return the seconds of the same fit in a process without a window, while ours has nothing to do."""
    library = window.session.need_library().folder
    command = [sys.executable, "-m", "benchmarks.training_window", "--alone", str(library)]
    done = subprocess.run(
        [*command, "--epochs", str(epochs)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def parameters_of(epochs: int) -> Any:
    """Return the parameters of every fit here."""
    from napari_ssrvae.ssrvae import SSRVAEParameters

    return SSRVAEParameters(epochs=epochs, early_stopping=False)


def memory_mib() -> float:
    """Return what this process holds in memory now."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def measure_training(
    window: Window, heart: Heart, parameters: Any, without: float, why: bool
) -> None:
    """Train once to the end."""
    heart.start()
    watch = Watch(heart)
    if why:
        watch.start()
    began = time.perf_counter()
    window.run.start(parameters, seed=0)
    window.until(lambda: not window.run.running)
    took = time.perf_counter() - began
    window.settle(1.0)
    heart.stop()
    watch.ended.set()
    if window.run.error:
        raise SystemExit(window.run.error)
    heart.told("training in the window")
    print(
        f"training: {took:.1f} s in the window, {without:.1f} s without: {took / without:.2f} x (goal 1.2)"
    )


def measure_stops(window: Window, parameters: Any, times: int) -> None:
    """Print how long Pause, going on, and Stop take until they have taken effect."""
    pauses, stops = [], []
    rng = np.random.default_rng(1)
    for _ in range(times):
        window.run.start(parameters, seed=0)
        window.until(lambda: len(window.run.steps) > 1 if hasattr(window.run, "steps") else True)
        window.settle(float(rng.uniform(0.2, 3)))
        window.run.pause()
        pauses.append(window.until(lambda: window.run.paused))
        window.run.go_on()
        window.until(lambda: not window.run.paused)
        window.run.stop()
        # No batch is learnt from any more: the predictions of the best so far begin.
        stops.append(
            window.until(lambda: window.run.text.startswith("Predict") or not window.run.running)
        )
        window.until(lambda: not window.run.running)
    for name, took in (("Pause", pauses), ("Stop", stops)):
        print(
            f"{name} takes effect in {np.median(took):.2f} s (longest {max(took):.2f} of {times}, goal 1)"
        )


def measure_rounds(window: Window, parameters: Any, rounds: int) -> None:
    """Print memory and threads over rounds of train, stop, train again."""
    held, threads = [], []
    rng = np.random.default_rng(2)
    for number in range(rounds):
        window.run.start(parameters, seed=number)
        window.until(lambda: len(window.run.history) > 0 or window.run.fraction > 0.02)
        window.settle(float(rng.uniform(0.1, 1)))
        window.run.stop()
        window.until(lambda: not window.run.running)
        window.settle(0.3)
        gc.collect()
        held.append(memory_mib())
        threads.append(threading.active_count())
    if rounds:
        from qtpy.QtCore import QThreadPool

        busy = QThreadPool.globalInstance().activeThreadCount()
        # The first rounds fill caches (thumbnails, torch's workspaces): both numbers are told.
        print(
            f"{rounds} rounds: memory {held[0]:.0f} MiB after the first, {held[min(4, rounds - 1)]:.0f} after the "
            f"fifth, {held[-1]:.0f} after the last: {100 * (held[-1] / held[0] - 1):+.1f} % (goal < 5); "
            f"Python threads {threads[0]} -> {threads[-1]}, {busy} of Qt's busy"
        )
        print("   MiB: " + " ".join(f"{mib:.0f}" for mib in held))


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=12_800)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--stops", type=int, default=5)
    parser.add_argument("--docks", nargs="*", default=list(WIDE))
    parser.add_argument("--why", action="store_true", help="tell where the main thread stalls")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        alone(options.alone, options.epochs)
        return
    parameters = parameters_of(options.epochs)
    with tempfile.TemporaryDirectory() as home:
        os.environ["NAPARI_SSRVAE_LIBRARIES"] = str(Path(home) / "libraries")
        window = Window(options.cards, tuple(options.docks))
        try:
            heart = Heart()
            heart.start()
            window.settle(5)
            heart.stop()
            heart.told("nothing to do")
            seconds = without_window(window, options.epochs)
            measure_training(window, heart, parameters, seconds, options.why)
            measure_stops(window, parameters, options.stops)
            measure_rounds(window, parameters, options.rounds)
        finally:
            window.session.close()
            window.viewer.close()


if __name__ == "__main__":
    main()
