"""Models trained at home, tested elsewhere: the shape of fig4a, fig4e and fig4f."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_ssrvae.evaluation.paper.events import Running, Stage
from napari_ssrvae.evaluation.paper.lab import Images, Lab, Labels
from napari_ssrvae.evaluation.paper.rows import Row, row
from napari_ssrvae.evaluation.paper.settings import Offset

__all__ = ["Condition", "accuracy", "sweep"]

Predict = Callable[[Any, Images], Labels]


@dataclass(frozen=True)
class Condition:
    """Cards to test on: what is told of them in a row, how they are made, and the paper's accuracy."""

    where: dict[str, Any]
    cards: Callable[[Offset], tuple[Images, Labels]]
    paper: float | None = None


def accuracy(predicted: Labels, true: Labels) -> float:
    """Return the share of cards that were named right; the suits are equally many."""
    return float(np.mean(predicted == true))


def _ask(model: Any, X: Images) -> Labels:
    predicted: Labels = model.predict(X)
    return predicted


def sweep(
    lab: Lab, conditions: Iterable[Condition], source: str, predict: Predict = _ask
) -> Running[list[Row]]:
    """Test the ss-rVAE and the rival of every seed under every condition, for both kinds of offset."""
    rows: list[Row] = []
    conditions = list(conditions)
    for offset in lab.offsets:
        models = yield from lab.judges(offset)
        yield Stage(f"testing: {len(conditions)} conditions, {offset} offsets")
        for condition in conditions:
            X, y = condition.cards(offset)
            for name, each in models.items():
                values = [accuracy(predict(model, X), y) for model in each]
                # The paper tells of no CNN.
                paper = condition.paper if name == "ss-rVAE" else None
                where = {"model": name, "offset": offset, **condition.where}
                rows.append(row("accuracy", values, paper=paper, source=source, **where))
    return rows
