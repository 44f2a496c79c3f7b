"""What a benchmark says: rows of the table, what could not be measured, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from napari_ssrvae.evaluation.bench.workshop import Workshop

__all__ = [
    "CNN",
    "METHODS",
    "MODEL",
    "SHAPES",
    "Classes",
    "Events",
    "Goal",
    "Images",
    "Missing",
    "Row",
    "Table",
    "Task",
    "Told",
]

Images = npt.NDArray[np.float32]
Classes = npt.NDArray[np.int64]

MODEL, CNN, SHAPES = "ss-rVAE", "CNN", "features"
METHODS = (MODEL, CNN, SHAPES)


@dataclass(frozen=True, slots=True)
class Goal:
    """What the mean should reach: at least `value`, or at most."""

    value: float
    at_least: bool = True

    def met(self, mean: float) -> bool:
        """Whether a mean reaches the goal; NaN does not."""
        return mean >= self.value if self.at_least else mean <= self.value

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One method's result on one task.

    Attributes
    ----------
    task, data, metric, method : str
    labels : int
        Per class.
    values : tuple of float
        One per seed.
    goal : Goal or None
        Of the line; it is meant for the ss-rVAE.
    seconds : float or None
        Mean time to train.
    note : str
        What a reader must know.
    details : dict
        What lies behind the values, plain numbers.
    """

    task: str
    data: str
    labels: int
    method: str
    metric: str
    values: tuple[float, ...]
    goal: Goal | None = None
    seconds: float | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.values))

    @property
    def spread(self) -> float:
        """Standard deviation over the seeds (of the sample); 0 for a single one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else 0.0

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one and for the rivals."""
        if self.goal is None or self.method != MODEL:
            return None
        return self.goal.met(self.mean)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain numbers and words."""
        return {
            "task": self.task,
            "data": self.data,
            "labels": self.labels,
            "method": self.method,
            "metric": self.metric,
            "values": list(self.values),
            "mean": self.mean,
            "spread": self.spread,
            "n": len(self.values),
            "goal": None if self.goal is None else str(self.goal),
            "met": self.met,
            "seconds": self.seconds,
            "note": self.note,
            "details": self.details,
        }


@dataclass(frozen=True, slots=True)
class Told:
    """How far a task has come."""

    task: str
    text: str

    def __str__(self) -> str:
        return f"{self.task}: {self.text}"


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be measured, and why."""

    task: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return the words."""
        return {"task": self.task, "reason": self.reason}

    def __str__(self) -> str:
        return f"{self.task}: not measured. {self.reason}"


Events = Generator[Told | Row | Missing, None, None]


@dataclass(frozen=True, slots=True)
class Task:
    """One benchmark: what it measures, its goal in words, and the generator that does it."""

    name: str
    about: str
    goal: str
    run: Callable[[Workshop], Events]


@dataclass(slots=True)
class _Line:
    values: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    goal: Goal | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class Table:
    """Gathers values seed by seed; `rows` are their lines, in the order of first appearance."""

    def __init__(self, task: str, labels: int) -> None:
        self.task, self.labels = task, labels
        self._lines: dict[tuple[str, str, str], _Line] = {}

    def add(
        self,
        data: str,
        metric: str,
        method: str,
        value: float,
        *,
        goal: Goal | None = None,
        seconds: float | None = None,
        note: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        """Add one seed's value; `details` are kept in one list each, seed by seed."""
        line = self._lines.setdefault((data, metric, method), _Line())
        line.values.append(float(value))
        line.goal, line.note = goal, note or line.note
        if seconds is not None:
            line.seconds.append(seconds)
        for name, detail in (details or {}).items():
            line.details.setdefault(name, []).append(detail)

    def rows(self) -> list[Row]:
        """Return the rows gathered so far."""
        return [
            Row(
                self.task, data, self.labels, method, metric, tuple(line.values), line.goal,
                float(np.mean(line.seconds)) if line.seconds else None, line.note, line.details,
            )
            for (data, metric, method), line in self._lines.items()
        ]  # fmt: skip
