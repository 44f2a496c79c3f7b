"""Time and memory of segmentation and measurements: `python -m benchmarks.segmentation_speed [--large]`.

4096 x 4096 pixels with 10,000 particles, against a plain script round scikit-image on the same picture: Gaussian,
Otsu, distance transform, peaks, watershed, `regionprops_table`. Runs alternate; memory is that of a process of its
own, above what it held with everything imported and before the picture was there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.evaluation.agglomerates import GeneratedMicrograph, generate_micrograph
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.evaluation.thresholds import plain_pipeline
from napari_ssrvae.particles import (
    SegmentationParameters,
    Segmented,
    iter_segment,
    look_at,
    measure_particles,
    preview,
    segment_particles,
)

PIXEL_SIZE_NM = 2.0
SIDE = 4096


def ours(image: np.ndarray) -> np.ndarray:
    labels = segment_particles(image)
    measure_particles(image, labels, PIXEL_SIZE_NM)
    return labels


def plain(image: np.ndarray) -> np.ndarray:
    return plain_pipeline(image)[0]


def tiled(image: np.ndarray) -> np.ndarray:
    for event in iter_segment(image):
        if isinstance(event, Segmented):
            return event.labels
    raise RuntimeError("the segmentation ended without labels")


ACTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"ours": ours, "plain": plain, "tiled": tiled}


def picture(n: int, side: int) -> GeneratedMicrograph:
    """Return particles that do not touch, so that agglomerates and single particles are the same."""
    return generate_micrograph(
        n,
        seed=2,
        shape=(side, side),
        sphere_diameter_px=(10, 18),
        class_fractions=(1.0,),
        data_bar=False,
    )


def repeated(m: GeneratedMicrograph, path: Path, times: int) -> None:
    """Write a picture of `times` x `times` copies without holding it."""
    rows, columns = m.image.shape
    whole = np.lib.format.open_memmap(
        path, "w+", dtype=m.image.dtype, shape=(times * rows, times * columns)
    )
    for i in range(times):
        whole[i * rows : (i + 1) * rows] = np.tile(m.image, (1, times))
    whole.flush()


def timed(act: Callable[[], Any]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def times(image: np.ndarray, runs: int) -> dict[str, np.ndarray]:
    """Return seconds of each; the order alternates."""
    took: dict[str, list[float]] = {"ours": [], "plain": []}
    for i in range(runs):
        for name in ("ours", "plain") if i % 2 == 0 else ("plain", "ours"):
            took[name].append(timed(lambda name=name: ACTS[name](image)))
            print(f"  run {i + 1}: {name} {took[name][-1]:.2f} s", flush=True)
    return {name: np.array(seconds) for name, seconds in took.items()}


def in_a_process(name: str, path: Path, *, lazily: bool = False) -> dict[str, float]:
    """Return bytes held at most, seconds and number of particles of one act in a fresh interpreter."""
    command = [sys.executable, "-m", __spec__.name, "--act", name, str(path)]
    ended = subprocess.run(
        command + ["--lazily"] * lazily, capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return result


def act_here(name: str, path: Path, lazily: bool) -> None:
    small = generate_micrograph(20, seed=0, data_bar=False).image
    ACTS[name](small)  # so that everything is imported
    before = status("VmRSS:")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    image = np.load(path, mmap_mode="r" if lazily else None)
    start = time.perf_counter()
    labels = ACTS[name](image)
    took = time.perf_counter() - start
    peak = status("VmHWM:") - before
    print(json.dumps({"bytes": peak, "seconds": took, "found": int(labels.max())}))


def status(field: str) -> int:
    for text in Path("/proc/self/status").read_text().splitlines():
        if text.startswith(field):
            return int(text.split()[1]) * 1024
    raise SystemExit("this system does not tell a process's memory")


def previews(image: np.ndarray, runs: int = 7) -> Iterator[tuple[str, np.ndarray]]:
    settings = SegmentationParameters()
    looks = [timed(lambda: look_at(image, settings)) for _ in range(3)]
    yield "look_at, whole image", np.array(looks)
    look = look_at(image, settings)
    region = tuple(slice((n - 1000) // 2, (n - 1000) // 2 + 1000) for n in image.shape)
    if min(image.shape) < 1000:
        return  # nothing of that size to show
    shown = [
        timed(
            lambda i=i: preview(
                image, look, settings.model_copy(update={"sensitivity": i / 20}), region
            )
        )
        for i in range(runs)
    ]
    yield "preview of 1000 x 1000 px", np.array(shown)


def spread(seconds: np.ndarray) -> str:
    return f"{np.median(seconds):.3f} s ({seconds.min():.3f} to {seconds.max():.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--particles", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=SIDE)
    parser.add_argument("--large", action="store_true", help="also 16 times the area, tiled")
    parser.add_argument("--act", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--lazily", action="store_true", help=argparse.SUPPRESS)
    wished = parser.parse_args()
    if wished.act:
        act_here(wished.act[0], Path(wished.act[1]), wished.lazily)
        return
    m = picture(wished.particles, wished.side)
    print(f"{wished.side} x {wished.side}, {wished.particles} particles", flush=True)
    took = times(m.image, wished.runs)
    for name, seconds in took.items():
        f1 = match_particles(ACTS[name](m.image), m.labels).f1
        print(f"{name:6s} {spread(seconds)}, F1 {f1:.4f}", flush=True)
    ratio = took["ours"] / took["plain"]
    print(f"ours / plain {np.median(ratio):.3f} ({ratio.min():.3f} to {ratio.max():.3f})")
    for what, seconds in previews(m.image):
        print(f"{what}: {spread(seconds)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.npy"
        np.save(path, m.image)
        for name in ("ours", "plain"):
            held = in_a_process(name, path)["bytes"]
            print(f"{name:6s} peak {held / 2**20:.0f} MiB, {held / m.image.nbytes:.1f} x the image")
        if wished.large:
            repeated(m, path, 4)
            told = in_a_process("tiled", path, lazily=True)
            share = told["bytes"] / (16 * m.image.nbytes)
            print(
                f"tiled, 16 x the area, from a file: {told['seconds']:.1f} s, {told['found']:.0f} "
                f"particles, peak {told['bytes'] / 2**20:.0f} MiB, {share:.1f} x the image"
            )


if __name__ == "__main__":
    main()
