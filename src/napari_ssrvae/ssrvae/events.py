"""What a fit tells while it runs: plain numbers, never a tensor on a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "CheckpointEvent",
    "EpochEvent",
    "FitEvent",
    "FitFailed",
    "FitFinished",
    "FitNotice",
    "FitPictures",
    "FitPreparing",
    "FitStarted",
    "StepEvent",
]


@dataclass(frozen=True, slots=True)
class FitPreparing:
    """The particles are looked at before the first step; comes several times. A place to stop."""


@dataclass(frozen=True, slots=True)
class FitStarted:
    """The data passed the door: `particles` in all, `labelled` of them by hand."""

    particles: int
    labelled: int
    held_out: int
    epochs: int
    steps_per_epoch: int
    device: str
    warm: bool = False


@dataclass(frozen=True, slots=True)
class StepEvent:
    """One batch is done; `fraction` in (0, 1] of the whole fit. The place to stop.

    `loss` is the running mean of this epoch, in nats per particle; `seconds` what the fit has taken
    so far. `seconds_left` is None until there is something to go by, a second or so after the first
    batch.
    """

    epoch: int
    step: int
    steps: int
    fraction: float
    loss: float = float("nan")
    seconds_left: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EpochEvent:
    """One pass is done. Losses in nats per particle; accuracies are balanced over the classes.

    A fit that goes on where it was broken off tells the epochs before once more. `held_out` labels
    were judged, 0 when they have joined the training or there are none.
    """

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
    held_out: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class FitPictures:
    """What the model draws now; the same particles throughout a fit. float32 in [0, 1].

    Attributes
    ----------
    epoch : int
    particle_rows : ndarray of int64, shape (M,)
        Rows of the training images; M <= 8, of all classes where they have labels.
    originals, reconstructions : ndarray of float32, shape (M, S, S)
    templates : ndarray of float32, shape (K, S, S)
        Each class at latent 0, upright.
    """

    epoch: int
    particle_rows: npt.NDArray[np.int64]
    originals: npt.NDArray[np.float32]
    reconstructions: npt.NDArray[np.float32]
    templates: npt.NDArray[np.float32]


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
    """The fit broke down; `message` is one sentence for the user. The last event.

    `again`: the machine is to blame and not the data, so that going on from the checkpoint may do.
    """

    message: str
    again: bool = False


FitEvent = (
    FitPreparing
    | FitStarted
    | StepEvent
    | EpochEvent
    | FitPictures
    | CheckpointEvent
    | FitNotice
    | FitFinished
    | FitFailed
)
