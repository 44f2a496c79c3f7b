"""What each part of the default model buys: trained without it, on the same labels.

    python -m benchmarks.ssrvae_ablation [NAME ...] [--data agglomerates-15] [--seeds 5]

Balanced accuracy on what was not labelled: 480 generated agglomerates with 15 and 3 labels per
class, 800 drawn cards on the full circle with one.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from napari_ssrvae.evaluation.bench.touching_spheres import touching_spheres
from napari_ssrvae.evaluation.bench.workshop import draw_labels
from napari_ssrvae.evaluation.cards import make_cards
from napari_ssrvae.evaluation.metrics import balanced_accuracy
from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters

VARIANTS: dict[str, dict[str, object]] = {
    "all": {},
    "without look-alikes": {"neighbours": False},
    "without outline": {"outline": False},
    "without noise on labels": {"noise": 0.0},
    "labels are not sheared or scaled": {"shear": 0.0, "scale": 0.0},
    "reconstruction does not move the class": {"class_evidence": 0.0},
    "one explanation per particle": {"n_pairs": 1},
    "8 rotations": {"n_rotations": 8},
}
SPHERES = (305, 94, 49, 32)
SETS = (("agglomerates", 15), ("agglomerates", 3), ("cards", 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="variants; all without")
    parser.add_argument("--data", action="append", choices=[f"{d}-{n}" for d, n in SETS])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    for name in options.names or VARIANTS:
        parameters = SSRVAEParameters(**VARIANTS[name])
        for data, labels in SETS:
            if options.data and f"{data}-{labels}" not in options.data:
                continue
            scores, began = [], time.perf_counter()
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                if data == "cards":
                    X, y, _ = make_cards(200, 180, seed=seed)
                else:
                    X, y = touching_spheres(seed, SPHERES)
                few = draw_labels(y, labels, seed)
                found = SSRVAE(4, random_state=seed, parameters=parameters).fit(X, few).predict(X)
                rest = few < 0
                scores.append(balanced_accuracy(y[rest], found[rest]))
            each = (time.perf_counter() - began) / options.seeds
            print(
                f"{name} | {data}, {labels} | {np.mean(scores):.3f} +- {np.std(scores):.3f} | "
                f"{each:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
