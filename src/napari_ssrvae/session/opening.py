"""Micrographs that come in, the library they go to, and the particles that are found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.acting import Acting
from napari_ssrvae.session.calibration import calibrated, corrected
from napari_ssrvae.session.catalogue import Catalogue
from napari_ssrvae.session.opened import show_labels, show_predictions
from napari_ssrvae.session.state import Known, MicrographState, read_known
from napari_ssrvae.workflow import TYPED, ParticlesFound, read_traversals, store_particles

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleChange, ParticleLibrary
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["Opening", "libraries_home"]


def libraries_home() -> Path:
    """Return the folder in which new libraries are kept unless the user says otherwise."""
    return platformdirs.user_documents_path() / "napari-ssrvae"


class Opening(Acting):
    """Opens micrographs and libraries."""

    def add_micrograph(self, micrograph: Micrograph) -> MicrographState:
        """Take a micrograph in and make it the current one; the same image again is the same state."""
        for state in self._states:
            if state.micrograph.sha256 == micrograph.sha256:
                self.set_current(state)
                return state
        state = MicrographState(micrograph)
        known = None if self._library is None else read_known(self._library, micrograph)
        self._states.append(state)
        if known is not None:
            self._show_known(state, known)
        self.micrographs_changed.emit()
        self.set_current(state)
        return state

    def set_pixel_size(self, state: MicrographState, nm: float, source: str = TYPED) -> None:
        """Set the pixel size in nm as the user typed it, or chose it where a file says two things.

        `source` says where the number comes from, in words.
        """
        if not (np.isfinite(nm) and 0 < nm < 1e7):
            raise InputError(f"{nm:g} nm per pixel is not a length: type a number greater than 0.")
        if self._library is not None and state.micrograph_id is not None:
            self._library.set_pixel_size(state.micrograph_id, float(nm), source)
        state.micrograph = calibrated(state.micrograph, float(nm), source)
        if self._library is not None and state.labels is not None:
            # The table alone: whoever shows the mask keeps it.
            state.table = self._library.particles(state.micrograph_id)
            self.catalogue.exchange(self._library, (), state.table)
        self.micrographs_changed.emit()
        if self._library is not None and state.labels is not None:
            self.catalogue_changed.emit()
        self._tell_unsaved()

    def set_data_bar(self, state: MicrographState, rows: tuple[int, int] | None) -> None:
        """Say where the data bar is: its first row and the row after its last; None: there is none.

        It holds from now on, whatever a reader finds. Particles that were found already stay.

        Raises
        ------
        InputError
            The rows do not lie in the micrograph.
        """
        micrograph = corrected(state.micrograph, rows)
        if self._library is not None and state.micrograph_id is not None:
            self._library.set_data_bar(state.micrograph_id, micrograph.data_bar)
        state.micrograph, state.data_bar_by_hand, state.cutter = micrograph, True, None
        self.micrographs_changed.emit()
        self._tell_unsaved()

    def create_library(self, folder: Path) -> ParticleLibrary:
        """Begin a new library in `folder`."""
        from napari_ssrvae.library import ParticleLibrary

        self._check_saved()
        self._take(ParticleLibrary.create(folder))
        return self.need_library()

    def open_library(self, folder: Path) -> ParticleLibrary:
        """Go on with the library in `folder`; micrographs that are open already find their particles.

        Raises
        ------
        InputError
            It is none, or damaged, or acts in the library before cannot be saved; then everything is as it was.
        """
        from napari_ssrvae.library import ParticleLibrary

        if self._library is not None and Path(folder).resolve() == self._library.folder.resolve():
            # It is this one: opening it a second time would find it locked by ourselves.
            self._take(self._library)
        else:
            self._check_saved()
            self._take(ParticleLibrary.open(folder))
        return self.need_library()

    def _check_saved(self) -> None:
        """Do not leave a library whose last acts are in memory only."""
        library = self._library
        if library is not None and not self.save_unsaved():
            acts = "1 act is" if library.unsaved == 1 else f"{library.unsaved} acts are"
            raise InputError(
                f"{acts} not saved yet in the library {library.folder.name}: save them elsewhere, or mend what "
                "keeps its disk from being written, and open the other one then."
            )

    def _take(self, library: ParticleLibrary) -> None:
        old = self._library
        try:
            # All that can go wrong with the files goes wrong here, before anything is changed.
            known = [read_known(library, state.micrograph) for state in self._states]
            model = library.current_model
            traversals = {} if model is None else read_traversals(library.model_folder(model))
            classes = library.classes()
            catalogue = Catalogue()
            catalogue.read(library)
        except InputError:
            if library is not old:
                library.close()
            raise
        if old is not None and old is not library:
            old.close()
        self._library = library
        self.catalogue.become(catalogue)
        self.traversals = traversals
        self._active_class_id = classes[0].class_id if classes else None
        for state, found in zip(self._states, known, strict=True):
            state.clear()
            state.micrograph_id = None
            if found is not None:
                self._show_known(state, found)
        self.queue.library_changed()
        self.selection.clear()
        self.library_changed.emit()
        self.micrographs_changed.emit()
        self.classes_changed.emit()
        self.active_class_changed.emit()
        for state in self._states:
            self.particles_changed.emit(state, None)
        self.predictions_changed.emit()
        self.catalogue_changed.emit()
        self.traversals_changed.emit()
        self._tell_unsaved()

    def ensure_library(self, name: str) -> ParticleLibrary:
        """Return the library, made in the session's home under a free name if there is none yet."""
        if self._library is None:
            stem = re.sub(r"[^\w\- ]+", "_", Path(name).stem).strip(" _")[:60] or "library"
            home = self._home or libraries_home()
            folder, number = home / stem, 1
            while folder.exists():
                number += 1
                folder = home / f"{stem}-{number}"
            self.create_library(folder)
        return self.need_library()

    def close(self) -> None:
        """Close the library; `unsaved` acts are tried to be written first."""
        if self._library is not None:
            self._library.close()
            self._library = None

    def accept_particles(self, state: MicrographState, found: ParticlesFound) -> ParticleChange:
        """Put found particles into the library, then show them."""
        library = self.ensure_library(state.micrograph.name)
        if state.data_bar_by_hand:
            number = library.add_micrograph(state.micrograph)
            library.set_data_bar(number, state.micrograph.data_bar)
        state.micrograph_id, change = store_particles(library, state.micrograph, found)
        before = self.catalogue.micrograph_ids == state.micrograph_id
        known = read_known(library, state.micrograph)
        assert known is not None
        self.catalogue.exchange(library, self.catalogue.particle_ids[before], known.table)
        self._show_known(state, known)
        self.selection.drop_gone()
        self.particles_changed.emit(state, change)
        self.catalogue_changed.emit()
        self.queue.particles_changed()
        self._tell_unsaved()
        return change

    def _show_known(self, state: MicrographState, known: Known) -> None:
        """Show a micrograph's particles; the catalogue has them already."""
        state.clear()
        state.micrograph_id = known.micrograph_id
        if known.pixel_size_nm is not None:
            # What the user typed, or another reader found, holds wherever the library is opened.
            state.micrograph = calibrated(
                state.micrograph, known.pixel_size_nm, known.pixel_size_source
            )
        if known.data_bar_by_hand:
            state.micrograph = corrected(state.micrograph, known.data_bar)
            state.data_bar_by_hand = True
        if known.labels is None:
            return
        state.take(known.labels, known.table)
        rows = np.flatnonzero(self.catalogue.micrograph_ids == known.micrograph_id)
        show_labels(self.catalogue, [state], rows)
        show_predictions(self.catalogue, [state])
