"""Fig. 5: what a VAE and an rVAE make of agglomerates without any label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from napari_ssrvae.evaluation.metrics import balanced_accuracy
from napari_ssrvae.evaluation.paper.events import Outcome, Running, Stage
from napari_ssrvae.evaluation.paper.figures import new_figure, scatter, show_montage
from napari_ssrvae.evaluation.paper.lab import Images, Lab, Labels, trained
from napari_ssrvae.evaluation.paper.particles_data import Particles
from napari_ssrvae.evaluation.paper.rows import Row, plus_minus, row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "run", "separation"]

_MODELS = (("VAE", "vae"), ("rVAE", "rvae"))
_NEIGHBOURS = 5


def run(lab: Lab, particles: Particles) -> Running[Outcome]:
    """Train both on all particles and ask how well known classes part in their latents."""
    settings = lab.settings
    known = particles.classes >= 0
    rows: list[Row] = []
    arrays: dict[str, npt.NDArray[np.generic]] = {"classes": particles.classes}
    for name, preset in _MODELS:
        values = []
        for seed in settings.seeds:
            yield Stage(f"training: {name}, seed {seed}, {len(particles.images)} particles")
            model = yield from trained(1, preset, seed, settings, particles.images)
            latents = model.transform(particles.images)
            values.append(separation(latents[known], particles.classes[known]))
            if seed == settings.seeds[0]:
                arrays[f"{name} manifold"] = model.manifold(0, settings.n_tiles)
                arrays[f"{name} latents"] = latents
        what = f"balanced accuracy of the {_NEIGHBOURS} nearest neighbours in the latents"
        rows.append(row(what, values, model=name, data=particles.source))
    told = ", ".join(f"{line['model']} {plus_minus(line)}" for line in rows)
    text = f"classes in the unsupervised latents (nearest neighbours, balanced accuracy): {told}"
    return Outcome(rows, text, arrays, particles.names)


def separation(latents: Images, classes: Labels) -> float:
    """Return the balanced accuracy with which the nearest neighbours in latents (N, d) tell a class (N,).

    Leave one out, so 1 / K where the latents know nothing of the classes.
    """
    judge = KNeighborsClassifier(min(_NEIGHBOURS, len(latents) - 1))
    return balanced_accuracy(classes, cross_val_predict(judge, latents, classes, cv=LeaveOneOut()))


def draw(outcome: Outcome) -> Figure:
    """Draw manifold and scatter of both models."""
    figure = new_figure(10, 9.4, f"Fig. 5: unsupervised latent spaces of {outcome.rows[0]['data']}")
    panels = figure.subplots(2, 2)
    for (manifold, points), line in zip(panels, outcome.rows, strict=True):
        name = line["model"]
        show_montage(
            manifold,
            outcome.arrays[f"{name} manifold"],
            title=f"{name}: decoded latent space",
            across="latent 2",
            down="latent 1",
        )
        scatter(
            points,
            outcome.arrays[f"{name} latents"],
            outcome.arrays["classes"],
            outcome.names,
            title=f"{name}: particles by known class\n(nearest neighbours are right: {plus_minus(line)}, balanced)",
        )
    return figure
