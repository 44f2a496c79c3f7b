"""Edits of a mask by hand, between the state that is shown and the library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.session.state import MicrographState
from napari_ssrvae.workflow import editing
from napari_ssrvae.workflow.editing import MaskEdit
from napari_ssrvae.workflow.hand_edits import edit_act

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import EditMask, MaskChange, ParticleLibrary
    from napari_ssrvae.particles.cutter import PatchCutter
    from napari_ssrvae.session.catalogue import Catalogue

__all__ = ["act_of", "deletion", "merger", "painting", "show_edit", "splitting"]


def deletion(state: MicrographState, label_ids: Iterable[int]) -> MaskEdit:
    """Return what deleting particles does to the mask."""
    return editing.delete_particles(_mask(state), label_ids, boxes=state.boxes)


def merger(state: MicrographState, label_ids: Iterable[int]) -> MaskEdit:
    """Return what merging particles does to the mask."""
    return editing.merge_particles(
        _mask(state),
        label_ids,
        boxes=state.boxes,
        data_bar=state.micrograph.data_bar,
        first_new=len(state.particle_ids),
    )


def splitting(state: MicrographState, label_id: int, points: ArrayLike) -> MaskEdit:
    """Return what a stroke across a particle does to the mask."""
    return editing.split_particle(
        _mask(state), label_id, points, boxes=state.boxes, first_new=len(state.particle_ids)
    )


def painting(state: MicrographState, points: ArrayLike, radius_px: float) -> MaskEdit:
    """Return what a stroke of the brush does to the mask."""
    return editing.paint_particle(
        _mask(state),
        points,
        radius_px,
        data_bar=state.micrograph.data_bar,
        first_new=len(state.particle_ids),
    )


def act_of(library: ParticleLibrary, state: MicrographState, edit: MaskEdit) -> EditMask:
    """Return the act that an edit is, its new particles measured and cut out."""
    assert state.micrograph_id is not None
    cutter = _cutter(library, state) if edit.added else None
    return edit_act(
        state.micrograph, state.micrograph_id, _mask(state), state.particle_ids, edit, cutter
    )


def _cutter(library: ParticleLibrary, state: MicrographState) -> PatchCutter:
    """Return what cuts patches like those that are there; looking at the whole micrograph takes a moment, once."""
    if state.cutter is None:
        from napari_ssrvae.particles.cutter import PatchCutter
        from napari_ssrvae.workflow import patches_of

        assert state.micrograph_id is not None
        row = library.micrographs().to_dict("index")[state.micrograph_id]
        look = patches_of(row)
        state.cutter = PatchCutter.of(
            state.micrograph.image,
            _mask(state),
            size=look.size,
            window=int(row["window_px"]),
            mask_neighbours=look.mask_neighbours,
            normalise=look.normalise,
            data_bar=state.micrograph.data_bar,
        )
    return state.cutter


def show_edit(
    state: MicrographState, change: MaskChange, table: pd.DataFrame, catalogue: Catalogue
) -> None:
    """Bring an edit into the state: pixels, particles, labels, predictions.

    `table` tells of the particles that come; the catalogue has them already.
    """
    state.edit(change.pixels, table, change.particles.retired)
    rows = catalogue.rows(change.particles.added)
    label_ids = catalogue.label_ids[rows]
    state.by_hand[label_ids] = catalogue.by_hand[rows]
    state.by_model[label_ids] = catalogue.by_model[rows]
    state.probability[label_ids] = catalogue.probability[rows]
    state.novelty[label_ids] = catalogue.novelty[rows]


def _mask(state: MicrographState) -> NDArray[np.int32]:
    if state.labels is None:
        raise InputError(
            f"{state.micrograph.name} has no particles yet: find particles first, then edit them."
        )
    return state.labels
