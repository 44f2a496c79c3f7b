"""Particles without a successor: how they are kept, so that they can come back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.library.database import Database
from napari_ssrvae.library.matching import Shape

__all__ = ["retired_shapes", "write_retired"]


def write_retired(database: Database, gone: Iterable[tuple[int, Shape | None]]) -> None:
    """Retire particles and keep their shapes, inside a transaction."""
    rows = []
    for particle_id, shape in gone:
        if shape is None:  # its pixels were lost with a damaged mask
            rows.append((None,) * 8 + (particle_id,))
            continue
        row, column = np.nonzero(shape.pixels)
        rows.append(
            (
                shape.top,
                shape.left,
                *shape.pixels.shape,
                np.packbits(shape.pixels).tobytes(),
                float(row.mean()) + shape.top,
                float(column.mean()) + shape.left,
                len(row),
                particle_id,
            )
        )
    database.run_many(
        "UPDATE particles SET retired = 1, top = ?, left = ?, height = ?, width = ?, shape = ?, "
        "centroid_y_px = ?, centroid_x_px = ?, area_px = ? WHERE particle_id = ?",
        rows,
    )


def retired_shapes(database: Database, micrograph_id: int) -> dict[int, Shape]:
    """Return the shapes of a micrograph's retired particles, the oldest first."""
    rows = database.rows(
        "SELECT particle_id, top, left, height, width, shape FROM particles "
        "WHERE micrograph_id = ? AND retired = 1 AND shape IS NOT NULL ORDER BY particle_id",
        (micrograph_id,),
    )
    return {
        particle_id: Shape(top, left, _unpacked(shape, height, width))
        for particle_id, top, left, height, width, shape in rows
    }


def _unpacked(shape: bytes, height: int, width: int) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(shape, np.uint8), count=height * width)
    return bits.reshape(height, width).astype(bool)
