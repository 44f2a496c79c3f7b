"""The model: a semi-supervised rotationally invariant variational autoencoder. Sees arrays only."""

from __future__ import annotations

from napari_ssrvae.ssrvae.estimator import SSRVAE
from napari_ssrvae.ssrvae.events import (
    CheckpointEvent,
    EpochEvent,
    FitEvent,
    FitFailed,
    FitFinished,
    FitStarted,
    StepEvent,
)
from napari_ssrvae.ssrvae.parameters import PRESETS, SSRVAEParameters
from napari_ssrvae.ssrvae.pose import Pose

__all__ = [
    "PRESETS",
    "SSRVAE",
    "CheckpointEvent",
    "EpochEvent",
    "FitEvent",
    "FitFailed",
    "FitFinished",
    "FitStarted",
    "Pose",
    "SSRVAEParameters",
    "StepEvent",
]
