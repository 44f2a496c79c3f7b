"""`Session`: micrographs, library and what is shown of them, with a signal for each kind of change."""

from __future__ import annotations

from pathlib import Path

from napari_ssrvae.session.displaying import Displaying
from napari_ssrvae.session.opening import libraries_home
from napari_ssrvae.session.queue import LabelQueue
from napari_ssrvae.workflow import ModelInfo, Trained, TrainingSet, register_training

__all__ = ["Session", "libraries_home"]


class Session(Displaying):
    """Micrographs, particles, classes, labels and predictions of one viewer.

    Parameters
    ----------
    home : Path or None
        Folder in which a new library is made when the first particles are found.
    seed : int or None
        For what the queue draws at random; None: another draw every time.

    Attributes
    ----------
    catalogue : Catalogue
        All particles of the library, micrographs open or not.
    selection : Selection
        The selected particles.
    queue : LabelQueue
        Which particle to label or review next.
    traversals : dict
        Latent traversals of the model per class id.
    """

    def __init__(self, home: Path | None = None, *, seed: int | None = None) -> None:
        super().__init__(home)
        self.queue = LabelQueue(self, seed)

    def training_set(self) -> TrainingSet:
        """Collect what a model learns from.

        Raises
        ------
        InputError
            No particles, no labels, labels of one class only, fewer particles than classes.
        """
        return TrainingSet.from_library(self.need_library())

    def models(self) -> list[ModelInfo]:
        """Return the kept models, the newest first."""
        return []

    def choose_model(self, name: str) -> int:
        """Show what this model says; return how many particles have no prediction of it."""
        raise NotImplementedError

    def remove_model(self, name: str) -> None:
        """Remove a model and its files; of the current one the newest other takes the place."""
        raise NotImplementedError

    def labels_changed_since(self, name: str) -> int:
        """Return how many labels differ from those that a model learned from."""
        return 0

    def accept_training(self, trained: Trained) -> None:
        """Put a trained model and its predictions into the library, then show them."""
        register_training(self.need_library(), trained)
        self.traversals = dict(trained.traversals)
        self._read_predictions()
        self.traversals_changed.emit()
        self._tell_unsaved()

    @property
    def held_out(self) -> dict[str, float] | None:
        """How that model did on labels kept aside: right, judged, low, high; None if none were."""
        name = self.library_model
        if name is None:
            return None
        metrics = self.need_library().models().to_dict("index")[name]["metrics"]
        found = metrics.get("held_out")
        return dict(found) if isinstance(found, dict) else None
