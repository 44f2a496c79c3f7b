"""`Session`: micrographs, library and what is shown of them, with a signal for each kind of change."""

from __future__ import annotations

from pathlib import Path

from napari_ssrvae.session.modelling import Modelling
from napari_ssrvae.session.opening import libraries_home
from napari_ssrvae.session.queue import LabelQueue

__all__ = ["Session", "libraries_home"]


class Session(Modelling):
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
