"""Rows of results: a number with its spread over the seeds, and the paper's beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Row", "pick", "plus_minus", "row"]

Row = dict[str, Any]


def row(
    quantity: str,
    values: Sequence[float],
    *,
    paper: float | None = None,
    source: str | None = None,
    **where: Any,
) -> Row:
    """Return one row.

    Parameters
    ----------
    quantity : str
        What was measured.
    values : sequence of float
        One per seed; the standard deviation over them is None for a single one.
    paper : float, optional
        What the paper reports.
    source : str, optional
        Where it does.
    **where
        The conditions: model, offset, angle and so on.
    """
    numbers = [round(float(v), 5) for v in values]
    line: Row = {
        "quantity": quantity,
        **where,
        "mean": round(float(np.mean(numbers)), 5),
        "sd": round(float(np.std(numbers, ddof=1)), 5) if len(numbers) > 1 else None,
        "values": numbers,
        "paper": paper,
    }
    if paper is not None:
        line["paper_source"] = source
    return line


def pick(rows: Sequence[Row], **where: Any) -> list[Row]:
    """Return the rows that agree with `where`."""
    return [line for line in rows if all(line.get(key) == value for key, value in where.items())]


def plus_minus(line: Row) -> str:
    """Return mean and spread as text."""
    return f"{line['mean']:.3f}" + ("" if line["sd"] is None else f" ± {line['sd']:.3f}")
