"""What an experiment tells while it runs, and what it ends with."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy.typing as npt

from napari_ssrvae.evaluation.paper.rows import Row
from napari_ssrvae.ssrvae import EpochEvent, FitNotice

__all__ = ["Event", "Outcome", "Running", "Stage"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is done now, in words for people."""

    text: str


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an experiment found.

    Attributes
    ----------
    rows : list of dict
        The numbers, as they go into `results.json`.
    arrays : mapping of str to ndarray
        What only the figure needs.
    summary : str
        One line for people.
    names : tuple of str
        Names of the classes.
    """

    rows: list[Row]
    summary: str
    arrays: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    names: tuple[str, ...] = ()


Event = Stage | EpochEvent | FitNotice

_Result = TypeVar("_Result")
Running = Generator[Event, None, _Result]
