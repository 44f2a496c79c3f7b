"""How quick an edit of the mask by hand is: 4096 x 4096 pixels, 10,000 particles.

    python -m benchmarks.editing [--rounds 30] [--size 4096]

For each kind of edit the time from the call until the library has committed it (all that must be over before
anything is shown), and until the session has told it (mask, table and boxes of what is shown are up to date);
the same for undo and redo, and for deleting 100 at once. Prints median and 95th percentile in ms.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import MicrographState, Session
from napari_ssrvae.workflow import ParticlesFound, find_particles

PITCH = 40.96


def made(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return an image and a mask of disks on a grid, every second pair in a row touching."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    n = int(size / PITCH)
    row, column = (y // PITCH).astype(np.int32), (x // PITCH).astype(np.int32)
    near = PITCH / 2 + np.where(column % 2 == 0, 6, -6)
    inside = np.hypot(y - row * PITCH - PITCH / 2, x - column * PITCH - near) < 14
    inside &= (row < n) & (column < n)
    labels = np.where(inside, row * n + column + 1, 0).astype(np.int32)
    noise = np.random.default_rng(0).normal(0, 12, labels.shape)
    return np.clip(60 + 120 * inside + noise, 0, 255).astype(np.uint8), labels


class Clock:
    """Takes the time until the commit and until the end of what the session does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.committed: defaultdict[str, list[float]] = defaultdict(list)
        self.told: defaultdict[str, list[float]] = defaultdict(list)
        library = session.need_library()
        self._end = 0.0
        for name in ("do", "undo", "redo"):
            setattr(library, name, self._marked(getattr(ParticleLibrary, name).__get__(library)))

    def _marked(self, act: Callable[..., object]) -> Callable[..., object]:
        def marked(*values: object) -> object:
            result = act(*values)
            self._end = perf_counter()
            return result

        return marked

    def time(self, name: str, act: Callable[[], object]) -> None:
        """Do `act` and note how long it took."""
        start = perf_counter()
        act()
        self.told[name].append(perf_counter() - start)
        self.committed[name].append(self._end - start)


def rounds(session: Session, state: MicrographState, n: int) -> Clock:
    """Do each kind of edit `n` times on particles that no edit has touched."""
    clock = Clock(session)
    chance = np.random.default_rng(1)
    per_row = int(np.sqrt(state.n_particles))
    # Label ids 1 + row * per_row + column, as `made` gave them; pairs at even columns touch.
    pairs = chance.permutation(per_row * per_row // 2)[: 3 * n] * 2 + 1
    alone = iter(chance.permutation(np.setdiff1d(state.label_ids, [pairs, pairs + 1])).tolist())
    for i in range(n):
        pair = int(pairs[i])
        clock.time("delete", lambda: session.delete_particles(state, [next(alone)]))
        clock.time("undo", session.undo)
        clock.time("redo", session.redo)
        clock.time("merge", lambda pair=pair: session.merge_particles(state, [pair, pair + 1]))
        label_id = int(pairs[n + i])
        top, left, bottom, right = state.boxes[label_id].tolist()
        across = [(top - 3, (left + right) / 2), (bottom + 3, (left + right) / 2)]
        clock.time(
            "split",
            lambda label_id=label_id, across=across: session.split_particle(
                state, label_id, across
            ),
        )
        gap = state.boxes[int(pairs[2 * n + i])].tolist()
        dab = [(gap[2] + 6.0, gap[1] + 4.0), (gap[2] + 6.0, gap[1] + 20.0)]
        clock.time("paint", lambda dab=dab: session.paint_particle(state, dab, 4))
        clock.time("undo", session.undo)
        clock.time("redo", session.redo)
    for _ in range(max(1, n // 5)):
        many = [next(alone) for _ in range(100)]
        clock.time("delete 100", lambda many=many: session.delete_particles(state, many))
        clock.time("undo 100", session.undo)
    return clock


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--size", type=int, default=4096)
    options = parser.parse_args()
    image, labels = made(options.size)
    with tempfile.TemporaryDirectory() as home:
        session = Session(Path(home))
        state = session.add_micrograph(Micrograph.from_array(image, name="disks", pixel_size_nm=1))
        events = find_particles(state.micrograph, labels=labels)
        found = next(event for event in events if isinstance(event, ParticlesFound))
        session.accept_particles(state, found)
        print(f"{options.size} x {options.size}, {state.n_particles:,} particles")
        start = perf_counter()
        session.paint_particle(state, [(3.0, 3.0)], 3)
        print(f"first edit (looks at the whole micrograph once): {perf_counter() - start:.2f} s")
        clock = rounds(session, state, options.rounds)
        print(f"{'':12}{'committed, ms':>22}{'shown, ms':>22}")
        print(f"{'':12}{'median':>11}{'p95':>11}{'median':>11}{'p95':>11}")
        for name in clock.told:
            numbers = [
                1000 * np.percentile(times[name], q)
                for times in (clock.committed, clock.told)
                for q in (50, 95)
            ]
            print(f"{name:12}" + "".join(f"{number:11.1f}" for number in numbers))
        folder = session.need_library().folder
        session.close()
        start = perf_counter()
        again = Session()
        again.add_micrograph(state.micrograph)
        again.open_library(folder)
        n_acts = sum(len(times) for times in clock.told.values())
        print(f"opening the library after {n_acts} acts: {perf_counter() - start:.2f} s")
        assert again.current is not None
        assert again.current.labels is not None
        assert state.labels is not None
        print("the mask is the same:", bool((again.current.labels == state.labels).all()))
        again.close()


if __name__ == "__main__":
    main()
