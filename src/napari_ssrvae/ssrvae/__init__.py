"""The model: a semi-supervised rotationally invariant variational autoencoder. Sees arrays only.

Names are lazy: parameters and events are at hand without importing torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae.checks import ClippedWarning, ResampledWarning
    from napari_ssrvae.ssrvae.description import Description
    from napari_ssrvae.ssrvae.estimator import SSRVAE
    from napari_ssrvae.ssrvae.events import (
        CheckpointEvent,
        EpochEvent,
        FitEvent,
        FitFailed,
        FitFinished,
        FitNotice,
        FitPictures,
        FitPreparing,
        FitStarted,
        StepEvent,
    )
    from napari_ssrvae.ssrvae.parameters import PRESETS, SSRVAEParameters
    from napari_ssrvae.ssrvae.pose import Pose

__all__ = [
    "PRESETS",
    "SSRVAE",
    "CheckpointEvent",
    "ClippedWarning",
    "Description",
    "EpochEvent",
    "FitEvent",
    "FitFailed",
    "FitFinished",
    "FitNotice",
    "FitPictures",
    "FitPreparing",
    "FitStarted",
    "Pose",
    "ResampledWarning",
    "SSRVAEParameters",
    "StepEvent",
]

_HOME = {
    "PRESETS": "parameters",
    "SSRVAE": "estimator",
    "CheckpointEvent": "events",
    "ClippedWarning": "checks",
    "Description": "description",
    "EpochEvent": "events",
    "FitEvent": "events",
    "FitFailed": "events",
    "FitFinished": "events",
    "FitNotice": "events",
    "FitPictures": "events",
    "FitPreparing": "events",
    "FitStarted": "events",
    "Pose": "pose",
    "ResampledWarning": "checks",
    "SSRVAEParameters": "parameters",
    "StepEvent": "events",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
