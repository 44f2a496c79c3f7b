"""A trained model let loose on particles, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.workflow.events import Progress
from napari_ssrvae.workflow.trained import Classified, Predictions

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["classify_particles", "predict"]


def classify_particles(
    model_folder: Path,
    particle_ids: NDArray[np.int64],
    images: NDArray[np.float32],
    class_ids: tuple[int, ...],
) -> Iterator[Progress | Classified]:
    """Let a saved model predict particles."""
    from napari_ssrvae.ssrvae import SSRVAE

    yield Progress(0.0, "Loading the model")
    model = SSRVAE.load(model_folder)
    text = f"Predicting {len(images):,} particles"
    yield Progress(0.1, text)
    for said in predict(model, particle_ids, images, class_ids):
        yield (
            Classified(said) if isinstance(said, Predictions) else Progress(0.1 + 0.9 * said, text)
        )


def predict(
    model: SSRVAE,
    particle_ids: NDArray[np.int64],
    images: NDArray[np.float32],
    class_ids: tuple[int, ...],
) -> Iterator[float | Predictions]:
    """Yield the fraction done every fraction of a second, and last what the model says of all."""
    for said in model.iter_describe(images):
        if isinstance(said, float):
            yield said
            continue
        yield Predictions(
            particle_ids,
            class_ids,
            said.probabilities.astype(np.float32),
            said.novelty.astype(np.float32),
            said.angle_rad.astype(np.float32),
            said.offset_px.astype(np.float32),
            said.latents.astype(np.float32),
        )
