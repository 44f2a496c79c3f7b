"""The models of a library as they are told about, and the labels each has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

__all__ = ["ModelInfo", "labels_of_model"]


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model in a library.

    Attributes
    ----------
    name : str
    created : datetime
    preset : str
    epochs : int
    seconds : float or None
        How long it trained, pauses left out; None where an earlier version did not note it.
    n_labels : int
    seed : int
    device : str
    parameters, versions : dict
    warm_from : str or None
        Name of the model it started from.
    stopped, automatic : bool
        Ended by hand; trained by itself after labels changed.
    held_out : dict or None
        right, judged, low, high, accuracy, particles; None if no label was kept aside.
    history : dict of lists
        The epochs' numbers, by the names of `EpochEvent`.
    current : bool
        Its predictions are shown.
    class_ids : tuple of int
    folder : Path
    """

    name: str
    created: datetime
    preset: str
    epochs: int
    seconds: float | None
    n_labels: int
    seed: int
    device: str
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    warm_from: str | None
    stopped: bool
    automatic: bool
    held_out: Mapping[str, Any] | None
    history: Mapping[str, list[float | None]]
    current: bool
    class_ids: tuple[int, ...]
    folder: Path


def labels_of_model(folder: Path) -> dict[int, int]:
    """Return the class id of each particle that the model in `folder` has learned from.

    Empty where an earlier version did not note it.
    """
    return {}
