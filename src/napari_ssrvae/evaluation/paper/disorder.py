"""Fig. 4a: a model trained at 60 degrees and shears of 15, tested where cards are turned and sheared otherwise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.evaluation.paper.events import Outcome, Running
from napari_ssrvae.evaluation.paper.figures import OFFSET_NAMES, heat_map, new_figure
from napari_ssrvae.evaluation.paper.lab import Images, Lab, Labels
from napari_ssrvae.evaluation.paper.numbers import GRID, SOURCE
from napari_ssrvae.evaluation.paper.rows import Row, pick, plus_minus
from napari_ssrvae.evaluation.paper.settings import Offset
from napari_ssrvae.evaluation.paper.sweep import Condition, sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "run"]


def run(lab: Lab) -> Running[Outcome]:
    """Test on the grid of shears and angles."""

    def cards(shear: float, angle: float, offset: Offset) -> tuple[Images, Labels]:
        X, y, _ = lab.test_cards(offset, angle, shear)
        return X, y

    conditions = [
        Condition({"s_deg": s, "a_deg": a}, partial(cards, s, a), GRID.get((s, a)))
        for s in lab.settings.grid_shear_deg
        for a in lab.settings.grid_angles_deg
    ]
    rows = yield from sweep(lab, conditions, SOURCE["fig4a"])
    ours = pick(rows, model="ss-rVAE", offset="2d")
    worst = min((r for r in ours if r["s_deg"] <= 20), key=lambda r: float(r["mean"]))
    text = (
        f"worst cell up to shears of 20° (2-D offsets): {plus_minus(worst)} at s = {worst['s_deg']:g}°, "
        f"a = {worst['a_deg']:g}° (paper {worst['paper']})"
    )
    return Outcome(rows, text)


def draw(outcome: Outcome) -> Figure:
    """Draw the grid of the paper, and ours and the rival's with both offsets."""
    figure = new_figure(
        12,
        7.6,
        "Fig. 4a: trained at a = 60°, s = 15°, tested on other angles and shears (accuracy)",
    )
    panels = figure.subplots(3, 2)
    picture: Any = None
    for column, (offset, said) in enumerate(OFFSET_NAMES.items()):
        for line, (name, letter) in enumerate(
            (("ss-rVAE", "ss-rVAE"), ("CNN", "CNN on the labels alone"))
        ):
            rows = pick(outcome.rows, model=name, offset=offset)
            picture = _grid(panels[line, column], rows, "mean", f"{letter}, {said}")
    paper = pick(outcome.rows, model="ss-rVAE", offset="vertical")
    _grid(panels[2, 0], paper, "paper", "the paper's ss-rVAE, vertical offsets")
    spread = pick(outcome.rows, model="ss-rVAE", offset="2d")
    if any(r["sd"] is not None for r in spread):
        said = "ss-rVAE, 2-D offsets: standard deviation over seeds"
        _grid(panels[2, 1], spread, "sd", said, low=0.0, high=0.1, colours="Greys")
    else:
        panels[2, 1].set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel("tested within ±a (degrees)", fontsize=8)
    figure.colorbar(picture, ax=panels, shrink=0.5, label="accuracy")
    return figure


def _grid(
    axes: Axes,
    rows: list[Row],
    key: str,
    title: str,
    *,
    low: float = 0.25,
    high: float = 1.0,
    colours: str = "viridis",
) -> Any:
    shears = sorted({float(r["s_deg"]) for r in rows})
    angles = sorted({float(r["a_deg"]) for r in rows})
    values: npt.NDArray[np.float64] = np.full((len(shears), len(angles)), np.nan)
    for r in rows:
        if r[key] is not None:
            values[shears.index(r["s_deg"]), angles.index(r["a_deg"])] = r[key]
    down, across = [f"s = {s:g}°" for s in shears], [f"{a:g}" for a in angles]
    return heat_map(axes, values, down, across, title=title, low=low, high=high, colours=colours)
