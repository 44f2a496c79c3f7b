"""What a model has learned from, kept beside its weights: the labels, and which were kept aside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.files import atomic_file
from napari_ssrvae.workflow.npz import read_arrays
from napari_ssrvae.workflow.training_set import TrainingSet
from napari_ssrvae.workflow.traversals import read_traversals

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["Learned", "labels_of_model", "read_learned", "write_learned"]

FILE = "labels.npz"


@dataclass(frozen=True, eq=False)
class Learned:
    """What a model has learned from.

    Attributes
    ----------
    particle_ids, class_ids : (L,) int64
        The labels by hand at that time.
    model_class_ids : tuple of int, length K
        The class of each output of the model.
    held_out_ids : (M,) int64
        Particles whose labels were kept aside at first, in the order of `SSRVAE.held_out`.
    """

    particle_ids: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    model_class_ids: tuple[int, ...]
    held_out_ids: NDArray[np.int64]

    @classmethod
    def of(cls, data: TrainingSet, model: SSRVAE, before: Learned | None) -> Self:
        """Return what `model` has learned from; `before` is that of the model it went on from."""
        labelled = np.flatnonzero(data.y >= 0)
        rows = model.held_out_rows
        aside = np.zeros(0, np.int64)
        if rows is not None:
            aside = data.particle_ids[rows]
        elif before is not None:
            # A model that goes on is judged by what was kept aside from the first one.
            aside = before.held_out_ids
        return cls(
            data.particle_ids[labelled],
            np.asarray(data.class_ids, np.int64)[data.y[labelled]],
            data.class_ids,
            aside,
        )


def write_learned(folder: Path, learned: Learned) -> None:
    """Put it beside a model."""
    with atomic_file(folder / FILE) as draft:
        np.savez_compressed(
            draft,
            particle_ids=learned.particle_ids,
            class_ids=learned.class_ids,
            model_class_ids=np.asarray(learned.model_class_ids, np.int64),
            held_out_ids=learned.held_out_ids,
        )


def read_learned(folder: Path) -> Learned:
    """Return what the model in `folder` has learned from, as far as it is known."""
    try:
        kept = read_arrays(folder / FILE)
        found = {name: values.astype(np.int64).ravel() for name, values in kept.items()}
        labels = (found["particle_ids"], found["class_ids"])
        if len(labels[0]) != len(labels[1]):
            raise ValueError("ragged")
        return Learned(*labels, tuple(found["model_class_ids"].tolist()), found["held_out_ids"])
    except (ValueError, KeyError):
        # Models of earlier versions have their traversals in the order of their classes, and no more.
        none = np.zeros(0, np.int64)
        return Learned(none, none, tuple(read_traversals(folder)), none)


def labels_of_model(folder: Path) -> dict[int, int]:
    """Return the class id of each particle that the model in `folder` has learned from.

    Empty where an earlier version did not note it.
    """
    learned = read_learned(folder)
    return dict(zip(learned.particle_ids.tolist(), learned.class_ids.tolist(), strict=True))
