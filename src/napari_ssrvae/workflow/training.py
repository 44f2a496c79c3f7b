"""From labelled particles to a trained model and its predictions."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.workflow.events import BrokenOff, Failed, Paused, Progress, Resumed
from napari_ssrvae.workflow.model_card import ModelCard, write_model_card

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.ssrvae import SSRVAE, FitEvent, SSRVAEParameters

__all__ = [
    "Classified",
    "HeldOut",
    "Predictions",
    "Trained",
    "TrainingSet",
    "classify_particles",
    "free_model_name",
    "read_traversals",
    "register_training",
    "store_predictions",
    "train_model",
]

N_TRAVERSAL = 9


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """What a model learns from.

    Attributes
    ----------
    particle_ids : ndarray of int64, shape (N,)
    images : ndarray of float32, shape (N, S, S)
    y : ndarray of int64, shape (N,)
        Index into `class_ids`, -1 where there is no label by hand.
    class_ids : tuple of int, length K
        The classes that have labels.
    """

    particle_ids: NDArray[np.int64]
    images: NDArray[np.float32]
    y: NDArray[np.int64]
    class_ids: tuple[int, ...]
    card: ModelCard

    @classmethod
    def from_library(cls, library: ParticleLibrary) -> TrainingSet:
        """Collect patches and labels of a library.

        Classes without a label are left out: the model cannot know what they are.

        Raises
        ------
        InputError
            No particles, no labels, one class only, fewer particles than classes, or micrographs that are not cut
            out alike.
        """
        ids, images = library.patches()
        if len(ids) == 0:
            raise InputError(
                f"The library {library.folder.name} has no particles yet: find particles first."
            )
        labels = library.labels()
        used = [c for c in library.classes() if (labels == c.class_id).any()]
        if not used:
            raise InputError("No particle is labelled yet: label a few of each class, then train.")
        if len(used) == 1:
            raise InputError(
                f'Only the class "{used[0].name}" has labels: label a few particles of at least one other class, '
                "then train."
            )
        if len(ids) < len(used):
            raise InputError(
                f"There are {len(ids)} particles for {len(used)} classes: find more particles or remove classes."
            )
        index = {c.class_id: k for k, c in enumerate(used)}
        y = np.asarray([index[labels[i]] if i in labels.index else -1 for i in ids], np.int64)
        return cls(
            np.asarray(ids, np.int64),
            images,
            y,
            tuple(c.class_id for c in used),
            ModelCard.of_library(library, [c.name for c in used]),
        )


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
    """

    name: str
    folder: Path
    predictions: Predictions
    traversals: Mapping[int, NDArray[np.float32]]
    record: Mapping[str, Any] = field(default_factory=dict)
    stopped: bool = False


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


def train_model(
    data: TrainingSet,
    parameters: SSRVAEParameters,
    *,
    name: str,
    folder: Path,
    random_state: int = 0,
    device: str = "auto",
    preset: str = "default",
    stop: threading.Event | None = None,
    pause: threading.Event | None = None,
    abandon: threading.Event | None = None,
    warm_from: Path | None = None,
    automatic: bool = False,
) -> Iterator[FitEvent | Progress | Paused | Resumed | BrokenOff | Trained | Failed]:
    """Train an ss-rVAE and let it predict every particle.

    A training that was broken off (a crash, a power cut) goes on from its last checkpoint when it is
    started again on the same labels with the same parameters.

    Parameters
    ----------
    data : TrainingSet
    parameters : SSRVAEParameters
    name, folder : str, Path
        Name of the model and the folder it is saved to.
    random_state : int
        Seed; the same data, seed and device give the same model.
    preset : str
        "default", "paper" or "ss-vae"; the others know no classes.
    stop : threading.Event, optional
        Once set, training ends after the current batch and the best model so far is used.
    """
    from napari_ssrvae import __version__
    from napari_ssrvae.ssrvae import SSRVAE, EpochEvent, FitFailed
    from napari_ssrvae.ssrvae.parameters import UNLABELLED

    if preset in UNLABELLED:
        yield Failed(
            f'The preset "{preset}" knows no classes: train a library with "default", "paper" or "ss-vae".'
        )
        return
    model = SSRVAE(len(data.class_ids), preset, random_state, device, parameters)
    epochs = 0
    stopped = False
    folder.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = folder.with_name(f".{folder.name}.training")
    for event in model.iter_fit(data.images, data.y, checkpoint=checkpoint):
        if isinstance(event, FitFailed):
            shutil.rmtree(checkpoint, ignore_errors=True)
            yield Failed(event.message)
            return
        if isinstance(event, EpochEvent):
            epochs = event.epoch
        yield event
        if stop is not None and stop.is_set():
            stopped = True
            break
    shutil.rmtree(checkpoint, ignore_errors=True)
    if epochs == 0:
        yield Failed("Training was stopped before its first pass was done: nothing has changed.")
        return
    yield Progress(0.0, "Predicting every particle")
    predictions = _predict(model, data.particle_ids, data.images, data.class_ids)
    yield Progress(0.8, "Drawing the latent traversals")
    traversals = {class_id: _traversal(model, k) for k, class_id in enumerate(data.class_ids)}
    model.save(folder)
    _write_traversals(folder, traversals)
    write_model_card(folder, data.card)
    import torch

    judged = HeldOut.of_model(model)
    record = {
        "preset": preset,
        "parameters": parameters.model_dump(mode="json"),
        "seed": random_state,
        "device": device,
        "epochs": epochs,
        "held_out": None if judged is None else judged.as_record(),
        "n_labels": int((data.y >= 0).sum()),
        "versions": {
            "napari-ssrvae": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
    yield Trained(name, folder, predictions, traversals, record, stopped)


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
    yield Progress(0.1, f"Predicting {len(images):,} particles")
    yield Classified(_predict(model, particle_ids, images, class_ids))


def _predict(
    model: SSRVAE,
    particle_ids: NDArray[np.int64],
    images: NDArray[np.float32],
    class_ids: tuple[int, ...],
) -> Predictions:
    said = model.describe(images)
    return Predictions(
        particle_ids,
        class_ids,
        said.probabilities.astype(np.float32),
        said.novelty.astype(np.float32),
        said.angle_rad.astype(np.float32),
        said.offset_px.astype(np.float32),
        said.latents.astype(np.float32),
    )


def _traversal(model: SSRVAE, k: int) -> NDArray[np.float32]:
    rows = [
        np.hstack(list(model.traverse(k, latent, n=N_TRAVERSAL)))
        for latent in range(model.n_latents)
    ]
    return np.vstack(rows).astype(np.float32)


def _write_traversals(folder: Path, traversals: Mapping[int, NDArray[np.float32]]) -> None:
    with atomic_file(folder / "traversals.npz") as draft:
        np.savez_compressed(draft, **{str(class_id): tile for class_id, tile in traversals.items()})  # type: ignore[arg-type]


def read_traversals(folder: Path) -> dict[int, NDArray[np.float32]]:
    """Return the latent traversals kept beside a model, empty where there are none."""
    path = folder / "traversals.npz"
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as kept:
            return {int(key): kept[key] for key in kept.files if key.isdecimal()}
    except (ValueError, OSError, EOFError, BadZipFile):
        # Pictures that training draws again; a damaged file must not keep the library closed.
        return {}


def register_training(library: ParticleLibrary, trained: Trained) -> None:
    """Put a trained model and its predictions into the library and make it the current one."""
    record = dict(trained.record)
    library.add_model(
        trained.name,
        parameters=record.pop("parameters", {}),
        seed=int(record.pop("seed", 0)),
        class_ids=trained.predictions.class_ids,
        n_labels=int(record.pop("n_labels", 0)),
        versions=record.pop("versions", {}),
        metrics=record,
    )
    store_predictions(library, trained.name, trained.predictions)
    library.current_model = trained.name


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
    """Return the name of the next model: model-1, model-2, ..."""
    known = set(library.models().index.astype(str))
    number = len(known) + 1
    while f"model-{number}" in known or library.model_folder(f"model-{number}").exists():
        number += 1
    return f"model-{number}"
