"""The user's own model on the user's own particles, made harder step by step. After the paper's Fig. 4."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.metrics import wilson_interval
from napari_ssrvae.workflow.distortions import contaminated, noisy, sheared, turned
from napari_ssrvae.workflow.events import Progress
from napari_ssrvae.workflow.models import labels_of_model

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["STRESSES", "Stress", "StressPoint", "StressSample", "stress_sample", "stress_test"]

Images = NDArray[np.float32]
MOST = 400
# Patches asked about at once: a stop is heard between two of these.
CHUNK = 64


@dataclass(frozen=True)
class Stress:
    """One way to make particles hard to tell: its name and unit for people, strengths, and the distortion."""

    name: str
    unit: str
    strengths: tuple[float, ...]
    distort: Callable[[Images, float, np.random.Generator], Images]


STRESSES: Mapping[str, Stress] = {
    "rotation": Stress("Rotation", "°", tuple(float(a) for a in range(0, 181, 15)), turned),
    "shear": Stress("Shear", "°", (0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0), sheared),
    "noise": Stress(
        "Noise, standard deviation",
        "grey range",
        (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.63, 1.0),
        noisy,
    ),
    "contamination": Stress(
        "Wrong pixels", "share", (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3), contaminated
    ),
}


@dataclass(frozen=True, eq=False)
class StressSample:
    """Labelled particles that a model is asked about; K outputs of the model.

    Attributes
    ----------
    particle_ids : (N,) int64
    images : (N, S, S) float32
    true : (N,) int64
        Class ids by hand.
    learned : (N,) bool or None
        Which of them the model has learned from; None where it did not note that.
    outputs : (K,) int64
        Class id of today for each output of the model.
    folder : Path
        Of the model.
    """

    particle_ids: NDArray[np.int64]
    images: Images
    true: NDArray[np.int64]
    learned: NDArray[np.bool_] | None
    outputs: NDArray[np.int64]
    folder: Path

    @property
    def words(self) -> str:
        """What must be said with the curves."""
        n = len(self.true)
        if self.learned is None:
            return (
                f"{n} labelled particles, most of which the model learned from: look at how the curves fall, "
                "not at where they begin."
            )
        known = int(self.learned.sum())
        if known == 0:
            return f"{n} labelled particles, none of which the model learned from."
        return (
            f"{n} labelled particles; the model learned from {known} of them, so where the curves begin is too "
            "good: look at how they fall."
        )


@dataclass(frozen=True)
class StressPoint:
    """How often the model was right at one strength: right of judged, and the 95 % Wilson interval."""

    kind: str
    strength: float
    right: int
    judged: int
    low: float
    high: float


def stress_sample(
    library: ParticleLibrary, model: str, *, at_most: int = MOST, seed: int = 0
) -> StressSample:
    """Draw labelled particles of the classes that a model knows, as evenly over the classes as there are.

    Raises
    ------
    InputError
        No particle of these classes is labelled.
    """
    folder = library.model_folder(model)
    classes = library.models().to_dict("index")[model]["class_ids"]
    outputs = np.array(library.classes_now(list(classes)), np.int64)
    by_hand = library.labels()
    ids, true = by_hand.index.to_numpy(np.int64), by_hand.to_numpy(np.int64)
    usable = np.isin(true, outputs)
    ids, true = ids[usable], true[usable]
    if not len(ids):
        raise InputError(
            f"No particle of a class that {model} knows is labelled: label some of each, then test again."
        )
    drawn = _evenly(true, at_most, np.random.default_rng(seed))
    ids, true = ids[drawn], true[drawn]
    found, images = library.patches(ids.tolist())
    at = np.searchsorted(ids, found)
    learned = labels_of_model(folder)
    return StressSample(
        np.asarray(found, np.int64),
        np.asarray(images, np.float32),
        true[at],
        np.isin(found, list(learned)) if learned else None,
        outputs,
        folder,
    )


def stress_test(
    sample: StressSample,
    *,
    stop: threading.Event | None = None,
    stresses: Mapping[str, Stress] = STRESSES,
    seed: int = 0,
) -> Iterator[Progress | StressPoint]:
    """Ask the model about the sample at each strength of each stress, one after the other.

    Ends early, with what it has, once `stop` is set.
    """
    from napari_ssrvae.ssrvae import SSRVAE

    yield Progress(0.0, "Loading the model")
    model = SSRVAE.load(sample.folder, device="cpu")
    points = [(kind, strength) for kind, s in stresses.items() for strength in s.strengths]
    for number, (kind, strength) in enumerate(points):
        stress = stresses[kind]
        # The same draw at every strength: what differs between two points is the strength alone.
        rng = np.random.default_rng([seed, *kind.encode()])
        images = stress.distort(sample.images, strength, rng)
        right = 0
        for first in range(0, len(images), CHUNK):
            if stop is not None and stop.is_set():
                return
            part = slice(first, first + CHUNK)
            right += _right(model, images[part], sample.outputs, sample.true[part])
            done = (number + min(1.0, (first + CHUNK) / len(images))) / len(points)
            yield Progress(done, f"{stress.name} {strength:g} {stress.unit}")
        low, high = wilson_interval(right, len(images))
        yield StressPoint(kind, strength, right, len(images), float(low), float(high))


def _right(
    model: SSRVAE, images: Images, outputs: NDArray[np.int64], true: NDArray[np.int64]
) -> int:
    p = model.predict_proba(images)
    now = np.unique(outputs)
    # The probabilities of classes that were merged since belong together.
    summed = np.column_stack([p[:, outputs == class_id].sum(axis=1) for class_id in now])
    return int((now[summed.argmax(axis=1)] == true).sum())


def _evenly(classes: NDArray[np.int64], at_most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return up to `at_most` rows, rising: in turn one of each class while there are any."""
    order = rng.permutation(len(classes))
    turn = np.empty(len(classes), np.int64)
    for class_id in np.unique(classes):
        mine = order[classes[order] == class_id]
        turn[mine] = np.arange(len(mine))
    return np.sort(order[np.argsort(turn[order], kind="stable")][:at_most])
