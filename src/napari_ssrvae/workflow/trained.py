"""What comes of a training, and how it gets into the library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.workflow.checkpoints import checkpoint_of, forget

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.ssrvae import SSRVAE

__all__ = [
    "Classified",
    "HeldOut",
    "Predictions",
    "Trained",
    "free_model_name",
    "register_training",
    "store_predictions",
    "storing",
]

Event = TypeVar("Event")

_NUMBERED = re.compile(r"model-([1-9][0-9]{0,8})")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of N particles; K classes, d content latents."""

    particle_ids: NDArray[np.int64]
    class_ids: tuple[int, ...]
    probabilities: NDArray[np.float32]
    novelty: NDArray[np.float32]
    angle_rad: NDArray[np.float32]
    offset_px: NDArray[np.float32]
    latents: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model, saved in `folder`, with its predictions and one latent traversal per class.

    `traversals[class_id]` has the shape (d * S, n * S): one row of n pictures for each content latent.
    `stored`: the library has it already, see `storing`.
    """

    name: str
    folder: Path
    predictions: Predictions
    traversals: Mapping[int, NDArray[np.float32]]
    record: Mapping[str, Any] = field(default_factory=dict)
    stopped: bool = False
    stored: bool = False


@dataclass(frozen=True)
class HeldOut:
    """How often a model was right about labels that it had not seen.

    Attributes
    ----------
    right, judged : int
        Labels kept aside during the first part of the training, and how many of them were predicted right.
    low, high : float
        95 % Wilson interval of the accuracy.
    """

    right: int
    judged: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """Share that was right."""
        return self.right / self.judged

    @classmethod
    def of_model(cls, model: SSRVAE) -> HeldOut | None:
        """Return what the model knows of its held-out labels, None if there were too few to keep any aside."""
        from napari_ssrvae.evaluation.metrics import wilson_interval

        if model.held_out is None or not len(model.held_out[0]):
            return None
        true, probabilities = model.held_out
        right = int((probabilities.argmax(axis=1) == true).sum())
        low, high = wilson_interval(right, len(true))
        return cls(right, len(true), float(low), float(high))

    def as_record(self) -> dict[str, float]:
        """Return it as plain numbers."""
        return {**asdict(self), "accuracy": self.accuracy}


@dataclass(frozen=True, eq=False)
class Classified:
    """Predictions of a model that was trained before."""

    predictions: Predictions


def register_training(library: ParticleLibrary, trained: Trained) -> None:
    """Put a trained model and its predictions into the library and make it the current one.

    All of it or nothing; from then on its training has no checkpoint any more. What was trained
    automatically takes the place of the automatic model before it.
    """
    if not trained.stored:
        _store(library, trained)
    before = library.current_model
    library.current_model = trained.name
    if trained.record.get("automatic") and before not in (None, trained.name):
        told = library.models()["metrics"].get(before)
        if told is not None and told.get("automatic") and not told.get("chosen"):
            library.remove_model(str(before))


def storing(library: ParticleLibrary, events: Iterator[Event]) -> Iterator[Event | Trained]:
    """Pass the events of a training on; what was trained is in the library before it is told of.

    For a worker: thousands of predictions take longer to write than a window may stand still. Nobody is
    shown the model before `register_training`, which then has little left to do.
    """
    for event in events:
        if isinstance(event, Trained):
            _store(library, event)
            yield replace(event, stored=True)
        else:
            yield event


def _store(library: ParticleLibrary, trained: Trained) -> None:
    from napari_ssrvae.library.model_rows import PredictionColumns

    record = dict(trained.record)
    said = trained.predictions
    library.add_model(
        trained.name,
        parameters=record.pop("parameters", {}),
        seed=int(record.pop("seed", 0)),
        class_ids=said.class_ids,
        n_labels=int(record.pop("n_labels", 0)),
        versions=record.pop("versions", {}),
        metrics=record,
        predictions=PredictionColumns(
            said.particle_ids,
            said.class_ids,
            said.probabilities,
            said.novelty,
            said.angle_rad,
            said.offset_px,
            said.latents,
        ),
        current=False,
    )
    forget(checkpoint_of(trained.folder))


def store_predictions(library: ParticleLibrary, model: str, predictions: Predictions) -> None:
    """Put a model's predictions into the library."""
    library.set_predictions(
        model,
        predictions.particle_ids,
        probabilities=predictions.probabilities,
        class_ids=predictions.class_ids,
        novelty=predictions.novelty,
        angle_rad=predictions.angle_rad,
        offset_px=predictions.offset_px,
        latents=predictions.latents,
    )


def free_model_name(library: ParticleLibrary) -> str:
    """Return the name of the next model: model-1, model-2, ...

    What others went on from keeps its name though it may be gone: no other model is to be taken for it.
    """
    models = library.models()
    known = set(models.index.astype(str))
    told = {str(metrics.get("warm_from")) for metrics in models["metrics"]}
    numbers = [int(found[1]) for name in told | known if (found := _NUMBERED.fullmatch(name))]
    number = max(numbers, default=0) + 1
    while True:
        folder = library.model_folder(f"model-{number}")
        # What was broken off keeps its name, so that it can go on.
        if folder.name not in known and not folder.exists() and not checkpoint_of(folder).exists():
            break
        number += 1
    return f"model-{number}"
