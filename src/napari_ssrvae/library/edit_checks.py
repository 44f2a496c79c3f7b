"""Does an edit by hand fit the library? Looked at before anything is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.acts import EditMask
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.micrograph_rows import unknown_micrograph
from napari_ssrvae.library.pixel_runs import PixelRuns

__all__ = ["CheckedEdit", "checked_edit"]


@dataclass(frozen=True, eq=False)
class CheckedEdit:
    """What an edit brings: pixels, and the new particles in the order of their label ids."""

    pixels: PixelRuns
    label_ids: Sequence[int]
    table: pd.DataFrame
    images: NDArray[np.float32]
    clipped: Sequence[bool]


def checked_edit(database: Database, act: EditMask) -> CheckedEdit:
    """Return what an edit brings if it fits the micrograph as it is now.

    Raises
    ------
    InputError
        A particle that goes is not there, a particle that stays would lose pixels, or measurements and
        patches are not those of the new particles.
    """
    row = database.row(
        "SELECT height, width, revision, patch_size, name FROM micrographs WHERE micrograph_id = ?",
        (act.micrograph_id,),
    )
    if row is None:
        raise unknown_micrograph(act.micrograph_id)
    height, width, revision, size, name = row
    if revision == 0:
        raise InputError(f"{name} has no particles yet: find particles first, then edit them.")
    if act.pixels is None or act.table is None or act.patches is None:
        raise InputError("An edit from the history has no pixels: use redo to do it again.")
    if act.pixels.shape != (height, width):
        raise InputError(
            f"The edit is of a mask of {act.pixels.shape[0]} x {act.pixels.shape[1]} pixels and {name} "
            f"has {height} x {width}: edit the micrograph that is shown."
        )
    if not len(act.pixels):
        raise InputError(f"The edit changes nothing in {name}: draw it on the particles.")
    label_ids = _new_labels(database, act, act.pixels)
    images = np.ascontiguousarray(act.patches.images, dtype="<f4")
    listed = [int(i) for i in act.patches.label_ids]
    if sorted(listed) != label_ids or sorted(act.table.index.tolist()) != label_ids:
        raise InputError(
            f"Mask, measurements and patches of the edit of {name} are not about the same particles: "
            "make all three from one mask."
        )
    if not label_ids:
        images = np.zeros((0, size, size), np.float32)
    if images.shape != (len(label_ids), size, size):
        raise InputError(
            f"The patches are {images.shape[-1]} px wide, those in the library {size} px: "
            f"extract them with size={size}."
        )
    order = np.argsort(listed)
    clipped = np.asarray(act.patches.clipped, bool)[order].tolist()
    return CheckedEdit(act.pixels, label_ids, act.table, images[order], clipped)


def _new_labels(database: Database, act: EditMask, pixels: PixelRuns) -> list[int]:
    before = set(np.unique(pixels.before).tolist()) - {0}
    after = set(np.unique(pixels.after).tolist()) - {0}
    live = dict(
        database.rows(
            "SELECT label_id, particle_id FROM particles WHERE micrograph_id = ? AND retired = 0 "
            "AND label_id IN (SELECT value FROM json_each(?))",
            (act.micrograph_id, json.dumps(sorted(before | after))),
        )
    )
    # The identity rule: whoever loses or gains a pixel is another particle from then on.
    if {live.get(i) for i in before} != set(act.removed) or len(set(act.removed)) != len(
        act.removed
    ):
        raise InputError(
            "The particles have changed since the edit was drawn: look at the mask and draw it again."
        )
    if taken := sorted(after & live.keys()):
        raise InputError(
            f"The number {taken[0]} belongs to another particle of the mask: draw the edit again."
        )
    return sorted(after)
