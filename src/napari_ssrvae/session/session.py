"""`Session`: micrographs, library and what is shown of them, with a signal for each kind of change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.calibration import calibrated, corrected
from napari_ssrvae.session.hand import (
    act_of,
    came_as,
    deletion,
    merger,
    painting,
    show_edit,
    splitting,
)
from napari_ssrvae.session.state import (
    ClassSummary,
    Known,
    MicrographState,
    read_known,
    summarise,
)
from napari_ssrvae.workflow import (
    TYPED,
    ParticlesFound,
    Trained,
    TrainingSet,
    read_traversals,
    register_training,
    store_particles,
)

if TYPE_CHECKING:
    from napari_ssrvae.library import (
        ActResult,
        MaskChange,
        ParticleChange,
        ParticleClass,
        ParticleLibrary,
    )
    from napari_ssrvae.library.acts import Act
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.workflow.editing import MaskEdit

__all__ = ["Session", "libraries_home"]

UNSURE_BELOW = 0.8


def libraries_home() -> Path:
    """Return the folder in which new libraries are kept unless the user says otherwise."""
    return platformdirs.user_documents_path() / "napari-ssrvae"


class Session:
    """Micrographs, particles, classes, labels and predictions of one viewer.

    Parameters
    ----------
    home : Path or None
        Folder in which a new library is made when the first particles are found.
    """

    micrographs_changed = Signal()
    current_changed = Signal()
    particles_changed = Signal(object, object)  # MicrographState, ParticleChange | None
    labels_changed = Signal(object)  # particle ids
    classes_changed = Signal()
    active_class_changed = Signal()
    predictions_changed = Signal()
    traversals_changed = Signal()
    library_changed = Signal()
    unsure_below_changed = Signal(float)

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._library: ParticleLibrary | None = None
        self._states: list[MicrographState] = []
        self._current: MicrographState | None = None
        self._where: dict[int, tuple[MicrographState, int]] = {}
        self._active_class_id: int | None = None
        self._unsure_below = UNSURE_BELOW
        self.traversals: dict[int, NDArray[np.float32]] = {}

    # --- micrographs ---------------------------------------------------------------------------

    @property
    def micrographs(self) -> tuple[MicrographState, ...]:
        """The micrographs of the session in the order they came."""
        return tuple(self._states)

    @property
    def current(self) -> MicrographState | None:
        """The micrograph that is worked on."""
        return self._current

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

    def set_current(self, state: MicrographState) -> None:
        """Work on this micrograph."""
        if state is not self._current:
            self._current = state
            self.current_changed.emit()

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
        self.micrographs_changed.emit()

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

    def create_library(self, folder: Path) -> ParticleLibrary:
        """Begin a new library in `folder`."""
        from napari_ssrvae.library import ParticleLibrary

        self._take(ParticleLibrary.create(folder))
        return self.need_library()

    def open_library(self, folder: Path) -> ParticleLibrary:
        """Go on with the library in `folder`; micrographs that are open already find their particles.

        Raises
        ------
        InputError
            It is none, or damaged; then everything is as it was.
        """
        from napari_ssrvae.library import ParticleLibrary

        if self._library is not None and Path(folder).resolve() == self._library.folder.resolve():
            # It is this one: opening it a second time would find it locked by ourselves.
            self._take(self._library)
        else:
            self._take(ParticleLibrary.open(folder))
        return self.need_library()

    def _take(self, library: ParticleLibrary) -> None:
        old = self._library
        try:
            # All that can go wrong with the files goes wrong here, before anything is changed.
            known = [read_known(library, state.micrograph) for state in self._states]
            model = library.current_model
            traversals = {} if model is None else read_traversals(library.model_folder(model))
            classes = library.classes()
        except InputError:
            if library is not old:
                library.close()
            raise
        if old is not None and old is not library:
            old.close()
        self._library = library
        self.traversals = traversals
        self._active_class_id = classes[0].class_id if classes else None
        for state, found in zip(self._states, known, strict=True):
            self._clear(state)
            state.micrograph_id = None
            if found is not None:
                self._show_known(state, found)
        self.library_changed.emit()
        self.micrographs_changed.emit()
        self.classes_changed.emit()
        self.active_class_changed.emit()
        for state in self._states:
            self.particles_changed.emit(state, None)
        self.predictions_changed.emit()
        self.traversals_changed.emit()

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
        """Close the library; all of it is on disk already."""
        if self._library is not None:
            self._library.close()
            self._library = None

    # --- particles -----------------------------------------------------------------------------

    def accept_particles(self, state: MicrographState, found: ParticlesFound) -> ParticleChange:
        """Put found particles into the library, then show them."""
        library = self.ensure_library(state.micrograph.name)
        if state.data_bar_by_hand:
            number = library.add_micrograph(state.micrograph)
            library.set_data_bar(number, state.micrograph.data_bar)
        state.micrograph_id, change = store_particles(library, state.micrograph, found)
        self._reload(state)
        self.particles_changed.emit(state, change)
        return change

    def _clear(self, state: MicrographState) -> None:
        for particle_id in state.particle_ids[1:]:
            self._where.pop(int(particle_id), None)
        state.clear()

    def _reload(self, state: MicrographState) -> None:
        known = read_known(self.need_library(), state.micrograph)
        assert known is not None
        self._show_known(state, known)

    def _show_known(self, state: MicrographState, known: Known) -> None:
        self._clear(state)
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
        for label_id in state.label_ids.tolist():
            self._where[int(state.particle_ids[label_id])] = (state, label_id)
        hand = self.need_library().labels()
        for labelled, class_id in zip(hand.index.to_numpy(), hand.to_numpy(), strict=True):
            at = self._where.get(int(labelled))
            if at is not None and at[0] is state:
                state.by_hand[at[1]] = class_id
        self._load_predictions([state])

    def locate(self, particle_id: int) -> tuple[MicrographState, int] | None:
        """Return the micrograph and the label id of a particle, None if it is not open."""
        return self._where.get(int(particle_id))

    # --- the mask by hand ----------------------------------------------------------------------

    def delete_particles(self, state: MicrographState, label_ids: Iterable[int]) -> ParticleChange:
        """Delete particles. This and the next three are acts: in the library at once, undone by `undo`.

        All four return what `particles_changed` tells.

        Raises
        ------
        InputError
            There are no such particles, or the library is read-only; nothing has changed.
        """
        return self._edit(state, deletion(state, label_ids))

    def merge_particles(self, state: MicrographState, label_ids: Iterable[int]) -> ParticleChange:
        """Make one particle of several that touch or nearly touch; it is a new one without a label.

        Raises
        ------
        InputError
            Fewer than two, too far apart, or something lies between them; nothing has changed.
        """
        return self._edit(state, merger(state, label_ids))

    def split_particle(
        self, state: MicrographState, label_id: int, points: ArrayLike
    ) -> ParticleChange:
        """Cut a particle along a stroke into new particles without a label.

        Parameters
        ----------
        state : MicrographState
        label_id : int
        points : (n, 2) float
            Row and column of the stroke's points in pixels, whole numbers at pixel centres.

        Raises
        ------
        InputError
            The stroke does not divide it; nothing has changed.
        """
        return self._edit(state, splitting(state, label_id, points))

    def paint_particle(
        self, state: MicrographState, points: ArrayLike, radius_px: float
    ) -> ParticleChange:
        """Add a particle that was missed, painted with a round brush along `points` (n, 2).

        Other particles and the data bar keep their pixels.

        Raises
        ------
        InputError
            Too few pixels are left; nothing has changed.
        """
        return self._edit(state, painting(state, points, radius_px))

    def _edit(self, state: MicrographState, edit: MaskEdit) -> ParticleChange:
        result = self.need_library().do(act_of(self.need_library(), state, edit))
        self._show(result)
        assert result.mask is not None
        return result.mask.particles

    def _show_edit(self, change: MaskChange) -> NDArray[np.int64]:
        """Bring an edit, done or undone, into the picture; return the particles whose label came or went."""
        state = next((s for s in self._states if s.micrograph_id == change.micrograph_id), None)
        if state is None or state.labels is None:
            return np.zeros(0, np.int64)
        for particle_id in change.particles.retired:
            self._where.pop(particle_id, None)
        show_edit(self.need_library(), state, change)
        for particle_id, label_id in zip(
            change.particles.added, came_as(state, change.particles.added), strict=True
        ):
            self._where[particle_id] = (state, label_id)
        self.particles_changed.emit(state, change.particles)
        labelled = [i for i in change.particles.added if state.by_hand[self._where[i][1]]]
        return np.array([*labelled, *change.particles.retired_labelled], np.int64)

    # --- classes and labels --------------------------------------------------------------------

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

    def counts(self) -> dict[int, tuple[int, int]]:
        """Return for each class id how many particles carry it by hand and by the model's prediction."""
        hand = np.zeros(256, np.int64)
        model = np.zeros(256, np.int64)
        for state in self._states:
            hand += np.bincount(state.by_hand[1:], minlength=256)
            model += np.bincount(state.by_model[1:], minlength=256)
        return {c.class_id: (int(hand[c.class_id]), int(model[c.class_id])) for c in self.classes}

    def assign(self, particle_ids: Iterable[int], class_id: int | None) -> None:
        """Give the particles a class by hand, or take their label off with None."""
        from napari_ssrvae.library.acts import AssignClass

        self.do(AssignClass(tuple(int(i) for i in particle_ids), class_id))

    def click(self, state: MicrographState, label_id: int) -> None:
        """Give a particle the active class, or take the label off if it carries that class already."""
        particle_id = int(state.particle_ids[label_id])
        if not particle_id:
            raise InputError("There is no particle here any more: click one that is shown.")
        again = (
            self._active_class_id is not None and state.by_hand[label_id] == self._active_class_id
        )
        self.assign([particle_id], None if again else self._active_class_id)

    def do(self, act: Act) -> None:
        """Do a user's act: into the library first, then into the picture."""
        self._show(self.need_library().do(act))

    def undo(self) -> bool:
        """Take the last act back; False if there is none."""
        return self._show(None if self._library is None else self._library.undo())

    def redo(self) -> bool:
        """Do again what was taken back last; False if there is nothing."""
        return self._show(None if self._library is None else self._library.redo())

    def _show(self, result: ActResult | None) -> bool:
        if result is None:
            return False
        library = self.need_library()
        relabelled = np.zeros(0, np.int64)
        if result.mask is not None:
            relabelled = self._show_edit(result.mask)
        if result.particle_ids:
            labels = library.labels()
            for particle_id in result.particle_ids:
                at = self._where.get(int(particle_id))
                if at is not None:
                    at[0].by_hand[at[1]] = int(labels.get(particle_id, 0))
        if result.class_ids:
            ids = [c.class_id for c in library.classes()]
            if self._active_class_id not in ids:
                self._active_class_id = ids[0] if ids else None
                self.active_class_changed.emit()
            self.classes_changed.emit()
        if result.particle_ids:
            relabelled = np.asarray(result.particle_ids, np.int64)
        if len(relabelled):
            self.labels_changed.emit(relabelled)
        return True

    # --- model ---------------------------------------------------------------------------------

    def training_set(self) -> TrainingSet:
        """Collect what a model learns from.

        Raises
        ------
        InputError
            No particles, no labels, labels of one class only, fewer particles than classes.
        """
        return TrainingSet.from_library(self.need_library())

    def accept_training(self, trained: Trained) -> None:
        """Put a trained model and its predictions into the library, then show them."""
        register_training(self.need_library(), trained)
        self.traversals = dict(trained.traversals)
        self._load_predictions(self._states)
        self.predictions_changed.emit()
        self.traversals_changed.emit()

    def _load_predictions(self, states: Iterable[MicrographState]) -> None:
        library = self.need_library()
        table = library.predictions()
        chosen = {id(state) for state in states}
        for state in states:
            state.by_model[:] = 0
            state.probability[:] = np.nan
        if table.empty:
            return
        rows = zip(table.index, table["class_id"], table["probability"], strict=True)
        for particle_id, class_id, probability in rows:
            at = self._where.get(int(particle_id))
            if at is not None and id(at[0]) in chosen:
                at[0].by_model[at[1]] = class_id
                at[0].probability[at[1]] = probability

    @property
    def library_model(self) -> str | None:
        """Name of the model whose predictions are shown, None without one."""
        return None if self._library is None else self._library.current_model

    @property
    def held_out(self) -> dict[str, float] | None:
        """How that model did on labels kept aside: right, judged, low, high; None if none were."""
        name = self.library_model
        if name is None:
            return None
        metrics = self.need_library().models().to_dict("index")[name]["metrics"]
        found = metrics.get("held_out")
        return dict(found) if isinstance(found, dict) else None

    def summary(self) -> list[ClassSummary]:
        """Return for each class what the open micrographs hold of it, by hand or by the model."""
        return summarise(self.classes, self._states, self._unsure_below)

    @property
    def unsure_below(self) -> float:
        """Predictions under this probability are shown as unsure."""
        return self._unsure_below

    def set_unsure_below(self, probability: float) -> None:
        """Show predictions under this probability as unsure."""
        if probability != self._unsure_below:
            self._unsure_below = float(probability)
            self.unsure_below_changed.emit(self._unsure_below)

    def prediction_of(self, particle_id: int) -> Mapping[str, float] | None:
        """Return class id and probability that the model gives a particle, None without a prediction."""
        at = self._where.get(int(particle_id))
        if at is None or not at[0].by_model[at[1]]:
            return None
        return {
            "class_id": float(at[0].by_model[at[1]]),
            "probability": float(at[0].probability[at[1]]),
        }
