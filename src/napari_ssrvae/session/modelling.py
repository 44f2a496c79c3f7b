"""The models of the library: coming, being chosen, going."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.displaying import Displaying
from napari_ssrvae.workflow import (
    ModelInfo,
    Trained,
    TrainingSet,
    labels_of_model,
    models_of,
    read_traversals,
    register_training,
)

__all__ = ["Modelling"]


class Modelling(Displaying):
    """The part of a session that knows models."""

    def training_set(self) -> TrainingSet:
        """Collect what a model learns from.

        Raises
        ------
        InputError
            No particles, no labels, labels of one class only, fewer particles than classes.
        """
        return TrainingSet.from_library(self.need_library())

    def accept_training(self, trained: Trained) -> None:
        """Put a trained model and its predictions into the library, then show them.

        Raises
        ------
        InputError
            The disk does not let it; then everything is as it was, and the training can go on from
            its checkpoint.
        """
        register_training(self.need_library(), trained)
        self.traversals = dict(trained.traversals)
        self._show_model()

    def models(self) -> list[ModelInfo]:
        """Return the kept models, the newest first."""
        return [] if self._library is None else models_of(self._library)

    def choose_model(self, name: str) -> int:
        """Show what this model says, from now on.

        Returns
        -------
        int
            Particles of which it says nothing: they came, or were found anew, after its training.

        Raises
        ------
        InputError
            There is no such model, or the library is read-only.
        """
        library = self.need_library()
        if name != library.current_model:
            library.current_model = name
            told = library.models()["metrics"][name]
            if told.get("automatic") and not told.get("chosen"):
                # One that was chosen by hand stays when the next automatic one comes.
                library.note_of_model(name, chosen=True)
            self.traversals = read_traversals(library.model_folder(name))
            self._show_model()
        return int((self.catalogue.by_model == 0).sum())

    def remove_model(self, name: str) -> None:
        """Remove a model and its files; of the current one the newest other takes the place, if any.

        Raises
        ------
        InputError
            There is no such model, or the library is read-only.
        """
        library = self.need_library()
        others = [model.name for model in self.models()]
        if name not in others:
            raise InputError(f"There is no model “{name}” in the library: choose another.")
        others.remove(name)
        current = library.current_model == name
        library.remove_model(name)
        if not current:
            self.models_changed.emit()
            return
        library.current_model = others[0] if others else None
        self.traversals = read_traversals(library.model_folder(others[0])) if others else {}
        self._show_model()

    def labels_changed_since(self, name: str) -> int:
        """Return how many labels were given, changed or taken off since a model learned from them.

        Particles that are not there any more do not count. Of a model of an earlier version, which did
        not note its labels, all count as new.
        """
        catalogue = self.catalogue
        learned = labels_of_model(self.need_library().model_folder(name))
        then = np.zeros(len(catalogue), np.int64)
        rows = catalogue.rows(np.fromiter(learned, np.int64, len(learned)))
        class_ids = np.fromiter(learned.values(), np.int64, len(learned))
        then[rows[rows >= 0]] = class_ids[rows >= 0]
        return int((then != catalogue.by_hand).sum())

    @property
    def held_out(self) -> dict[str, Any] | None:
        """How the model did on labels kept aside: right, judged, low, high, ...; None if none were."""
        name = self.library_model
        if name is None:
            return None
        metrics = self.need_library().models().to_dict("index")[name]["metrics"]
        found = metrics.get("held_out")
        return dict(found) if isinstance(found, dict) else None

    def _show_model(self) -> None:
        self._read_predictions()
        self.traversals_changed.emit()
        self.models_changed.emit()
        self._tell_unsaved()
