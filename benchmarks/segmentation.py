"""How well and how fast particles are found: `python benchmarks/segmentation.py [--shared FOLDER]`.

Object F1 at an intersection over union of one half, with the default settings, on generated micrographs of
many kinds and, where the shared data are at hand, on real gold and on pyparty's nmers.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.micrographs import read_micrograph
from napari_ssrvae.particles import extract_patches, measure_particles, segment_particles

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "even faces": {"edge": 0.2},
    "dark faces": {"edge": 0.7, "sphere_diameter_px": (24, 40)},
    "dark faces, large": {"edge": 0.85, "sphere_diameter_px": (40, 60), "n_particles": 120},
    "facets": {"style": "faceted", "sphere_diameter_px": (22, 40)},
    "dark on bright": {"polarity": "dark"},
    "dense": {"coverage": 0.3},
    "dense, dark": {"coverage": 0.3, "polarity": "dark", "edge": 0.3},
    "sparse": {"coverage": 0.005, "n_particles": 40},
    "sparse, noisy": {"coverage": 0.01, "n_particles": 40, "noise": 0.12},
    "gradient": {"gradient": 0.5, "contrast": 0.4},
    "gradient, saturated": {"gradient": 0.8, "contrast": 0.35},
    "low contrast": {"contrast": 0.2, "noise": 0.04},
    "low contrast, noisy": {"contrast": 0.22, "noise": 0.08},
    "noisy": {"noise": 0.2},
    "noise above contrast": {"contrast": 0.3, "noise": 0.3, "sphere_diameter_px": (20, 30)},
    "5 px": {"sphere_diameter_px": (5, 6.5)},
    "70 px": {"sphere_diameter_px": (60, 80), "n_particles": 100},
    "8 to 40 px": {"sphere_diameter_px": (8, 40)},
    "blurred": {"blur_px": 2.0},
    "3 px apart": {"gap_px": 3.0, "coverage": 0.2},
}


def cases(
    shared: Path, seed: int
) -> Iterator[tuple[str, np.ndarray, np.ndarray, tuple[int, int] | None]]:
    gold, nmers = shared / "data" / "gold", shared / "data" / "nmers"
    if gold.exists():
        truth, _ = ndimage.label(read_micrograph(gold / "nanolabels.tif").image > 0)
        truth[(np.bincount(truth.ravel()) < 10)[truth]] = 0
        yield "gold (real)", read_micrograph(gold / "nanogold.tif").image, truth, None
    if nmers.exists():
        truth, _ = ndimage.label(read_micrograph(nmers / "test_binary.png").image > 0)
        yield "nmers (noisy)", read_micrograph(nmers / "test_noise.png").image, truth, None
    for name, how in KINDS.items():
        m = generate_micrograph(seed=seed, **how)
        yield name, m.image, m.labels, m.data_bar


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("NAPARI_SSRVAE_SHARED", Path(__file__).parents[2] / "shared")
    parser.add_argument("--shared", type=Path, default=default)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument(
        "--large", action="store_true", help="also 4096 x 4096 pixels with 10,000 particles"
    )
    wished = parser.parse_args()
    print(
        f"{'micrograph':24s} {'F1':>6s} {'precision':>9s} {'recall':>6s} {'found':>6s} {'true':>6s} {'s':>6s} Mpx"
    )
    for name, image, truth, bar in cases(wished.shared, wished.seed):
        start = time.perf_counter()
        found = segment_particles(image, data_bar=bar)
        took = time.perf_counter() - start
        match = match_particles(found, truth)
        print(
            f"{name:24s} {match.f1:6.3f} {match.precision:9.3f} {match.recall:6.3f} "
            f"{match.n_labels:6d} {match.n_truth:6d} {took:6.2f} {image.size / 1e6:.1f}"
        )
    if wished.large:
        m = generate_micrograph(10_000, seed=2, shape=(4096, 4096), sphere_diameter_px=(10, 15))
        for step, act in (
            ("segment", lambda: segment_particles(m.image, data_bar=m.data_bar)),
            ("measure", lambda: measure_particles(m.image, m.labels, 2.0)),
            ("patches", lambda: extract_patches(m.image, m.labels, data_bar=m.data_bar)),
        ):
            start = time.perf_counter()
            act()
            print(f"4096 x 4096, 10,000 particles: {step} {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
