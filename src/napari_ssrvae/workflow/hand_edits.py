"""From a `MaskEdit` to an act of the library: the new particles measured and cut out like the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import EditMask
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles import Patches
    from napari_ssrvae.workflow.editing import MaskEdit

__all__ = ["PatchLook", "edit_act"]

# Of pixels around a new particle that its measurements look at.
MARGIN_PX = 2


@dataclass(frozen=True)
class PatchLook:
    """How the patches of a micrograph were cut: those of new particles must look the same."""

    size: int
    window: int
    options: dict[str, Any]


def edit_act(
    micrograph: Micrograph,
    micrograph_id: int,
    labels: NDArray[np.int32],
    particle_ids: NDArray[np.int64],
    edit: MaskEdit,
    look: PatchLook,
) -> EditMask:
    """Measure and cut out what an edit brings.

    Parameters
    ----------
    micrograph : Micrograph
    micrograph_id : int
        Its number in the library.
    labels : (H, W) int32
        The mask before the edit; it is not changed.
    particle_ids : (N + 1,) int64
        Particle of each label id.
    edit : MaskEdit
    look : PatchLook
    """
    from napari_ssrvae.library import EditMask

    return EditMask(
        micrograph_id,
        edit.kind,
        tuple(particle_ids[list(edit.removed)].tolist()),
        edit.pixels,
        _measured(micrograph, edit),
        _cut_out(micrograph, labels, edit, look),
    )


def _measured(micrograph: Micrograph, edit: MaskEdit) -> pd.DataFrame:
    """Measure the new particles in a crop that holds nothing else, and put them in their place."""
    from napari_ssrvae.particles import measure_particles

    top, left, bottom, right = _around(edit, MARGIN_PX)
    crop = np.zeros((bottom - top, right - left), np.int32)
    edit.pixels.write(crop, top=top, left=left)
    image = np.asarray(micrograph.image[top:bottom, left:right])
    table = measure_particles(image, crop, micrograph.pixel_size_nm)
    for name in ("centroid_y_px", "bbox_top_px", "bbox_bottom_px"):
        table[name] += top
    for name in ("centroid_x_px", "bbox_left_px", "bbox_right_px"):
        table[name] += left
    height, width = edit.pixels.shape
    table["touches_border"] = (
        (table["bbox_top_px"] == 0)
        | (table["bbox_left_px"] == 0)
        | (table["bbox_bottom_px"] == height)
        | (table["bbox_right_px"] == width)
    )
    if micrograph.data_bar is not None:
        start, stop = micrograph.data_bar
        cut = (table["bbox_bottom_px"] == start) | (table["bbox_top_px"] == stop)
        table["touches_border"] |= cut
    return table


def _cut_out(
    micrograph: Micrograph, labels: NDArray[np.int32], edit: MaskEdit, look: PatchLook
) -> Patches:
    from napari_ssrvae.particles import Patches, extract_patches

    if not edit.added:
        empty = np.zeros((0, look.size, look.size), np.float32)
        return Patches(empty, np.zeros(0, np.int64), look.window, np.zeros(0, bool))
    top, left, bottom, right = _around(edit, 2 * look.window)
    after = labels[top:bottom, left:right].copy()
    edit.pixels.write(after, top=top, left=left)
    bar = None
    if micrograph.data_bar is not None:
        start, stop = (int(np.clip(row - top, 0, bottom - top)) for row in micrograph.data_bar)
        bar = (start, stop) if start < stop else None
    found = extract_patches(
        np.asarray(micrograph.image[top:bottom, left:right]),
        after,
        size=look.size,
        window=look.window,
        data_bar=bar,
        **look.options,
    )
    new = np.isin(found.label_ids, edit.added)
    return Patches(found.images[new], found.label_ids[new], found.window_px, found.clipped[new])


def _around(edit: MaskEdit, margin: int) -> tuple[int, int, int, int]:
    rows, columns = edit.pixels.region
    height, width = edit.pixels.shape
    return (
        max(0, rows.start - margin),
        max(0, columns.start - margin),
        min(height, rows.stop + margin),
        min(width, columns.stop + margin),
    )
