"""Balanced accuracy from few labels: the model, a CNN on the labels, shape measurements.

    python -m benchmarks.ssrvae_accuracy gold|nmers|agglomerates|cards [--labels 15] [--draws 5]
        [--first-seed 0] [--rivals]

A seed chooses the labels and starts the models; all rivals see the same labels.
Run from the repository's root. gold and nmers need the real data (see tests/shared_data.py) and
are cut along their true masks. Cards: 1,500 within +-60 degrees, tested on 2,000 within +-180.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import numpy.typing as npt
from skimage import io, measure
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.shared_data import ROOT

from benchmarks.ssrvae_data import agglomerates
from napari_ssrvae.evaluation.baselines import AugmentedCNN
from napari_ssrvae.evaluation.cards import make_cards
from napari_ssrvae.evaluation.metrics import per_class_recall
from napari_ssrvae.particles import extract_patches
from napari_ssrvae.ssrvae import SSRVAE

Images, Classes = npt.NDArray[np.float32], npt.NDArray[np.int64]


def true_particles(classes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], Classes]:
    """Return instance labels and the class of each: regions of one class, of at least 10 px."""
    labels, y = np.zeros(classes.shape, dtype=np.int32), []
    for k in range(1, classes.max() + 1):
        for region in measure.regionprops(measure.label(classes == k, connectivity=1)):
            if region.area >= 10:
                y.append(k - 1)
                labels[region.slice][region.image] = len(y)
    return labels, np.array(y)


def gold() -> tuple[Images, Classes, npt.NDArray[np.float64]]:
    folder = ROOT / "data" / "gold"
    return cut(io.imread(folder / "nanogold.tif"), io.imread(folder / "nanolabels.tif").astype(int))


def nmers() -> tuple[Images, Classes, npt.NDArray[np.float64]]:
    folder = ROOT / "data" / "nmers"
    red, green, blue = np.moveaxis(io.imread(folder / "test_labeled.png")[..., :3] > 100, -1, 0)
    classes = np.zeros(red.shape, dtype=int)
    for k, mask in enumerate([red & ~green & ~blue, green & ~red, red & green, red & blue], 1):
        classes[mask] = k
    return cut(io.imread(folder / "test_noise.png", as_gray=True), classes)


def cut(
    image: npt.NDArray[np.generic], classes: Classes
) -> tuple[Images, Classes, npt.NDArray[np.float64]]:
    """Return patches, classes and shape measurements."""
    labels, y = true_particles(classes)
    patches = extract_patches(image, labels, size=48, window="auto", mask_neighbours=True)
    print(f"window {patches.window_px} px, classes {np.bincount(y)}")
    names = ("area", "eccentricity", "solidity", "perimeter")
    table = measure.regionprops_table(labels, properties=("label", *names))
    row = np.searchsorted(table["label"], patches.label_ids)
    features = np.stack([table[name][row] for name in names], axis=1)
    features[:, [0, 3]] = np.log(features[:, [0, 3]] + 1)
    return patches.images, y[patches.label_ids - 1], features


def draw(y: Classes, n: int, seed: int) -> Classes:
    rng = np.random.default_rng(seed)
    few = np.full(len(y), -1)
    for k in np.unique(y):
        few[rng.choice(np.flatnonzero(y == k), n, replace=False)] = k
    return few


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=["gold", "nmers", "agglomerates", "cards"])
    parser.add_argument("--labels", type=int, default=15)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rivals", action="store_true", help="the CNN too")
    options = parser.parse_args()
    features = None
    test: tuple[Images, Classes] | None = None
    if options.data == "cards":
        X, y, _ = make_cards(375, 60, seed=1)
        test = make_cards(500, 180, seed=2)[:2]
    elif options.data == "agglomerates":
        X, y = agglomerates(0)
    else:
        X, y, features = gold() if options.data == "gold" else nmers()
    results: dict[str, list[npt.NDArray[np.float64]]] = {}
    seconds = []
    for seed in range(options.first_seed, options.first_seed + options.draws):
        few = draw(y, options.labels, seed)
        rest = few < 0
        X_test, y_test = (X[rest], y[rest]) if test is None else test
        began = time.perf_counter()
        model = SSRVAE(4, random_state=seed).fit(X, few)
        seconds.append(time.perf_counter() - began)
        results.setdefault("ss-rVAE", []).append(per_class_recall(y_test, model.predict(X_test), 4))
        if options.rivals:
            cnn = AugmentedCNN(4, seed).fit(X, few)
            results.setdefault("CNN", []).append(per_class_recall(y_test, cnn.predict(X_test), 4))
        if features is not None:
            linear = make_pipeline(StandardScaler(), LogisticRegression(C=10, max_iter=5000))
            linear.fit(features[~rest], few[~rest])
            found = linear.predict(features[rest])
            results.setdefault("features", []).append(per_class_recall(y[rest], found, 4))
        each = ", ".join(f"{name} {recalls[-1].mean():.3f}" for name, recalls in results.items())
        print(f"seed {seed}: {each}, {seconds[-1]:.0f} s", flush=True)
    for name, recalls in results.items():
        table = np.array(recalls)
        balanced = table.mean(axis=1)
        print(
            f"{options.data} {options.labels} labels/class {name}: balanced {balanced.mean():.3f} "
            f"+- {balanced.std():.3f}, recall {table.mean(axis=0).round(3)}"
        )
    print(f"training {np.mean(seconds):.0f} s")


if __name__ == "__main__":
    main()
