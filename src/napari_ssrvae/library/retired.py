"""Particles without a successor: how they are kept, so that they can come back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.library.database import Database
from napari_ssrvae.library.matching import Shape

__all__ = ["bring_back", "retired_shapes", "write_retired"]


def write_retired(
    database: Database, gone: Iterable[tuple[int, Shape | None]], *, by_hand: bool = False
) -> None:
    """Retire particles and keep their shapes, inside a transaction."""
    how = 2 if by_hand else 1
    rows: list[tuple[object, ...]] = []
    for particle_id, shape in gone:
        if shape is None:  # its pixels were lost with a damaged mask
            rows.append((how, *(None,) * 8, particle_id))
            continue
        row, column = np.nonzero(shape.pixels)
        rows.append(
            (
                how,
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
        "UPDATE particles SET retired = ?, top = ?, left = ?, height = ?, width = ?, shape = ?, "
        "centroid_y_px = ?, centroid_x_px = ?, area_px = ? WHERE particle_id = ?",
        rows,
    )


def bring_back(database: Database, particle_ids: Iterable[int]) -> None:
    """Make particles that were taken away by hand live again, inside a transaction."""
    database.run_many(
        "UPDATE particles SET retired = 0, top = NULL, left = NULL, height = NULL, width = NULL, "
        "shape = NULL, centroid_y_px = NULL, centroid_x_px = NULL, area_px = NULL "
        "WHERE particle_id = ?",
        [(i,) for i in particle_ids],
    )


def retired_shapes(database: Database, micrograph_id: int) -> dict[int, Shape]:
    """Return the shapes of a micrograph's retired particles, the oldest first."""
    rows = database.rows(
        "SELECT particle_id, top, left, height, width, shape FROM particles "
        "WHERE micrograph_id = ? AND retired IN (1, 2) AND shape IS NOT NULL ORDER BY particle_id",
        (micrograph_id,),
    )
    return {
        particle_id: Shape(top, left, _unpacked(shape, height, width))
        for particle_id, top, left, height, width, shape in rows
    }


def _unpacked(shape: bytes, height: int, width: int) -> NDArray[np.bool_]:
    bits = np.unpackbits(np.frombuffer(shape, np.uint8), count=height * width)
    return bits.reshape(height, width).astype(bool)
