"""Fig. 4b, c: which suit is taken for which, and what a model learns where disorder is larger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_ssrvae.evaluation.cards import SUITS
from napari_ssrvae.evaluation.metrics import confusion
from napari_ssrvae.evaluation.paper.events import Outcome, Running
from napari_ssrvae.evaluation.paper.figures import OFFSET_NAMES, heat_map, new_figure, show_montage
from napari_ssrvae.evaluation.paper.lab import (
    HOME_ANGLE,
    HOME_SHEAR,
    Lab,
    Trained,
    shear_of_percent,
)
from napari_ssrvae.evaluation.paper.numbers import CONFUSION, SOURCE
from napari_ssrvae.evaluation.paper.rows import Row, pick, row
from napari_ssrvae.evaluation.paper.traversals import traversals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "run"]

_AWAY = (100.0, shear_of_percent(30))
"""Angle and shear in degrees of fig. 4c: 30 per cent of shear."""


def run(lab: Lab) -> Running[Outcome]:
    """Return confusions at home and away, for both offsets; train one model away and show its latents."""
    settings, k = lab.settings, len(SUITS)
    rows: list[Row] = []
    for offset in lab.offsets:
        models = (yield from lab.judges(offset))["ss-rVAE"]
        for angle, shear in ((HOME_ANGLE, HOME_SHEAR), _AWAY):
            X, y, _ = lab.test_cards(offset, angle, shear)
            shares = np.stack([confusion(y, model.predict(X), k).fraction for model in models])
            where = {"model": "ss-rVAE", "offset": offset, "a_deg": angle, "s_deg": shear}
            home = angle == HOME_ANGLE
            for true, suit in enumerate(SUITS):
                for predicted, taken_for in enumerate(SUITS):
                    rows.append(
                        row(
                            "share of the true class",
                            list(shares[:, true, predicted]),
                            paper=CONFUSION[true][predicted] if home else None,
                            source=SOURCE["fig4b"],
                            true=suit,
                            predicted=taken_for,
                            **where,
                        )
                    )
            means = list(np.diagonal(shares, axis1=1, axis2=2).mean(axis=1))
            paper = float(np.mean(np.diag(CONFUSION))) if home else None
            rows.append(row("accuracy", means, paper=paper, source=SOURCE["fig4b"], **where))
    away = yield from lab.model(Trained(settings.preset, "vertical", *_AWAY, settings.seeds[0]))
    X, y, _ = lab.test_cards("vertical", *_AWAY)
    rows.append(
        row(
            "accuracy, trained away too",
            [float(np.mean(away.predict(X) == y))],
            model="ss-rVAE",
            offset="vertical",
            a_deg=_AWAY[0],
            s_deg=_AWAY[1],
        )
    )
    arrays = {"tiles": traversals(away, settings.n_tiles)}
    return Outcome(rows, _summary(rows), arrays, SUITS)


def _summary(rows: list[Row]) -> str:
    lines = pick(rows, quantity="accuracy", a_deg=HOME_ANGLE)
    each = ", ".join(f"{line['offset']} {line['mean']:.3f}" for line in lines)
    return f"accuracy at home: {each} (paper {np.mean(np.diag(CONFUSION)):.3f}, vertical)"


def draw(outcome: Outcome) -> Figure:
    """Draw the confusions beside the paper's, and the traversals below."""
    figure = new_figure(
        12, 7.2, "Fig. 4b, c: confusion of the suits (rows true, columns predicted)"
    )
    panels = figure.subplots(2, 4)
    for line, (angle, shear) in enumerate(((HOME_ANGLE, HOME_SHEAR), _AWAY)):
        for column, (offset, said) in enumerate(OFFSET_NAMES.items()):
            shares = pick(
                outcome.rows, quantity="share of the true class", offset=offset, a_deg=angle
            )
            place = f"{'b' if line == 0 else 'c'}) a = {angle:g}°, s = {shear:.3g}°\n{said}"
            _matrix(panels[line, column], [r["mean"] for r in shares], outcome.names, place)
    _matrix(
        panels[0, 2],
        np.ravel(CONFUSION),
        outcome.names,
        "the paper's, a = 60°, s = 15°\nvertical offsets",
    )
    tiles = outcome.arrays["tiles"]
    panels[0, 3].set_visible(False)
    for latent in range(tiles.shape[1]):
        axes = panels[1, 2 + latent]
        show_montage(
            axes,
            tiles[:, latent],
            title=f"c) latent {latent + 1} of a model trained\nat a = {_AWAY[0]:g}°, s = 30 % ({_AWAY[1]:g}°)",
        )
    for axes in panels[1, 2 + tiles.shape[1] :]:
        axes.set_visible(False)
    return figure


def _matrix(axes: Axes, shares: npt.ArrayLike, names: tuple[str, ...], title: str) -> None:
    grid = np.asarray(shares, dtype=float).reshape(len(names), len(names))
    heat_map(axes, grid, names, names, title=title, colours="Blues")
