"""Measurements and patches of particles that were made by hand, beside those in the files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.library.database import Database
from napari_ssrvae.library.measurements import Columns, in_nanometres

__all__ = ["hand_made_columns", "hand_made_patches", "measure_hand_made_again", "write_hand_made"]


def write_hand_made(
    database: Database,
    number: int,
    micrograph_id: int,
    particle_ids: Sequence[int],
    table: pd.DataFrame,
    images: NDArray[np.float32],
) -> None:
    """Keep particles of the edit `number`, inside a transaction; table and images in their order."""
    columns = {str(name): table[name].tolist() for name in table.columns}
    database.run_many(
        "INSERT INTO hand_made VALUES (?, ?, ?, ?, ?)",
        [
            (
                particle_id,
                number,
                micrograph_id,
                json.dumps({name: values[i] for name, values in columns.items()}, default=str),
                images[i].astype("<f4").tobytes(),
            )
            for i, particle_id in enumerate(particle_ids)
        ],
    )


def hand_made_columns(database: Database, particle_ids: Sequence[int], like: Columns) -> Columns:
    """Return the measurements of some particles as columns, of the types of `like` where they fit."""
    found = _measured(
        database,
        "particle_id IN (SELECT value FROM json_each(?))",
        json.dumps(list(particle_ids)),
    )
    rows = [found.get(i, {}) for i in particle_ids]
    names = dict.fromkeys([*like, *(name for row in rows for name in row)])
    return {name: _typed([row.get(name) for row in rows], like.get(name)) for name in names}


def hand_made_patches(
    database: Database, particle_ids: Iterable[int], size: int
) -> dict[int, NDArray[np.float32]]:
    """Return the patches (S, S) of those of the particles that were made by hand."""
    rows = database.rows(
        "SELECT particle_id, patch FROM hand_made "
        "WHERE particle_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(particle_ids)),),
    )
    return {i: np.frombuffer(patch, "<f4").reshape(size, size) for i, patch in rows}


def measure_hand_made_again(database: Database, micrograph_id: int, nm: float) -> None:
    """Let the nanometres follow a new pixel size, inside a transaction; undone ones too."""
    for particle_id, row in _measured(database, "micrograph_id = ?", micrograph_id).items():
        one = {name: np.array([value]) for name, value in row.items()}
        again = {name: values[0].item() for name, values in in_nanometres(one, nm).items()}
        database.run(
            "UPDATE hand_made SET measured = ? WHERE particle_id = ?",
            (json.dumps(again, default=str), particle_id),
        )


def _measured(database: Database, where: str, value: object) -> dict[int, dict[str, Any]]:
    rows = database.rows(f"SELECT particle_id, measured FROM hand_made WHERE {where}", (value,))
    return {particle_id: json.loads(measured) for particle_id, measured in rows}


def _typed(values: list[Any], like: NDArray[Any] | None) -> NDArray[Any]:
    if like is not None and like.dtype.kind in "biu" and all(v is not None for v in values):
        return np.array(values, dtype=like.dtype)
    if like is not None and like.dtype.kind == "O":
        return np.array([None if v is None else str(v) for v in values], dtype=object)
    plain = [np.nan if v is None else v for v in values]
    found = np.array(plain)
    return found if found.dtype.kind in "biuf" else np.array(plain, dtype=object)
