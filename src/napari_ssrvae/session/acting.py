"""Acts: done in the library first, then shown everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.base import SessionBase
from napari_ssrvae.session.hand import act_of as act_of_edit
from napari_ssrvae.session.hand import deletion, merger, painting, show_edit, splitting
from napari_ssrvae.session.opened import show_labels, show_predictions
from napari_ssrvae.session.selection import ParticleIds, as_ids
from napari_ssrvae.session.telling import sentence_of

if TYPE_CHECKING:
    from napari_ssrvae.library import ActResult, MaskChange, ParticleChange
    from napari_ssrvae.library.acts import Act
    from napari_ssrvae.session.queue import LabelQueue
    from napari_ssrvae.session.state import MicrographState
    from napari_ssrvae.workflow.editing import MaskEdit

__all__ = ["Acting"]


class Acting(SessionBase):
    """Labels, classes and masks, changed by acts that can be undone."""

    queue: LabelQueue

    # --- labels --------------------------------------------------------------------------------

    def assign(
        self, particle_ids: ParticleIds, class_id: int | None, check: str | None = None
    ) -> None:
        """Give the particles a class by hand, or take their label off with None.

        `check` names the model whose prediction this answer to a random pick judges.
        """
        from napari_ssrvae.library.acts import AssignClass

        self.do(AssignClass(tuple(as_ids(particle_ids).tolist()), class_id, check))

    def assign_selected(self, class_id: int | None) -> None:
        """Give all selected particles a class by hand, or take their labels off with None.

        Raises
        ------
        InputError
            None is selected.
        """
        if not len(self.selection):
            raise InputError("No particle is selected: select at least one, then choose a class.")
        self.assign(self.selection.ids, class_id)

    def click(self, state: MicrographState, label_id: int) -> None:
        """Give a particle the active class, or take the label off if it carries that class already."""
        particle_id = int(state.particle_ids[label_id])
        if not particle_id:
            raise InputError("There is no particle here any more: click one that is shown.")
        again = (
            self._active_class_id is not None and state.by_hand[label_id] == self._active_class_id
        )
        self.assign([particle_id], None if again else self._active_class_id)

    # --- doing and undoing ---------------------------------------------------------------------

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
        relabelled = np.zeros(0, np.int64)
        if result.mask is not None:
            relabelled = self._show_edit(result.mask)
        if result.particle_ids:
            relabelled = np.asarray(result.particle_ids, np.int64)
            rows = self.catalogue.write_labels(relabelled, self._labels_after(result, relabelled))
            show_labels(self.catalogue, self._states, rows)
        if result.class_ids:
            self._show_classes()
        if len(relabelled):
            self.labels_changed.emit(relabelled)
        if self._moves_predictions(result):
            self._read_predictions()
        if result.mask is not None:
            self.catalogue_changed.emit()
            self.queue.particles_changed()
        if len(relabelled):
            self.queue.labels_changed(
                relabelled, undone=result.way == "undo", judged=_judges(result)
            )
        self.acted.emit(sentence_of(result))
        self._tell_unsaved()
        return True

    def _labels_after(self, result: ActResult, ids: NDArray[np.int64]) -> NDArray[np.uint8] | int:
        """Return the labels that particles have now; only an undone labelling must be looked up."""
        from napari_ssrvae.library.acts import AssignClass, RemoveClass

        act, back = result.act, result.way == "undo"
        if isinstance(act, AssignClass) and not back:
            return act.class_id or 0
        if isinstance(act, RemoveClass):
            return act.class_id if back else act.labels_to or 0
        labels = self.need_library().labels(particle_ids=ids.tolist())
        return labels.reindex(ids).fillna(0).to_numpy(np.uint8)

    def _show_classes(self) -> None:
        ids = [c.class_id for c in self.classes]
        if self._active_class_id not in ids:
            self._active_class_id = ids[0] if ids else None
            self.active_class_changed.emit()
        self.classes_changed.emit()

    def _moves_predictions(self, result: ActResult) -> bool:
        """Return whether predictions went to another class, as they do when classes are merged."""
        from napari_ssrvae.library.acts import RemoveClass

        act = result.act
        return (
            isinstance(act, RemoveClass)
            and act.labels_to is not None
            and bool(len(self.catalogue.model_class_ids))
        )

    def _read_predictions(self) -> None:
        self.catalogue.read_predictions(self.need_library())
        show_predictions(self.catalogue, self._states)
        self.queue.model_changed()
        self.predictions_changed.emit()
        self.catalogue_changed.emit()

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
        result = self.need_library().do(act_of_edit(self.need_library(), state, edit))
        self._show(result)
        assert result.mask is not None
        return result.mask.particles

    def _show_edit(self, change: MaskChange) -> NDArray[np.int64]:
        """Bring an edit, done or undone, into the picture; return the particles whose label came or went."""
        library, came = self.need_library(), change.particles.added
        table = library.particles(change.micrograph_id, particle_ids=came)
        self.catalogue.exchange(library, change.particles.retired, table)
        state = next((s for s in self._states if s.micrograph_id == change.micrograph_id), None)
        if state is not None and state.labels is not None:
            show_edit(state, change, table, self.catalogue)
        self.selection.drop_gone()
        if state is not None and state.labels is not None:
            self.particles_changed.emit(state, change.particles)
        rows = self.catalogue.rows(came)
        labelled = self.catalogue.particle_ids[rows[self.catalogue.by_hand[rows] > 0]]
        return np.array([*labelled.tolist(), *change.particles.retired_labelled], np.int64)


def _judges(result: ActResult) -> bool:
    """Return whether an act is an answer to a random pick."""
    return getattr(result.act, "check", None) is not None
