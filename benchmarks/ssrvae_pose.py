"""How well the model finds upright: angles of drawn cards against the true ones.

    python -m benchmarks.ssrvae_pose [--labels 15] [--draws 3] [--first-seed 0] [--max-angle 60]

A class has one unknown upright and, the diamond, a symmetry of half a turn: both are taken out.
Resultant length: 1 when every card of a class stands the same way up. `--pictures FOLDER` writes
the canvases.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from skimage import io

from benchmarks.ssrvae_accuracy import draw
from napari_ssrvae.evaluation.cards import SUITS, make_cards
from napari_ssrvae.evaluation.metrics import per_class_recall
from napari_ssrvae.ssrvae import SSRVAE

SYMMETRY = (1, 1, 1, 2)


def uprightness(
    found_rad: npt.NDArray[np.float32], true_rad: npt.NDArray[np.float32], fold: int
) -> tuple[float, float]:
    """Return resultant length and median absolute error in degrees, modulo 1 / fold of a turn."""
    away = np.exp(1j * fold * (found_rad - true_rad))
    # The mode and not the mean: two opposite heaps have no mean.
    grid = np.exp(1j * np.linspace(0, 2 * np.pi, 360, endpoint=False))
    error = np.abs(np.angle(away[None] / grid[:, None]))
    best = np.median(error, axis=1).min()
    return float(np.abs(away.mean())), float(np.rad2deg(best) / fold)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=15)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--max-angle", type=float, default=60.0)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    X, y, factors = make_cards(375, options.max_angle, seed=1)
    true = np.deg2rad(factors["angle_deg"])
    rows = []
    for seed in range(options.first_seed, options.first_seed + options.draws):
        few = draw(y, options.labels, seed)
        rest = few < 0
        began = time.perf_counter()
        model = SSRVAE(len(SUITS), random_state=seed).fit(X, few)
        seconds = time.perf_counter() - began
        found = model.describe(X)
        recall = per_class_recall(y[rest], found.probabilities[rest].argmax(axis=1), len(SUITS))
        pose = np.array([
            uprightness(found.angle_rad[y == k], true[y == k], fold)
            for k, fold in enumerate(SYMMETRY)
        ])  # fmt: skip
        rows.append([*pose[:, 0], *pose[:, 1], recall.mean()])
        print(
            f"seed {seed}: resultant {pose[:, 0].round(2)}, median error {pose[:, 1].round(1)} deg, "
            f"balanced accuracy {recall.mean():.3f}, {seconds:.0f} s",
            flush=True,
        )
        if options.pictures:
            rows_of = [np.hstack(list(model.traverse(k, d, n=5))) for k in range(4) for d in (0, 1)]
            sheet = (255 * np.vstack(rows_of)).astype(np.uint8)
            io.imsave(options.pictures / f"canvases-{seed}.png", sheet, check_contrast=False)
    mean = np.mean(rows, axis=0)
    print(
        f"cards {options.labels} labels/class: resultant {mean[:4].round(2)}, "
        f"median error {mean[4:8].round(1)} deg, balanced accuracy {mean[8]:.3f}"
    )


if __name__ == "__main__":
    main()
