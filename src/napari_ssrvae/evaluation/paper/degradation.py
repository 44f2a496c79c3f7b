"""Fig. 4e and 4f: models trained on clean cards, tested on noisy ones and on ones with wrong pixels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_ssrvae.evaluation.paper.events import Outcome, Running
from napari_ssrvae.evaluation.paper.figures import (
    COLOURS,
    OFFSET_NAMES,
    heat_map,
    legend_below,
    new_figure,
)
from napari_ssrvae.evaluation.paper.lab import Images, Lab, Labels
from napari_ssrvae.evaluation.paper.numbers import NOISE, PIXELS, SOURCE
from napari_ssrvae.evaluation.paper.rows import Row, pick, plus_minus
from napari_ssrvae.evaluation.paper.settings import Offset
from napari_ssrvae.evaluation.paper.sweep import Condition, sweep
from napari_ssrvae.evaluation.paper.unclipped import predict_unclipped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_noise", "draw_pixels", "noisy", "run_noise", "run_pixels", "speckled"]

_SIGMAS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.63, 0.8, 1.0, 1.4, 1.8)
_DENSITIES = (0.05, 0.1, 0.15, 0.2, 0.3)
_INTENSITIES = (0.25, 0.5, 0.75, 1.0)
_SEED = 3


def noisy(X: Images, sigma: float) -> Images:
    """Return X + N(0, sigma^2), not clipped: values leave [0, 1]."""
    noise = np.random.default_rng(_SEED).standard_normal(X.shape, dtype=np.float32)
    return X + np.float32(sigma) * noise


def speckled(X: Images, density: float, intensity: float) -> Images:
    """Return X with a random share `density` of all pixels set to `intensity`."""
    chosen = np.random.default_rng(_SEED).random(X.shape, dtype=np.float32) < density
    return np.where(chosen, np.float32(intensity), X)


def run_noise(lab: Lab) -> Running[Outcome]:
    """Test at rising noise: as it is, and clipped to [0, 1] as a detector would."""

    def cards(sigma: float, clipped: bool, offset: Offset) -> tuple[Images, Labels]:
        X, y, _ = lab.test_cards(offset)
        X = noisy(X, sigma)
        return (np.clip(X, 0, 1) if clipped else X), y

    conditions = [
        Condition(
            {"noise_sigma": sigma, "clipped": clipped},
            partial(cards, sigma, clipped),
            None if clipped else NOISE.get(sigma),
        )
        for clipped in (False, True)
        for sigma in _SIGMAS
    ]
    rows = yield from sweep(lab, conditions, SOURCE["fig4e"], predict_unclipped)
    lines = pick(rows, model="ss-rVAE", offset="2d", clipped=False, noise_sigma=1.0)
    return Outcome(rows, f"at sigma 1 (2-D offsets): {plus_minus(lines[0])} (paper {NOISE[1.0]})")


def run_pixels(lab: Lab) -> Running[Outcome]:
    """Test with ever more wrong pixels of several intensities."""

    def cards(density: float, intensity: float, offset: Offset) -> tuple[Images, Labels]:
        X, y, _ = lab.test_cards(offset)
        return speckled(X, density, intensity), y

    conditions = [
        Condition(
            {"density": density, "intensity": intensity},
            partial(cards, density, intensity),
            PIXELS.get(density) if intensity == 1 else None,
        )
        for intensity in _INTENSITIES
        for density in _DENSITIES
    ]
    rows = yield from sweep(lab, conditions, SOURCE["fig4f"])
    lines = pick(rows, model="ss-rVAE", offset="2d", density=0.2, intensity=1.0)
    return Outcome(
        rows, f"20 % of the pixels at 1 (2-D offsets): {plus_minus(lines[0])} (paper {PIXELS[0.2]})"
    )


def draw_noise(outcome: Outcome) -> Figure:
    """Draw accuracy against noise, with both offsets and beside the paper."""
    figure = new_figure(10, 5.2, "Fig. 4e: trained on clean cards, tested with noise")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (offset, said) in zip(panels, OFFSET_NAMES.items(), strict=True):
        axes.plot(
            list(NOISE),
            list(NOISE.values()),
            "k*-",
            linewidth=0.8,
            label="paper, ss-rVAE (vertical)",
        )
        for colour, name in zip(COLOURS, ("ss-rVAE", "CNN"), strict=False):
            for clipped, style in ((False, "-"), (True, "--")):
                rows = pick(outcome.rows, model=name, offset=offset, clipped=clipped)
                sigma = [r["noise_sigma"] for r in rows]
                mean = np.array([r["mean"] for r in rows])
                sd = np.array([r["sd"] or 0.0 for r in rows])
                label = name + (", clipped to [0, 1]" if clipped else "")
                axes.plot(sigma, mean, style, marker="o", markersize=4, color=colour, label=label)
                axes.fill_between(
                    sigma, mean - sd, mean + sd, color=colour, alpha=0.15, linewidth=0
                )
        axes.axhline(0.25, color="#999999", linewidth=0.8, linestyle=":")
        axes.set_ylim(0, 1.03)
        axes.set_title(said, fontsize=9)
        axes.set_xlabel("standard deviation of the noise (white - black = 1)", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
        legend_below(axes)
    panels[0].set_ylabel("accuracy", fontsize=9)
    return figure


def draw_pixels(outcome: Outcome) -> Figure:
    """Draw accuracy over density and intensity, and the paper's line at intensity 1."""
    figure = new_figure(
        11, 6.4, "Fig. 4f: trained on clean cards, tested with wrong pixels (accuracy)"
    )
    panels = figure.subplots(3, 2, height_ratios=(4, 4, 1.6))
    densities = [f"{100 * d:g} %" for d in _DENSITIES]
    for column, (offset, said) in enumerate(OFFSET_NAMES.items()):
        for line, name in enumerate(("ss-rVAE", "CNN")):
            rows = pick(outcome.rows, model=name, offset=offset)
            grid = _grid(rows)
            heat_map(panels[line, column], grid, [f"{i:g}" for i in _INTENSITIES], densities,
                     title=f"{name}, {said}", low=0.25)  # fmt: skip
            panels[line, column].set_ylabel("intensity", fontsize=8)
    heat_map(panels[2, 0], [[PIXELS[d] for d in _DENSITIES]], ["1"], densities,
             title="the paper's ss-rVAE, vertical offsets", low=0.25)  # fmt: skip
    panels[2, 0].set_xlabel("share of the pixels set to the intensity", fontsize=8)
    panels[2, 1].set_visible(False)
    return figure


def _grid(rows: list[Row]) -> list[list[float]]:
    return [
        [pick(rows, density=d, intensity=i)[0]["mean"] for d in _DENSITIES] for i in _INTENSITIES
    ]
