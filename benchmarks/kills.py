"""What is lost when a labelling process is killed, again and again, at any moment.

    python -m benchmarks.kills [--kills 100] [--seed 0]

A process labels one particle or many, answers the queue, changes classes, edits the mask, takes acts back and does them
again, on a canvas with its layers. It says what it is about to do, and once it is done what the layers show. At a
random moment it gets SIGKILL, also while the library is being opened. Then the library is opened anew: what is shown
must be what was shown last, or that with the act that was under way; and the last acts are taken back and done again,
at the end all of them: each state must be one that was shown. Prints the counts; the exit status is 1 if any is not 0.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from tests.docks.labelling_process import begin, opened, shown, work
from tests.library.killing import killed_child

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.errors import InputError

BACK = 12
"""Acts that are taken back and done again after each kill."""


@dataclass
class Truth:
    """What was shown, as a history."""

    now: str
    past: list[str] = field(default_factory=list)
    future: list[str] = field(default_factory=list)
    acts: int = 0

    def see(self, kind: str, digest: str) -> None:
        """Take note of what was shown after an act."""
        if digest == self.now:
            return
        self.acts += 1
        if kind == "undo":
            assert self.past[-1] == digest, "an undo showed another state than the one before"
            self.future.append(self.now)
            self.past.pop()
        elif kind == "redo":
            assert self.future[-1] == digest, "a redo showed another state than the one after"
            self.past.append(self.now)
            self.future.pop()
        else:
            self.past.append(self.now)
            self.future.clear()
        self.now = digest

    def intact(self, canvas: Canvas, most: int) -> bool:
        """Take acts back and do them again; return whether each state was the one that was shown."""
        there = min(most, len(self.past))
        for n in range(1, there + 1):
            if not canvas.session.undo() or shown(canvas) != self.past[-n]:
                return False
        if there == len(self.past) and canvas.session.need_library().can_undo:
            return False
        for _ in range(there):
            canvas.session.redo()
        return shown(canvas) == self.now and canvas.session.need_library().can_redo == bool(
            self.future
        )


def main() -> int:
    """Kill, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    multiprocessing.set_forkserver_preload(["tests.docks.labelling_process", "sklearn.cluster"])
    start = perf_counter()
    lost = closed = broken = under_way = opening = 0
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "library"
        begin(folder)
        with opened(folder) as canvas:
            truth = Truth(shown(canvas))
        for number in range(options.kills):
            # One in ten while the library is being opened.
            reports = 0 if number % 10 == 9 else chance.randint(1, 60)
            later = chance.uniform(0, 0.03 if reports else 2.5)
            child = partial(work, folder, options.seed * 1000 + number)
            last = ""
            for line in (said := killed_child(child, reports, later, "forkserver")):
                word, kind, *digest = last = line.split()
                if word == "shown":
                    truth.see(kind, *digest)
            opening += not said
            try:
                with opened(folder) as canvas:
                    digest = shown(canvas)
                    if digest != truth.now and last and last[0] == "begin":
                        under_way += 1
                        truth.see(last[1], digest)
                    lost += digest != truth.now
                    broken += not truth.intact(canvas, BACK)
            except (InputError, AssertionError) as error:
                print(f"kill {number}: {error}", file=sys.stderr)
                closed += 1
        with opened(folder) as canvas:
            broken += not truth.intact(canvas, len(truth.past))
    print(f"{options.kills} kills, {opening} of them while opening; {truth.acts:,} acts were shown")
    print(f"{under_way} acts were saved and killed before they were shown")
    print(f"{lost} kills after which something shown was lost")
    print(f"{closed} libraries that did not open")
    print(
        f"{broken} histories that were not intact ({len(truth.past):,} acts taken back at the end)"
    )
    print(f"{perf_counter() - start:.0f} s")
    return int(bool(lost or closed or broken))


if __name__ == "__main__":
    sys.exit(main())
