"""Fig. 3a: accuracy against how far the unlabelled cards are turned, with and without pose."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.evaluation.paper.events import Outcome, Running
from napari_ssrvae.evaluation.paper.figures import COLOURS, OFFSET_NAMES, legend_below, new_figure
from napari_ssrvae.evaluation.paper.lab import HOME_ANGLE, HOME_SHEAR, Images, Lab, Labels, Trained
from napari_ssrvae.evaluation.paper.numbers import HOME_ACCURACY, RANGE_WITH_AT_LEAST, SOURCE
from napari_ssrvae.evaluation.paper.rows import Row, pick, plus_minus, row
from napari_ssrvae.evaluation.paper.settings import Offset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "run"]

_BIN_DEG = 15.0
_BY_ANGLE = "accuracy by |angle|"

Cards = tuple[Images, Labels, dict[str, Images]]
Values = dict[tuple[Any, ...], list[float]]


def run(lab: Lab) -> Running[Outcome]:
    """Train anew for every range of angles; test within the range, and by angle on the full circle."""
    settings = lab.settings
    within: Values = defaultdict(list)
    around: Values = defaultdict(list)
    for offset in lab.offsets:
        everywhere = lab.test_cards(offset, 180)
        for a in settings.angles_deg:
            cards = lab.test_cards(offset, a)
            for seed in settings.seeds:
                models: dict[str, Any] = {"CNN": (yield from lab.rival(seed))}
                for name, preset in (("ss-rVAE", settings.preset), ("ss-VAE", "ss-vae")):
                    models[name] = yield from lab.model(
                        Trained(preset, offset, a, HOME_SHEAR, seed)
                    )
                for name, model in models.items():
                    within[name, offset, a].append(_share(model, cards))
                    for low, share in _by_angle(model, everywhere):
                        around[name, offset, a, low].append(share)
    rows = [_within(name, offset, a, values) for (name, offset, a), values in within.items()]
    rows += [
        row(
            _BY_ANGLE,
            values,
            model=name,
            offset=offset,
            trained_a_deg=a,
            from_deg=low,
            to_deg=low + _BIN_DEG,
        )
        for (name, offset, a, low), values in around.items()
    ]
    return Outcome(rows, _summary(rows))


def _share(model: Any, cards: Cards) -> float:
    return float(np.mean(model.predict(cards[0]) == cards[1]))


def _by_angle(model: Any, cards: Cards) -> list[tuple[float, float]]:
    """Return the lower edge of each bin of |angle| and the accuracy in it."""
    X, y, factors = cards
    hit = model.predict(X) == y
    place = np.minimum(np.abs(factors["angle_deg"]) // _BIN_DEG, 180 // _BIN_DEG - 1)
    return [(float(b * _BIN_DEG), float(hit[place == b].mean())) for b in np.unique(place)]


def _within(name: str, offset: Offset, a: float, values: list[float]) -> Row:
    paper = HOME_ACCURACY if (name, a) == ("ss-rVAE", HOME_ANGLE) else None
    line = row(
        "accuracy",
        values,
        paper=paper,
        source=SOURCE["fig3a"],
        model=name,
        offset=offset,
        a_deg=a,
        s_deg=HOME_SHEAR,
    )
    low, high, least = RANGE_WITH_AT_LEAST
    if name == "ss-rVAE" and low < a < high:
        line |= {"paper_at_least": least, "paper_range_source": SOURCE["fig3a range"]}
    return line


def _summary(rows: list[Row]) -> str:
    told = []
    for name in ("ss-rVAE", "ss-VAE"):
        lines = pick(rows, quantity="accuracy", model=name, offset="2d")
        told.append(f"{name} " + ", ".join(f"±{r['a_deg']:g}°: {plus_minus(r)}" for r in lines))
    return "accuracy with 2-D offsets: " + "; ".join(told)


def draw(outcome: Outcome) -> Figure:
    """Draw accuracy against the range, and against |angle|."""
    rows = outcome.rows
    figure = new_figure(
        11, 5.4, "Fig. 3a: accuracy against rotational disorder of the unlabelled cards"
    )
    left, right = figure.subplots(1, 2)
    _draw_ranges(left, rows)
    _draw_angles(right, rows)
    for axes in (left, right):
        axes.axhline(0.25, color="#999999", linewidth=0.8, linestyle=":")
        axes.set_ylim(0, 1.03)
        axes.grid(alpha=0.25)
        axes.tick_params(labelsize=8)
        axes.set_xlim(0, 182)
        axes.set_xticks(range(0, 181, 30))
    return figure


def _draw_ranges(axes: Axes, rows: list[Row]) -> None:
    low, high, least = RANGE_WITH_AT_LEAST
    axes.fill_between([low, high], least, 1.03, color="#0072B2", alpha=0.08, linewidth=0)
    axes.text((low + high) / 2, least + 0.01, "paper: ss-rVAE in here", fontsize=7, ha="center")
    axes.plot([HOME_ANGLE], [HOME_ACCURACY], "*", color="k", markersize=11, label="paper, ss-rVAE")
    for colour, name in zip(COLOURS, ("ss-rVAE", "ss-VAE", "CNN"), strict=False):
        for offset, style in (("vertical", "--"), ("2d", "-")):
            lines = pick(rows, quantity="accuracy", model=name, offset=offset)
            a, mean, sd = _columns(lines, "a_deg")
            label = f"{name}, {OFFSET_NAMES[offset]}"
            axes.plot(a, mean, style, marker="o", markersize=4, color=colour, label=label)
            axes.fill_between(a, mean - sd, mean + sd, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("trained and tested within ±a (degrees)", fontsize=9)
    axes.set_ylabel("accuracy", fontsize=9)
    axes.set_title("retrained for each a; band: standard deviation over seeds", fontsize=9)
    legend_below(axes)


def _draw_angles(axes: Axes, rows: list[Row]) -> None:
    every = pick(rows, quantity=_BY_ANGLE, offset="2d")
    trained = sorted({line["trained_a_deg"] for line in every})
    shown = [a for a in trained if a in (5.0, HOME_ANGLE, 180.0)] or trained[-1:]
    for colour, a in zip(COLOURS, shown, strict=False):
        for name, style in (("ss-rVAE", "-"), ("ss-VAE", "--")):
            lines = pick(every, model=name, trained_a_deg=a)
            start, mean, sd = _columns(lines, "from_deg")
            at = start + _BIN_DEG / 2
            axes.plot(
                at,
                mean,
                style,
                marker="o",
                markersize=3,
                color=colour,
                label=f"{name}, trained within ±{a:g}°",
            )
            axes.fill_between(at, mean - sd, mean + sd, color=colour, alpha=0.12, linewidth=0)
    # The rival sees no unlabelled card: one line for all.
    start, mean, _ = _columns(pick(every, model="CNN", trained_a_deg=shown[0]), "from_deg")
    axes.plot(start + _BIN_DEG / 2, mean, ":", color="k", label="CNN on the labels alone")
    axes.set_xlabel("|angle| of the card (degrees)", fontsize=9)
    axes.set_title("tested on the full circle, 2-D offsets", fontsize=9)
    legend_below(axes)


def _columns(lines: list[Row], key: str) -> tuple[npt.NDArray[np.float64], ...]:
    lines = sorted(lines, key=lambda line: float(line[key]))
    table = [[line[key], line["mean"], line["sd"] or 0.0] for line in lines]
    return tuple(np.array(table, dtype=float).T)
