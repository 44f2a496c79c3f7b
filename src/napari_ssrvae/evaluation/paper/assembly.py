"""Fig. 6: a library of agglomerates from a few labels per class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.evaluation.baselines import AugmentedCNN
from napari_ssrvae.evaluation.metrics import balanced_accuracy, confusion
from napari_ssrvae.evaluation.paper.events import Outcome, Running, Stage
from napari_ssrvae.evaluation.paper.figures import heat_map, new_figure, scatter, show_montage
from napari_ssrvae.evaluation.paper.lab import Lab, Labels, trained
from napari_ssrvae.evaluation.paper.particles_data import Particles
from napari_ssrvae.evaluation.paper.rows import Row, pick, plus_minus, row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "draw_labels", "run"]

_MOST_PANELS = 6


def draw_labels(classes: Labels, per_class: int, seed: int) -> Labels:
    """Return labels (N,) for `per_class` particles of each class, at most half of it, and -1 for all others."""
    rng = np.random.default_rng(seed)
    labels = np.full(len(classes), -1, dtype=np.int64)
    for k in np.unique(classes[classes >= 0]):
        own = np.flatnonzero(classes == k)
        labels[rng.choice(own, min(per_class, max(1, len(own) // 2)), replace=False)] = k
    return labels


def run(lab: Lab, particles: Particles) -> Running[Outcome]:
    """Train on a fresh draw of labels per seed; judge on the particles without."""
    settings, X, y, k = lab.settings, particles.images, particles.classes, len(particles.names)
    arrays: dict[str, npt.NDArray[Any]] = {}
    shares: dict[str, list[npt.NDArray[np.float64]]] = {"ss-rVAE": [], "CNN": []}
    balanced: dict[str, list[float]] = {name: [] for name in shares}
    for seed in settings.seeds:
        labels = draw_labels(y, settings.labels_per_class, seed)
        judged = (y >= 0) & (labels < 0)
        yield Stage(
            f"training: ss-rVAE, seed {seed}, {int((labels >= 0).sum())} labels of {len(y)}"
        )
        model = yield from trained(k, settings.preset, seed, settings, X, labels)
        yield Stage(f"training: CNN on the labels alone, seed {seed}")
        rival = AugmentedCNN(k, seed, settings.rival_steps).fit(X, labels)
        for name, each in (("ss-rVAE", model), ("CNN", rival)):
            found = each.predict(X[judged])
            shares[name].append(confusion(y[judged], found, k).fraction)
            balanced[name].append(balanced_accuracy(y[judged], found))
        if seed == settings.seeds[0]:
            arrays = {
                "known": y,
                "predicted": model.predict(X),
                "latents": model.transform(X),
                "manifolds": np.stack(
                    [model.manifold(c, settings.n_tiles) for c in range(min(k, _MOST_PANELS))]
                ),
            }
    rows = []
    for name, matrices in shares.items():
        where: dict[str, Any] = {
            "model": name,
            "data": particles.source,
            "labels_per_class": settings.labels_per_class,
        }
        rows.append(row("balanced accuracy", balanced[name], **where))
        stacked = np.stack(matrices)
        for true, own in enumerate(particles.names):
            for predicted, other in enumerate(particles.names):
                values = list(stacked[:, true, predicted])
                rows.append(
                    row("share of the true class", values, true=own, predicted=other, **where)
                )
    return Outcome(rows, _summary(rows), arrays, particles.names)


def _summary(rows: list[Row]) -> str:
    told = pick(rows, quantity="balanced accuracy")
    each = ", ".join(f"{line['model']} {plus_minus(line)}" for line in told)
    return f"balanced accuracy on the unlabelled particles: {each}"


def draw(outcome: Outcome) -> Figure:
    """Draw manifold and latents of each class, and the confusions."""
    head = outcome.rows[0]
    names = outcome.names
    n = len(outcome.arrays["manifolds"])
    columns = max(n, 2)
    title = f"Fig. 6: {head['data']}, {head['labels_per_class']} labels per class"
    figure = new_figure(3.1 * columns, 9.6, title)
    panels = figure.subplots(3, columns, squeeze=False, height_ratios=(1, 0.85, 1))
    predicted, latents = outcome.arrays["predicted"], outcome.arrays["latents"]
    reach = float(np.abs(latents).max()) * 1.05
    for k in range(n):
        show_montage(
            panels[0, k], outcome.arrays["manifolds"][k], title=f"{names[k]}: decoded latents"
        )
        own = np.where(predicted == k, k, -1)
        scatter(
            panels[1, k],
            latents,
            own,
            names,
            title=f"found as {names[k]} (grey: the others)",
            legend=False,
        )
        panels[1, k].set(xlim=(-reach, reach), ylim=(-reach, reach))
    for axes in (*panels[0, n:], *panels[1, n:], *panels[2, 2:]):
        axes.set_visible(False)
    if columns > 2:
        panels[2, 2].set_visible(True)
        scatter(panels[2, 2], latents, outcome.arrays["known"], names, title="all, by known class")
    for axes, name in zip(panels[2], ("ss-rVAE", "CNN"), strict=False):
        rows = pick(outcome.rows, quantity="share of the true class", model=name)
        grid = np.array([r["mean"] for r in rows]).reshape(len(names), len(names))
        line = pick(outcome.rows, quantity="balanced accuracy", model=name)[0]
        said = "CNN on the labels alone" if name == "CNN" else name
        heat_map(
            axes,
            grid,
            names,
            names,
            title=f"{said}, unlabelled particles\nbalanced accuracy {plus_minus(line)}",
            colours="Blues",
        )
        axes.tick_params(axis="x", labelrotation=30)
    return figure
