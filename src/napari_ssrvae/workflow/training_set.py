"""What a model learns from: patches of particles and the labels some of them have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.model_card import ModelCard

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary

__all__ = ["TrainingSet"]


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
        index = np.full(256, -1, np.int64)
        index[[c.class_id for c in used]] = np.arange(len(used))
        by_hand = labels.reindex(ids).fillna(0).to_numpy(np.int64)
        y = np.where(by_hand > 0, index[by_hand], -1)
        return cls(
            np.asarray(ids, np.int64),
            images,
            y,
            tuple(c.class_id for c in used),
            ModelCard.of_library(library, [c.name for c in used]),
        )
