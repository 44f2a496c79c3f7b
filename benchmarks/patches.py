"""How quickly and in how little memory particles are measured and cut out: `python -m benchmarks.patches`.

20,000 patches of 48 x 48 and a whole 4096 x 4096 micrograph of 10,000 particles, on generated micrographs.
Times are of this machine as busy as it is: the median of several runs, the least and greatest, and the median of
the processors' own seconds, all threads together, which other work disturbs less. Memory is
what a process of its own holds at most beyond what it held with image and mask, by the image's size.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.particles import (
    PatchCutter,
    extract_patches,
    measure_particles,
    segment_particles,
)
from napari_ssrvae.particles.sources import workers

STEPS = ("measure", "cut", "all")


def timed(name: str, act: Callable[[], object], runs: int) -> float:
    """Print and return the median of the seconds that `act` takes."""
    act()
    took, busy = [], []
    for _ in range(runs):
        start, begun = time.perf_counter(), time.process_time()
        act()
        took.append(time.perf_counter() - start)
        busy.append(time.process_time() - begun)
    median = statistics.median(took)
    spread = f"{min(took):.4f} to {max(took):.4f}"
    print(
        f"{name:52s} {median:8.4f} s   {spread}   {statistics.median(busy):.4f} s of processors",
        flush=True,
    )
    return median


def twenty_thousand(runs: int, particles: int) -> None:
    m = generate_micrograph(particles, seed=3, sphere_diameter_px=(10.0, 14.0))
    rows, columns = m.image.shape
    print(f"{particles:,} particles on {rows} x {columns}, {workers()} threads, {runs} runs")
    for name, options in (
        ("patches 48 x 48, window auto", {}),
        ("patches 48 x 48, window 48", {"window": 48}),
        ("patches 48 x 48, by each particle's own bright end", {"normalise": "particle"}),
        ("patches 48 x 48, neighbours kept", {"mask_neighbours": False}),
    ):

        def act(options: dict = options) -> object:
            return extract_patches(m.image, m.labels, data_bar=m.data_bar, **options)

        took = timed(name, act, runs)
        print(f"{'':52s} {particles / took:8.0f} patches/s")


def large(runs: int, particles: int, edge: int) -> None:
    m = generate_micrograph(particles, seed=2, shape=(edge, edge), sphere_diameter_px=(10.0, 15.0))
    print(f"{particles:,} particles on {edge} x {edge}")
    timed("measure", lambda: measure_particles(m.image, m.labels, 2.0), runs)
    cutter = PatchCutter.of(m.image, m.labels, data_bar=m.data_bar)
    chosen = np.random.default_rng(0).choice(np.arange(1, particles + 1), 10, replace=False)
    timed("patches of 10 particles after an edit", lambda: cutter.cut(m.labels, chosen), runs)
    timed(
        "measures of 10 particles after an edit",
        lambda: measure_particles(m.image, m.labels, 2.0, label_ids=chosen),
        runs,
    )
    row = measure_particles(m.image, m.labels, label_ids=chosen[:1]).iloc[0]
    region = (
        slice(int(row.bbox_top_px), int(row.bbox_bottom_px)),
        slice(int(row.bbox_left_px), int(row.bbox_right_px)),
    )
    timed(
        "patch of 1 particle where its place is known",
        lambda: cutter.cut(m.labels, chosen[:1], region=region),
        runs,
    )
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "image.npy"), m.image)
        np.save(Path(folder, "labels.npy"), m.labels)
        for step in STEPS:
            ratio = peak_in_a_process(step, Path(folder), m.data_bar)
            what = {
                "measure": "measure, beside image and mask",
                "cut": "cut out, beside image, mask and patches",
                "all": "segment, measure, cut out, beside image and patches",
            }[step]
            print(f"peak memory: {what:52s} {ratio:5.2f} x the image", flush=True)


def peak_in_a_process(step: str, folder: Path, data_bar: tuple[int, int] | None) -> float:
    """Return the most memory that a step takes in a fresh process, by the size of the image."""
    bar = [str(row) for row in data_bar or ()]
    command = [sys.executable, "-m", "benchmarks.patches", "--peak", step, str(folder), *bar]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(ended.stdout.split()[-1])


def tell_peak(step: str, folder: Path, data_bar: tuple[int, int] | None) -> None:
    image = np.load(folder / "image.npy")
    labels = None if step == "all" else np.load(folder / "labels.npy")

    def work(image: np.ndarray, labels: np.ndarray | None, bar: tuple[int, int] | None) -> int:
        if labels is None:
            labels = segment_particles(image, data_bar=bar)
        if step in ("measure", "all"):
            measure_particles(image, labels, 2.0, data_bar=bar)
        if step in ("cut", "all"):
            return extract_patches(image, labels, data_bar=bar).images.nbytes
        return 0

    # Once on a small part, so that modules and threads are there already.
    work(image[:600, :600].copy(), None if labels is None else labels[:600, :600].copy(), None)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again from here
    patches = work(image, labels, data_bar)
    print((memory("VmHWM") - before - patches) / image.nbytes)


def memory(entry: str) -> int:
    """Return bytes that this process holds ("VmRSS") or held at most ("VmHWM"); Linux tells."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{entry}:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("this system does not tell a process's peak of memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--particles", type=int, default=20_000)
    parser.add_argument("--edge", type=int, default=4096, help="of the large micrograph")
    parser.add_argument("--peak", nargs="+", help=argparse.SUPPRESS)
    wished = parser.parse_args()
    if wished.peak:
        step, folder, *bar = wished.peak
        tell_peak(step, Path(folder), (int(bar[0]), int(bar[1])) if bar else None)
        return
    print(f"load of the machine: {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "")
    twenty_thousand(wished.runs, wished.particles)
    large(wished.runs, wished.particles // 2, wished.edge)


if __name__ == "__main__":
    main()
