"""The steps of the work as generators of typed events: find particles, label, train, classify.

Docks, command line and batch run the same ones. A generator touches neither the library's database nor
the session: it computes, and its last event carries the result, which `store_particles`,
`register_training` or `store_predictions` put into the library on the thread that owns it.
Only the weights of a model are written while it trains, into a folder of its own.
"""

from __future__ import annotations

from napari_ssrvae.workflow.broken_off import (
    BrokenOffTraining,
    broken_off,
    broken_off_like,
    discard,
    resume_training,
)
from napari_ssrvae.workflow.events import (
    BrokenOff,
    Failed,
    Paused,
    Progress,
    Resumed,
    guarded,
)
from napari_ssrvae.workflow.labelling import label_from_csv
from napari_ssrvae.workflow.labels_kept import labels_of_model
from napari_ssrvae.workflow.model_card import ModelCard, read_model_card
from napari_ssrvae.workflow.models import ModelInfo, models_of
from napari_ssrvae.workflow.particles import (
    TYPED,
    ParticlesFound,
    find_particles,
    patches_of,
    project_patches,
    project_window,
    store_particles,
)
from napari_ssrvae.workflow.predicting import classify_particles
from napari_ssrvae.workflow.trained import (
    Classified,
    Predictions,
    Trained,
    free_model_name,
    register_training,
    store_predictions,
    storing,
)
from napari_ssrvae.workflow.training import train_model
from napari_ssrvae.workflow.training_set import TrainingSet
from napari_ssrvae.workflow.traversals import read_traversals

__all__ = [
    "TYPED",
    "BrokenOff",
    "BrokenOffTraining",
    "Classified",
    "Failed",
    "ModelCard",
    "ModelInfo",
    "ParticlesFound",
    "Paused",
    "Predictions",
    "Progress",
    "Resumed",
    "Trained",
    "TrainingSet",
    "broken_off",
    "broken_off_like",
    "classify_particles",
    "discard",
    "find_particles",
    "free_model_name",
    "guarded",
    "label_from_csv",
    "labels_of_model",
    "models_of",
    "patches_of",
    "project_patches",
    "project_window",
    "read_model_card",
    "read_traversals",
    "register_training",
    "resume_training",
    "store_particles",
    "store_predictions",
    "storing",
    "train_model",
]
