"""What a session costs with many particles: `python -m benchmarks.session [--particles 100000]`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.session.many import many_particles, micrograph, predict

from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.session import Catalogue, Session


def timed(what: str, work: Callable[[], object], times: int = 1) -> float:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(1e3 * (time.perf_counter() - start))
    worst = f", p95 {np.percentile(took, 95):.2f} ms" if times > 1 else ""
    print(f"{what:<52} median {np.median(took):9.2f} ms{worst}", flush=True)
    return float(np.median(took))


def start(session: Session) -> None:
    session.queue.start("helpful")


def own_share(library: ParticleLibrary) -> list[float]:
    """Note how long the library takes for each act, so that it can be told from the session's share."""
    spent: list[float] = []

    def noting(work: Callable[..., object]) -> Callable[..., object]:
        def noted(*arguments: object) -> object:
            start = time.perf_counter()
            try:
                return work(*arguments)
            finally:
                spent.append(1e3 * (time.perf_counter() - start))

        return noted

    for name in ("do", "undo"):
        setattr(library, name, noting(getattr(library, name)))
    return spent


def beyond(what: str, spent: list[float], work: Callable[[], object], times: int) -> None:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(1e3 * (time.perf_counter() - start) - spent[-1])
    print(f"{what:<52} median {np.median(took):9.2f} ms, p95 {np.percentile(took, 95):.2f} ms")


def measure(folder: Path, n_micrographs: int, per_side: int) -> None:
    library = many_particles(folder, n_micrographs, per_side)
    predict(library, n_latents=3, class_ids=(1, 2, 3, 4))
    library.close()
    session = Session(seed=0)
    timed("open the library", lambda: session.open_library(folder))
    library = session.need_library()
    timed("open one micrograph", lambda: session.add_micrograph(micrograph(0, per_side)))
    timed("build the catalogue", lambda: Catalogue().read(library), 3)
    ids = session.catalogue.particle_ids
    rng = np.random.default_rng(1)
    picks = iter(rng.permutation(ids)[:600].tolist())

    timed("queue: start helpful, few labels (first: imports)", lambda: start(session))
    timed("queue: start helpful, few labels", lambda: start(session), 5)
    session.queue.stop()
    spent = own_share(library)
    beyond("a click beyond the commit", spent, lambda: session.assign([next(picks)], 2), 100)
    beyond("undo beyond the commit", spent, session.undo, 50)
    some = rng.permutation(ids)[:1000]
    timed("label 1,000", lambda: session.assign(some, 3))
    timed("undo 1,000", session.undo)
    timed("redo 1,000", session.redo)
    timed("select all", lambda: session.selection.select(ids))
    timed("toggle 1,000 of all", lambda: session.selection.toggle(some))
    session.selection.clear()
    timed("select all once more", lambda: session.selection.select(ids))
    timed("similarity to one", lambda: session.catalogue.similarity_to(ids[:1]), 3)
    timed("similarity to 1,000", lambda: session.catalogue.similarity_to(some), 3)
    timed("counts", session.counts, 5)
    timed("queue: start helpful", lambda: session.queue.start("helpful"), 5)
    timed("queue: answer", lambda: session.queue.answer(1), 60)
    timed("queue: start doubt", lambda: session.queue.start("doubt"), 5)
    timed("queue: accept", session.queue.accept, 60)
    timed("click with the queue on", lambda: session.assign([next(picks)], 2), 50)
    session.queue.stop()
    every = ids.copy()
    session.assign(every, 1)
    timed("undo when all have a label", session.undo)
    session.redo()
    session.assign([int(ids[5])], 2)
    timed("undo one when all have a label", session.undo)
    session.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=int, default=100_000)
    particles = parser.parse_args().particles
    per_side = min(100, int(np.sqrt(particles)))
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder) / "many", max(1, particles // per_side**2), per_side)


if __name__ == "__main__":
    main()
