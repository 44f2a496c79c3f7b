"""The gold micrograph through the command line: balanced accuracy with a few labels per class.

    python -m benchmarks.gold_command_line [--labels 15] [--draws 5] [--data ../shared/data/gold]

For each draw: segment, label by position from the truth, train with that seed, classify, export; then the exported
classes of the particles that were not labelled are compared with the truth. Default settings throughout.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from skimage.measure import label, regionprops

from napari_ssrvae.cli import main as run
from napari_ssrvae.evaluation.matching import match_particles
from napari_ssrvae.evaluation.metrics import per_class_recall
from napari_ssrvae.library import ParticleLibrary

NAMES = ("single", "dimer", "trimer", "cluster")
LEAST_AREA_PX = 10
PIXEL_SIZE_NM = "2.78"


def truth_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return instances and the class 1..4 of each, as the data's README defines them."""
    classes = tifffile.imread(path).astype(int)
    instances, found = np.zeros(classes.shape, np.int32), []
    for value in range(1, 5):
        for region in regionprops(label(classes == value, connectivity=1)):
            if region.area >= LEAST_AREA_PX:
                found.append(value)
                instances[tuple(region.coords.T)] = len(found)
    return instances, np.array(found)


def quietly(*command: str) -> None:
    """Run one command of the command line without what it prints."""
    with contextlib.redirect_stdout(io.StringIO()):
        status = run(command)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with {status}")


def one_draw(data: Path, folder: Path, n_labels: int, seed: int) -> tuple[np.ndarray, float]:
    """Return the recall of each class and the seconds from training to predictions."""
    library = folder / "library"
    command = [
        "segment",
        str(data / "nanogold.tif"),
        "--library",
        str(library),
        "--pixel-size",
        PIXEL_SIZE_NM,
    ]
    quietly(*command, "--quiet")
    instances, classes = truth_of(data / "nanolabels.tif")
    with ParticleLibrary.open(library, read_only=True) as opened:
        matching = match_particles(opened.mask(1), instances)
        particles = opened.particles(1)
    truth = np.zeros(particles["label_id"].max() + 1, int)
    truth[matching.label_ids] = classes[matching.truth_ids - 1]

    rng = np.random.default_rng(seed)
    chosen = np.concatenate(
        [rng.choice(np.flatnonzero(truth == k), n_labels, replace=False) for k in range(1, 5)]
    )
    with (folder / "labels.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["micrograph", "label_id", "class"])
        writer.writerows(["nanogold", i, NAMES[truth[i] - 1]] for i in chosen)
    quietly("label", str(library), "--csv", str(folder / "labels.csv"), "--quiet")
    began = time.perf_counter()
    quietly("train", str(library), "--seed", str(seed), "--quiet")
    seconds = time.perf_counter() - began
    quietly("export", str(library), "--to", str(folder / "out"), "--format", "csv")
    table = pd.read_csv(folder / "out" / "particles.csv").set_index("label_id")
    judged = table[(table["class_source"] == "model") & (truth[table.index] > 0)]
    predicted = judged["class"].map({name: k for k, name in enumerate(NAMES)}).to_numpy()
    return per_class_recall(truth[judged.index] - 1, predicted, 4), seconds


def main() -> None:
    """Print a row per draw, then mean and spread."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=15)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument(
        "--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "gold"
    )
    options = parser.parse_args()
    rows = []
    for seed in range(options.first_seed, options.first_seed + options.draws):
        with tempfile.TemporaryDirectory() as folder:
            recall, seconds = one_draw(options.data, Path(folder), options.labels, seed)
        rows.append(recall)
        print(
            f"draw {seed}: balanced {recall.mean():.3f}, recall {np.round(recall, 2)}, train {seconds:.0f} s"
        )
    balanced = np.mean(rows, axis=1)
    print(
        f"gold, {options.labels} labels per class, {options.draws} draws: balanced accuracy "
        f"{balanced.mean():.3f} +- {balanced.std(ddof=1):.3f}, recall {np.round(np.mean(rows, axis=0), 2)}"
    )


if __name__ == "__main__":
    main()
