"""From a `MaskEdit` to an act of the library: the new particles measured and cut out like the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ssrvae.library import EditMask, PixelRuns
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles.cutter import PatchCutter
    from napari_ssrvae.workflow.editing import MaskEdit

__all__ = ["MaskAfter", "edit_act"]


class MaskAfter:
    """A mask as it will be after an edit, read in parts: the mask itself stays as it is until then."""

    def __init__(self, labels: NDArray[np.int32], pixels: PixelRuns) -> None:
        self._labels = labels
        self._pixels = pixels
        self.shape = labels.shape
        self.ndim = labels.ndim
        self.dtype = labels.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.int32]:
        (top, _, _), (left, _, _) = (
            part.indices(n) for part, n in zip(key, self.shape, strict=True)
        )
        part = self._labels[key].copy()
        self._pixels.write(part, top=top, left=left)
        return part

    def __array__(self, *_: Any, **__: Any) -> NDArray[np.int32]:
        return self[:, :]


def edit_act(
    micrograph: Micrograph,
    micrograph_id: int,
    labels: NDArray[np.int32],
    particle_ids: NDArray[np.int64],
    edit: MaskEdit,
    cutter: PatchCutter | None,
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
    cutter : PatchCutter or None
        Cuts like the patches that are there already; None if the edit brings no particle.
    """
    import pandas as pd

    from napari_ssrvae.library import EditMask
    from napari_ssrvae.particles import Patches, measure_particles

    removed = tuple(particle_ids[list(edit.removed)].tolist())
    if cutter is None:
        none = np.zeros(0, np.int64)
        patches = Patches(np.zeros((0, 0, 0), np.float32), none, 0, none.astype(bool))
        table = pd.DataFrame(index=pd.Index(none, name="label_id"))
        return EditMask(micrograph_id, edit.kind, removed, edit.pixels, table, patches)
    after = MaskAfter(labels, edit.pixels)
    # What comes lies all within what changes.
    region = edit.pixels.region
    table = measure_particles(
        micrograph.image,
        after,
        micrograph.pixel_size_nm,
        data_bar=micrograph.data_bar,
        label_ids=edit.added,
        region=region,
    )
    patches = cutter.cut(after, edit.added, region=region)
    return EditMask(micrograph_id, edit.kind, removed, edit.pixels, table, patches)
