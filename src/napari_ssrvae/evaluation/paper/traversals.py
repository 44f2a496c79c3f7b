"""Fig. 3b, c: what the latents of a model with and without pose mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsRegressor

from napari_ssrvae.evaluation.cards import SUITS
from napari_ssrvae.evaluation.paper.events import Outcome, Running
from napari_ssrvae.evaluation.paper.figures import new_figure, show_montage
from napari_ssrvae.evaluation.paper.lab import Images, Lab, Trained
from napari_ssrvae.evaluation.paper.rows import Row, pick, row
from napari_ssrvae.evaluation.paper.settings import Offset
from napari_ssrvae.ssrvae import SSRVAE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "explained", "run", "traversals"]

_NEIGHBOURS, _FOLDS = 10, 5
_OFFSET: Offset = "vertical"
_FACTORS = ("scale", "shear", "angle")


def run(lab: Lab) -> Running[Outcome]:
    """Train both at home and ask how much of each deformation their latents tell."""
    settings = lab.settings
    X, y, factors = lab.test_cards(_OFFSET)
    truth = {
        "scale": factors["scale"],
        # Of the two shears only the sum deforms; the difference is, to first order, a rotation.
        "shear": factors["shear_deg"].sum(axis=1),
        "angle": factors["angle_deg"],
    }
    rows: list[Row] = []
    arrays: dict[str, npt.NDArray[np.float32]] = {}
    for name, preset in (("ss-VAE", "ss-vae"), ("ss-rVAE", settings.preset)):
        found: dict[tuple[str, str], list[float]] = {}
        for seed in settings.seeds:
            model = yield from lab.model(Trained(preset, _OFFSET, seed=seed))
            latents = model.transform(X)
            for k, suit in enumerate(SUITS):
                for factor in _FACTORS:
                    share = explained(latents[y == k], truth[factor][y == k])
                    found.setdefault((suit, factor), []).append(share)
            if seed == settings.seeds[0]:
                arrays[name] = traversals(model, settings.n_tiles)
        rows += [
            row(
                f"R2 of {factor} from the latents, within a class",
                values,
                model=name,
                offset=_OFFSET,
                suit=suit,
            )
            for (suit, factor), values in found.items()
        ]
    return Outcome(rows, _summary(rows), arrays, SUITS)


def explained(latents: Images, factor: npt.NDArray[np.float32]) -> float:
    """Return R2 of a factor (N,) predicted from the latents (N, d) of other cards, at least 0.

    Cross-validated means of the nearest neighbours: they find any smooth dependence.
    """
    neighbours = min(_NEIGHBOURS, max(1, len(latents) // 4))
    predicted = cross_val_predict(KNeighborsRegressor(neighbours), latents, factor, cv=_FOLDS)
    return max(0.0, float(1 - np.mean((predicted - factor) ** 2) / np.var(factor)))


def traversals(model: SSRVAE, n: int) -> Images:
    """Return (K, d, n, S, S): every class along every latent, from low to high quantiles of the prior."""
    return np.stack([
        [model.traverse(k, latent, n) for latent in range(min(model.n_latents, 2))]
        for k in range(model.n_classes)
    ])  # fmt: skip


def _summary(rows: list[Row]) -> str:
    told = []
    for name in ("ss-VAE", "ss-rVAE"):
        means = [
            f"{factor} {np.mean([r['mean'] for r in lines]):.2f}"
            for factor in _FACTORS
            if (
                lines := pick(
                    rows, model=name, quantity=f"R2 of {factor} from the latents, within a class"
                )
            )
        ]
        told.append(f"{name}: {', '.join(means)}")
    return "R2 from the latents, mean of the suits: " + "; ".join(told)


def draw(outcome: Outcome) -> Figure:
    """Draw the traversals of both models, a row per suit."""
    figure = new_figure(
        12, 2.7, "Fig. 3b, c: one latent from low to high, the others at their mean"
    )
    panels = figure.subplots(1, 4)
    place = 0
    for letter, (name, tiles) in zip("bc", outcome.arrays.items(), strict=True):
        for latent in range(tiles.shape[1]):
            meaning = ", ".join(
                f"{factor} {np.mean([r['mean'] for r in lines]):.2f}"
                for factor in _FACTORS
                if (
                    lines := pick(
                        outcome.rows,
                        model=name,
                        quantity=f"R2 of {factor} from the latents, within a class",
                    )
                )
            )
            show_montage(
                panels[place],
                tiles[:, latent],
                title=f"{letter}) {name}, latent {latent + 1}",
                across=f"R2 from both latents: {meaning}" if latent == 0 else "",
            )
            size = tiles.shape[-1] + 1
            panels[place].set_yticks(
                [size * (k + 0.5) for k in range(len(outcome.names))],
                outcome.names if place == 0 else [""] * len(outcome.names),
                fontsize=8,
            )
            panels[place].tick_params(length=0)
            place += 1
    for axes in panels[place:]:
        axes.set_visible(False)
    return figure
