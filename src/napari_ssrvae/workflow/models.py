"""The models of a library as they are told about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.workflow.labels_kept import labels_of_model

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary

__all__ = ["ModelInfo", "labels_of_model", "models_of"]


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


def models_of(library: ParticleLibrary) -> list[ModelInfo]:
    """Return the models of a library, the newest first."""
    current = library.current_model
    found = [
        _info(str(name), row, library.model_folder(str(name)), current=name == current)
        for name, row in library.models().to_dict("index").items()
    ]
    return found[::-1]


def _info(name: str, row: Mapping[Any, Any], folder: Path, *, current: bool) -> ModelInfo:
    told = row["metrics"]
    held_out, history = told.get("held_out"), told.get("history")
    seconds = told.get("seconds")
    warm_from = told.get("warm_from")
    return ModelInfo(
        name,
        datetime.fromisoformat(row["created"]),
        str(told.get("preset", "default")),
        int(told.get("epochs", 0)),
        None if seconds is None else float(seconds),
        int(row["n_labels"]),
        int(row["seed"]),
        str(told.get("device", "")),
        dict(row["parameters"]),
        {str(what): str(version) for what, version in row["versions"].items()},
        None if warm_from is None else str(warm_from),
        bool(told.get("stopped", False)),
        bool(told.get("automatic", False)),
        dict(held_out) if isinstance(held_out, dict) else None,
        dict(history) if isinstance(history, dict) else {},
        current,
        tuple(int(i) for i in row["class_ids"]),
        folder,
    )
