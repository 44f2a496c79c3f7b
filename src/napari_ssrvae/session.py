"""The one observable state that every dock of a viewer shows. No Qt, no napari.

All methods are called on the main thread. Long work runs elsewhere (`workflow`) and hands its result
to `accept_particles` and `accept_training` here, which put it in the library before anybody is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs
from numpy.typing import NDArray
from psygnal import Signal

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import (
    ParticlesFound,
    Trained,
    TrainingSet,
    read_traversals,
    register_training,
    store_particles,
)

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import ActResult, ParticleChange, ParticleClass, ParticleLibrary
    from napari_ssrvae.library.acts import Act
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["ClassSummary", "MicrographState", "Session", "libraries_home"]

UNSURE_BELOW = 0.8


def libraries_home() -> Path:
    """Return the folder in which new libraries are kept unless the user says otherwise."""
    return platformdirs.user_documents_path() / "napari-ssrvae"


@dataclass(eq=False)
class MicrographState:
    """What the session holds in memory of one micrograph.

    Attributes
    ----------
    micrograph : Micrograph
        The image with its calibration.
    labels : ndarray of int32, shape (H, W), or None
        The particles' masks, 0 = background, 1..N; None before they are found.
    particle_ids : ndarray of int64, shape (N + 1,)
        The particle of each label id; 0 where there is none.
    boxes : ndarray of int64, shape (N + 1, 4)
        Bounding box of each label id: top, left, bottom, right, half open.
    by_hand, by_model : ndarray of uint8, shape (N + 1,)
        Class id of each label id, 0 = none.
    probability : ndarray of float32, shape (N + 1,)
        The model's probability of its class; NaN where there is no prediction.
    """

    micrograph: Micrograph
    micrograph_id: int | None = None
    labels: NDArray[np.int32] | None = None
    table: pd.DataFrame | None = None
    particle_ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    boxes: NDArray[np.int64] = field(default_factory=lambda: np.zeros((1, 4), np.int64))
    by_hand: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(1, np.uint8))
    by_model: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(1, np.uint8))
    probability: NDArray[np.float32] = field(default_factory=lambda: np.full(1, np.nan, np.float32))

    @property
    def n_particles(self) -> int:
        """How many particles the micrograph has."""
        return len(self.particle_ids) - 1

    def label_at(self, row: float, column: float) -> int:
        """Return the label id at a position in pixels, 0 outside of every particle."""
        if self.labels is None:
            return 0
        r, c = round(row), round(column)
        if 0 <= r < self.labels.shape[0] and 0 <= c < self.labels.shape[1]:
            return int(self.labels[r, c])
        return 0

    def shown_classes(self, unsure_below: float = 0.0) -> NDArray[np.uint8]:
        """Return the class of each label id as shown: the hand's where there is one, else the model's.

        Predictions with a probability under `unsure_below` are left out.
        """
        sure = np.nan_to_num(self.probability, nan=0.0) >= unsure_below
        return np.where(self.by_hand > 0, self.by_hand, np.where(sure, self.by_model, 0)).astype(
            np.uint8
        )


@dataclass(frozen=True)
class ClassSummary:
    """One class in numbers: particles by hand or model, how many of them unsure, median diameter as text."""

    name: str
    colour: str
    particles: int
    unsure: int
    size: str


def _sizes(table: pd.DataFrame, label_ids: NDArray[np.int64], in_nm: bool) -> NDArray[np.float64]:
    diameter = np.sqrt(4 * table["area_nm2" if in_nm else "area_px"].to_numpy(float) / np.pi)
    return np.asarray(diameter[np.isin(table["label_id"].to_numpy(), label_ids)], float)


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
        self._states.append(state)
        if self._library is not None:
            known = self._library.micrographs()
            same = known.index[known["sha256"] == micrograph.sha256]
            if len(same):
                state.micrograph_id = int(same[0])
                self._load(state)
        self.micrographs_changed.emit()
        self.set_current(state)
        return state

    def set_current(self, state: MicrographState) -> None:
        """Work on this micrograph."""
        if state is not self._current:
            self._current = state
            self.current_changed.emit()

    def set_pixel_size(self, state: MicrographState, nm: float) -> None:
        """Set the pixel size in nm as the user typed it."""
        if not (np.isfinite(nm) and 0 < nm < 1e7):
            raise InputError(f"{nm:g} nm per pixel is not a length: type a number greater than 0.")
        from dataclasses import replace

        source = "typed by hand"
        state.micrograph = replace(
            state.micrograph, pixel_size_nm=float(nm), pixel_size_source=source
        )
        if self._library is not None and state.micrograph_id is not None:
            self._library.set_pixel_size(state.micrograph_id, float(nm), source)
            self._load(state)
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
        """Go on with the library in `folder`; micrographs that are open already find their particles."""
        from napari_ssrvae.library import ParticleLibrary

        self._take(ParticleLibrary.open(folder))
        return self.need_library()

    def _take(self, library: ParticleLibrary) -> None:
        if self._library is not None:
            self._library.close()
        self._library = library
        self._where.clear()
        current = library.current_model
        self.traversals = {} if current is None else read_traversals(library.model_folder(current))
        known = library.micrographs()
        for state in self._states:
            same = known.index[known["sha256"] == state.micrograph.sha256]
            state.micrograph_id = int(same[0]) if len(same) else None
            if state.micrograph_id is None:
                self._clear(state)
            else:
                self._load(state)
        classes = library.classes()
        self._active_class_id = classes[0].class_id if classes else None
        self.library_changed.emit()
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
        state.micrograph_id, change = store_particles(library, state.micrograph, found)
        self._load(state)
        self.particles_changed.emit(state, change)
        return change

    def _clear(self, state: MicrographState) -> None:
        for particle_id in state.particle_ids[1:]:
            self._where.pop(int(particle_id), None)
        state.labels = None
        state.table = None
        state.particle_ids = np.zeros(1, np.int64)
        state.boxes = np.zeros((1, 4), np.int64)
        state.by_hand = np.zeros(1, np.uint8)
        state.by_model = np.zeros(1, np.uint8)
        state.probability = np.full(1, np.nan, np.float32)

    def _load(self, state: MicrographState) -> None:
        from scipy import ndimage

        self._clear(state)
        library = self.need_library()
        assert state.micrograph_id is not None
        table = library.particles(state.micrograph_id)
        if table.empty:
            return
        labels = library.mask(state.micrograph_id)
        size = int(table["label_id"].max()) + 1
        state.labels, state.table = labels, table
        state.particle_ids = np.zeros(size, np.int64)
        state.particle_ids[table["label_id"].to_numpy()] = table.index.to_numpy()
        state.boxes = np.zeros((size, 4), np.int64)
        for label_id, box in enumerate(ndimage.find_objects(labels, max_label=size - 1), start=1):
            if box is not None:
                state.boxes[label_id] = (box[0].start, box[1].start, box[0].stop, box[1].stop)
        for label_id, particle_id in enumerate(state.particle_ids):
            if particle_id:
                self._where[int(particle_id)] = (state, label_id)
        state.by_hand = np.zeros(size, np.uint8)
        state.by_model = np.zeros(size, np.uint8)
        state.probability = np.full(size, np.nan, np.float32)
        hand = library.labels()
        for labelled, class_id in zip(hand.index.to_numpy(), hand.to_numpy(), strict=True):
            at = self._where.get(int(labelled))
            if at is not None and at[0] is state:
                state.by_hand[at[1]] = class_id
        self._load_predictions([state])

    def locate(self, particle_id: int) -> tuple[MicrographState, int] | None:
        """Return the micrograph and the label id of a particle, None if it is not open."""
        return self._where.get(int(particle_id))

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
            self.labels_changed.emit(np.asarray(result.particle_ids, np.int64))
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
        shown = [(s, s.shown_classes(), s.by_hand > 0) for s in self._states if s.table is not None]
        entries = []
        for c in self.classes:
            particles = unsure = 0
            sizes: list[NDArray[np.float64]] = []
            in_nm = True
            for state, classes, by_hand in shown:
                members = classes == c.class_id
                particles += int(members.sum())
                unsure += int((members & ~by_hand & (state.probability < self._unsure_below)).sum())
                in_nm &= state.micrograph.pixel_size_nm is not None
                assert state.table is not None
                sizes.append(_sizes(state.table, np.flatnonzero(members), in_nm))
            every = np.concatenate(sizes) if sizes else np.zeros(0)
            size = f"{np.median(every):.3g} {'nm' if in_nm else 'px'}" if len(every) else ""
            entries.append(ClassSummary(c.name, c.colour, particles, unsure, size))
        return entries

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
