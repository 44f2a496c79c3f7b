"""What a fit tells while it runs: plain numbers, never a tensor on a device."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CheckpointEvent",
    "EpochEvent",
    "FitEvent",
    "FitFailed",
    "FitFinished",
    "FitNotice",
    "FitStarted",
    "StepEvent",
]


@dataclass(frozen=True, slots=True)
class FitStarted:
    """The data passed the door: `particles` in all, `labelled` of them by hand."""

    particles: int
    labelled: int
    held_out: int
    epochs: int
    steps_per_epoch: int
    device: str


@dataclass(frozen=True, slots=True)
class StepEvent:
    """One batch is done; `fraction` in (0, 1] of the whole fit. The place to stop."""

    epoch: int
    step: int
    steps: int
    fraction: float


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """One pass is done. Losses in nats per particle; accuracies are balanced over the classes."""

    epoch: int
    epochs: int
    loss: float
    reconstruction: float
    kl: float
    classification: float
    train_accuracy: float
    held_out_accuracy: float | None
    seconds: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class CheckpointEvent:
    """The estimator now holds the model of this epoch, ready for use or `save`."""

    epoch: int


@dataclass(frozen=True, slots=True)
class FitNotice:
    """Something the user should know while training goes on; `message` is one sentence."""

    message: str


@dataclass(frozen=True, slots=True)
class FitFinished:
    """The end; `reason` is "complete" or "converged"."""

    reason: str
    epochs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FitFailed:
    """The fit broke down; `message` is one sentence for the user. The last event."""

    message: str


FitEvent = (
    FitStarted | StepEvent | EpochEvent | CheckpointEvent | FitNotice | FitFinished | FitFailed
)
