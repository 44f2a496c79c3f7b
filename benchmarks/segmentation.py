"""How well particles are found with the defaults: `python -m benchmarks.segmentation [--seeds N] [--kinds NAME ...]`.

Foreground Dice and object F1 at an intersection over union of one half, median over the seeds and the worst, on
generated micrographs of many kinds and, where the shared data are at hand, on real gold and on pyparty's nmers.
The rivals (Gaussian of sigma 1, then Otsu, a local threshold, the triangle, or Otsu and a watershed) are told the
polarity and the data bar; ours is told the data bar alone.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import ndimage

from napari_ssrvae.evaluation.matching import foreground_dice, match_particles
from napari_ssrvae.evaluation.micrograph_kinds import KINDS, generate_kind
from napari_ssrvae.evaluation.thresholds import RIVALS, with_rival
from napari_ssrvae.micrographs import read_micrograph
from napari_ssrvae.particles import segment_particles

OURS = "ours"


@dataclass(frozen=True)
class Case:
    """One micrograph with its truth."""

    kind: str
    image: np.ndarray
    truth: np.ndarray
    data_bar: tuple[int, int] | None
    polarity: Literal["bright", "dark"] = "bright"


def real(shared: Path) -> Iterator[Case]:
    gold, nmers = shared / "data" / "gold", shared / "data" / "nmers"
    if gold.exists():
        truth, _ = ndimage.label(np.asarray(read_micrograph(gold / "nanolabels.tif").image) > 0)
        truth[(np.bincount(truth.ravel()) < 10)[truth]] = 0
        image = np.asarray(read_micrograph(gold / "nanogold.tif").image)
        yield Case("gold (real)", image, truth, None)
    if nmers.exists():
        truth, _ = ndimage.label(np.asarray(read_micrograph(nmers / "test_binary.png").image) > 0)
        image = np.asarray(read_micrograph(nmers / "test_noise.png").image)
        yield Case("nmers (noisy)", image, truth, None)


def generated(kinds: list[str], seeds: int) -> Iterator[Case]:
    for kind in kinds:
        for seed in range(seeds):
            m = generate_kind(kind, seed)
            yield Case(kind, m.image, m.labels, m.data_bar, KINDS[kind].get("polarity", "bright"))


def scored(case: Case) -> tuple[dict[str, tuple[float, float]], float]:
    """Return Dice and F1 of ours and every rival, and the seconds that ours took."""
    start = time.perf_counter()
    found = {OURS: segment_particles(case.image, data_bar=case.data_bar)}
    took = time.perf_counter() - start
    for name in RIVALS:
        found[name] = with_rival(name, case.image, polarity=case.polarity, data_bar=case.data_bar)
    return {
        name: (foreground_dice(labels, case.truth), match_particles(labels, case.truth).f1)
        for name, labels in found.items()
    }, took


def row(kind: str, runs: list[dict[str, tuple[float, float]]], seconds: float) -> dict[str, Any]:
    """Return one line of the table: medians, and for ours the worst."""
    each = {name: np.array([run[name] for run in runs]) for name in runs[0]}
    middle = {name: np.median(values, axis=0).tolist() for name, values in each.items()}
    best = max((n for n in middle if n not in (OURS, "Otsu")), key=lambda n: sum(middle[n]))
    worst = each[OURS].min(axis=0).tolist()
    return {"kind": kind, "median": middle, "worst": worst, "best": best, "seconds": seconds}


def line(entry: dict[str, Any]) -> str:
    ours, otsu, best = (entry["median"][n] for n in (OURS, "Otsu", entry["best"]))
    return (
        f"{entry['kind']:30s} {ours[0]:5.3f} {entry['worst'][0]:5.3f}  {ours[1]:5.3f} "
        f"{entry['worst'][1]:5.3f} | {otsu[0]:5.3f} {otsu[1]:5.3f} | {best[0]:5.3f} {best[1]:5.3f} "
        f"{entry['best']:9s} | {entry['seconds']:6.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("NAPARI_SSRVAE_SHARED", Path(__file__).parents[2] / "shared")
    parser.add_argument("--shared", type=Path, default=default)
    parser.add_argument("--seeds", type=int, default=3, help="micrographs of each kind")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    wished = parser.parse_args()
    print(f"{'':30s} {'ours: Dice, F1':^26s} | {'Otsu':^11s} | best of the others      | s")
    print(f"{'':30s} {'median worst':^12s}  {'median worst':^12s} |  Dice  F1   |  Dice  F1   |")
    rows: list[dict[str, Any]] = []
    cases = chain(real(wished.shared), generated(wished.kinds, wished.seeds))
    for kind, group in groupby(cases, key=lambda case: case.kind):
        scores, times = zip(*map(scored, group), strict=True)
        rows.append(row(kind, list(scores), float(np.median(times))))
        print(line(rows[-1]), flush=True)
    middle = np.array([entry["median"][OURS] for entry in rows])
    otsu = np.array([entry["median"]["Otsu"] for entry in rows])
    print(
        f"mean of the kinds: Dice {middle[:, 0].mean():.3f}, F1 {middle[:, 1].mean():.3f}; "
        f"Otsu {otsu[:, 0].mean():.3f}, {otsu[:, 1].mean():.3f}"
    )
    good = (middle[:, 0] >= 0.93) & (middle[:, 1] >= 0.95)
    print(f"Dice of 0.93 and F1 of 0.95 or better in {good.sum()} of {len(rows)} kinds")
    if wished.json:
        wished.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
