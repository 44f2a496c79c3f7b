"""Is a segmentation of one piece? Mask, measurements and patches, looked at before they are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.micrograph_rows import unknown_micrograph

if TYPE_CHECKING:
    from napari_ssrvae.particles import Patches

__all__ = ["checked_labels", "checked_patches"]


def checked_labels(
    database: Database, micrograph_id: int, labels: NDArray[Any]
) -> NDArray[np.int32]:
    """Return a mask (H, W) as int32 if it can be one of this micrograph."""
    row = database.row(
        "SELECT height, width, name FROM micrographs WHERE micrograph_id = ?", (micrograph_id,)
    )
    if row is None:
        raise unknown_micrograph(micrograph_id)
    height, width, name = row
    labels = np.asarray(labels)
    if labels.shape != (height, width):
        raise InputError(
            f"The mask has the shape {labels.shape}, but {name} has ({height}, {width}): "
            "segment this micrograph itself."
        )
    if labels.dtype.kind not in "iu":
        raise InputError(f"The mask of {name} must hold whole numbers, not {labels.dtype}.")
    if int(labels.min()) < 0 or int(labels.max()) > labels.size:
        raise InputError(
            f"The mask of {name} must number its particles from 1, with 0 as the background."
        )
    return np.ascontiguousarray(labels, dtype=np.int32)


def checked_patches(
    database: Database,
    micrograph_id: int,
    labels: NDArray[np.int32],
    table: pd.DataFrame,
    patches: Patches,
) -> tuple[NDArray[np.float32], list[int], NDArray[np.bool_]]:
    """Return patches, label ids and clipped if mask, table and patches are of one piece."""
    label_ids = [int(i) for i in patches.label_ids]
    images = np.ascontiguousarray(patches.images, dtype="<f4")
    in_mask = set(np.unique(labels).tolist()) - {0}
    if len(set(label_ids)) != len(label_ids) or not table.index.is_unique:
        raise InputError("A particle is listed twice: measure and cut out each one once.")
    if not (in_mask == set(label_ids) == set(table.index.tolist())):
        raise InputError(
            f"Mask ({len(in_mask)} particles), measurements ({len(table)}) and patches "
            f"({len(label_ids)}) are not about the same particles: make all three from one mask."
        )
    if images.ndim != 3 or images.shape[1] != images.shape[2] or len(images) != len(label_ids):
        raise InputError(
            f"Patches of the shape {images.shape} cannot be stored: "
            f"they must be ({len(label_ids)}, size, size)."
        )
    other = database.row(
        "SELECT patch_size FROM micrographs WHERE patch_size IS NOT NULL AND micrograph_id != ?",
        (micrograph_id,),
    )
    if other is not None and other[0] != images.shape[1]:
        raise InputError(
            f"The patches are {images.shape[1]} px wide, those in the library {other[0]} px: "
            f"extract them with size={other[0]}."
        )
    return images, label_ids, np.asarray(patches.clipped, dtype=bool)
