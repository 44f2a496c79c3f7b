"""What all parts of a session share: its signals, what it holds, and how it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.catalogue import Catalogue
from napari_ssrvae.session.opened import locate
from napari_ssrvae.session.selection import ParticleIds, Selection

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import ParticleClass, ParticleLibrary
    from napari_ssrvae.session.state import MicrographState

__all__ = ["SessionBase"]


class SessionBase:
    """Signals and what is held; the parts of `Session` build on it.

    Attributes
    ----------
    catalogue : Catalogue
        All particles of the library, micrographs open or not.
    selection : Selection
        The selected particles.
    """

    micrographs_changed = Signal()
    current_changed = Signal()
    particles_changed = Signal(object, object)  # MicrographState, ParticleChange | None
    labels_changed = Signal(object)  # particle ids
    classes_changed = Signal()
    active_class_changed = Signal()
    predictions_changed = Signal()
    catalogue_changed = Signal()  # particles, model or predictions are others
    traversals_changed = Signal()
    models_changed = Signal()  # a model came, went or was chosen
    library_changed = Signal()
    unsure_below_changed = Signal(float)
    novel_above_changed = Signal(float)
    scope_changed = Signal(str)  # what is summed up: library or micrograph
    acted = Signal(str)  # what was done, in a sentence
    unsaved_changed = Signal(int, str)  # acts not on disk yet, and why

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._library: ParticleLibrary | None = None
        self._states: list[MicrographState] = []
        self._current: MicrographState | None = None
        self._active_class_id: int | None = None
        self._unsaved: tuple[int, str] = (0, "")
        self.traversals: dict[int, NDArray[np.float32]] = {}
        self.catalogue = Catalogue()
        self.selection = Selection(self.catalogue.has)

    # --- micrographs ---------------------------------------------------------------------------

    @property
    def micrographs(self) -> tuple[MicrographState, ...]:
        """The micrographs of the session in the order they came."""
        return tuple(self._states)

    @property
    def current(self) -> MicrographState | None:
        """The micrograph that is worked on."""
        return self._current

    def set_current(self, state: MicrographState) -> None:
        """Work on this micrograph."""
        if state is not self._current:
            self._current = state
            self.current_changed.emit()

    def locate(self, particle_id: int) -> tuple[MicrographState, int] | None:
        """Return the micrograph and the label id of a particle, None if it is not open."""
        return locate(self.catalogue, self._states, particle_id)

    # --- the library ---------------------------------------------------------------------------

    @property
    def library(self) -> ParticleLibrary | None:
        """The library that everything goes to; None before the first particles."""
        return self._library

    def need_library(self) -> ParticleLibrary:
        """Return the library.

        Raises
        ------
        InputError
            There is none yet.
        """
        if self._library is None:
            raise InputError(
                "There are no particles yet: open a micrograph and press Find particles first."
            )
        return self._library

    @property
    def library_model(self) -> str | None:
        """Name of the model whose predictions are shown, None without one."""
        return None if self._library is None else self._library.current_model

    def patches(self, ids: ParticleIds) -> NDArray[np.float32]:
        """Return the patches (M, S, S) of particles in the order asked for.

        Raises
        ------
        InputError
            A particle is not there (any more), or its file is missing or damaged.
        """
        return self.need_library().patches(ids)[1]

    def lost_labels(self) -> pd.DataFrame:
        """Return the hand labels that a new segmentation has left without a particle.

        Returns
        -------
        DataFrame
            Index particle_id; micrograph_id, micrograph (name), class_id, centroid_y_px,
            centroid_x_px, area_px.
        """
        import pandas as pd

        if self._library is None:
            return pd.DataFrame(
                columns=[
                    "micrograph_id",
                    "micrograph",
                    "class_id",
                    "centroid_y_px",
                    "centroid_x_px",
                    "area_px",
                ],
                index=pd.Index([], name="particle_id", dtype="int64"),
            )
        return self._library.lost_labels()

    # --- acts that are not on disk yet ---------------------------------------------------------

    @property
    def unsaved(self) -> int:
        """How many acts could not be written so far; they are kept in memory."""
        return 0 if self._library is None else self._library.unsaved

    def save_unsaved(self) -> bool:
        """Try to write the acts that could not be written; True if nothing is left to be written."""
        saved = self._library is None or self._library.save_unsaved()
        self._tell_unsaved()
        return saved

    def _tell_unsaved(self) -> None:
        library = self._library
        now = (0, "")
        if library is not None:
            now = (library.unsaved, library.unsaved_reason or "")
        if now != self._unsaved:
            self._unsaved = now
            self.unsaved_changed.emit(*now)

    # --- classes -------------------------------------------------------------------------------

    @property
    def classes(self) -> list[ParticleClass]:
        """The classes in their order; empty before there is a library."""
        return [] if self._library is None else self._library.classes()

    @property
    def active_class_id(self) -> int | None:
        """The class that a click assigns."""
        return self._active_class_id

    def set_active_class(self, class_id: int) -> None:
        """Let clicks assign this class."""
        if class_id not in {c.class_id for c in self.classes}:
            raise InputError(
                f"There is no class number {class_id}: choose one of the list or add it first."
            )
        if class_id != self._active_class_id:
            self._active_class_id = class_id
            self.active_class_changed.emit()
