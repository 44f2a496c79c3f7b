"""What is noted of a training: how it was started, how it went, how its held-out labels did."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.workflow.labels_kept import Learned
from napari_ssrvae.workflow.trained import HeldOut

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAE, EpochEvent, FitEvent
    from napari_ssrvae.workflow.checkpoints import Plan

__all__ = ["Log", "record_of"]


@dataclass
class Log:
    """What the events of a fit have told so far."""

    begun: bool = False
    warm: bool = False
    ended: bool = False
    device: str = ""
    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
    epochs: list[EpochEvent] = field(default_factory=list)

    def note(self, event: FitEvent) -> None:
        """Note one event."""
        from napari_ssrvae.ssrvae import EpochEvent, FitFinished, FitStarted, StepEvent

        if isinstance(event, FitStarted):
            self.begun, self.warm, self.device = True, event.warm, event.device
        elif isinstance(event, StepEvent):
            # A fit that goes on counts the steps of its epoch from where it was broken off.
            self.steps = max(self.steps + 1, event.step)
            self.epoch, self.seconds = event.epoch, event.seconds
        elif isinstance(event, EpochEvent):
            self.epochs.append(event)
            # What follows belongs to the next one.
            self.epoch, self.seconds = min(event.epoch + 1, event.epochs), event.seconds
        elif isinstance(event, FitFinished):
            self.ended, self.epoch, self.seconds = True, event.epochs, event.seconds

    @property
    def history(self) -> dict[str, list[Any]]:
        """The epochs' numbers, by the names of `EpochEvent`."""
        from napari_ssrvae.ssrvae import EpochEvent

        return {f.name: [getattr(e, f.name) for e in self.epochs] for f in fields(EpochEvent)}


def record_of(
    plan: Plan, model: SSRVAE, learned: Learned, log: Log, *, warm_from: str | None
) -> dict[str, Any]:
    """Return what is noted with the model in the library: plain numbers and words."""
    import torch

    from napari_ssrvae import __version__

    return {
        "preset": plan.preset,
        "parameters": plan.parameters.model_dump(mode="json"),
        "seed": plan.seed,
        "device": plan.device,
        "computed_on": log.device,
        "epochs": max(1, log.epochs[-1].epoch if log.epochs else 0),
        "seconds": round(log.seconds, 3),
        "stopped": not log.ended,
        "automatic": plan.automatic,
        "warm_from": warm_from,
        "history": log.history,
        "held_out": held_out_of(model, learned),
        "n_labels": len(learned.particle_ids),
        "versions": {
            "napari-ssrvae": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }


def held_out_of(model: SSRVAE, learned: Learned) -> dict[str, Any] | None:
    """Return how the labels kept aside did: right, judged, low, high, accuracy, particles."""
    judged = HeldOut.of_model(model)
    if judged is None or model.held_out is None:
        return None
    true, probabilities = model.held_out
    particles: dict[str, list[Any]] = {
        "particle_ids": [], "true": [], "predicted": [], "probability": []
    }  # fmt: skip
    if len(learned.held_out_ids) == len(true):
        classes = np.asarray(learned.model_class_ids)
        particles = {
            "particle_ids": learned.held_out_ids.tolist(),
            "true": classes[true].tolist(),
            "predicted": classes[probabilities.argmax(axis=1)].tolist(),
            "probability": np.round(probabilities.max(axis=1), 6).astype(float).tolist(),
        }
    return {**judged.as_record(), "particles": particles}
