"""The micrographs of a library: what is known about each, without its picture."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.hand_made import measure_hand_made_again
from napari_ssrvae.library.measurements import decode, encode, in_nanometres
from napari_ssrvae.library.names import clean_text

if TYPE_CHECKING:
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["add_micrograph", "micrograph_table", "set_data_bar", "set_pixel_size"]

_ROWS_AT_ONCE = 512

_COLUMNS = (
    "name",
    "path",
    "sha256",
    "height",
    "width",
    "pixel_size_nm",
    "pixel_size_source",
    "data_bar_start",
    "data_bar_stop",
    "data_bar_by_hand",
    "parameters",
    "patch_size",
    "window_px",
    "metadata",
    "notes",
)


def add_micrograph(database: Database, micrograph: Micrograph) -> int:
    """Return the number of a micrograph, a new one if its sha256 was not there."""
    image = micrograph.image
    if len(image.shape) != 2 or 0 in image.shape:
        raise InputError(
            f"The micrograph {micrograph.name} has the shape {image.shape}: "
            "it must have rows and columns, nothing else."
        )
    sha256 = micrograph.sha256 or _digest(image)
    path = None if micrograph.path is None else clean_text(micrograph.path)
    with database.transaction():
        known = database.row("SELECT micrograph_id FROM micrographs WHERE sha256 = ?", (sha256,))
        if known is not None:
            database.run(
                "UPDATE micrographs SET path = coalesce(?, path) WHERE micrograph_id = ?",
                (path, known[0]),
            )
            return int(known[0])
        start, stop = micrograph.data_bar or (None, None)
        database.run(
            "INSERT INTO micrographs (sha256, name, path, height, width, pixel_size_nm, "
            "pixel_size_source, data_bar_start, data_bar_stop, metadata, notes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                sha256,
                clean_text(micrograph.name) or "micrograph",
                path,
                *(int(edge) for edge in image.shape),
                _size_or_none(micrograph.pixel_size_nm),
                _text_or_none(micrograph.pixel_size_source),
                None if start is None else int(start),
                None if stop is None else int(stop),
                _json(dict(micrograph.metadata or {})),
                _json(list(micrograph.notes or ())),
            ),
        )
        row = database.row("SELECT micrograph_id FROM micrographs WHERE sha256 = ?", (sha256,))
        assert row is not None
        return int(row[0])


def micrograph_table(database: Database) -> pd.DataFrame:
    """All micrographs, index micrograph_id."""
    rows = database.rows(
        f"SELECT micrograph_id, {', '.join(_COLUMNS)} FROM micrographs ORDER BY micrograph_id"
    )
    table = pd.DataFrame(rows, columns=["micrograph_id", *_COLUMNS]).set_index("micrograph_id")
    table = table.astype({"height": "int64", "width": "int64", "pixel_size_nm": "float64"})
    whole = ("data_bar_start", "data_bar_stop", "patch_size", "window_px")
    return table.astype(dict.fromkeys(whole, "Int64") | {"data_bar_by_hand": "bool"})


def set_pixel_size(database: Database, micrograph_id: int, nm: float, source: str) -> None:
    """Set a micrograph's pixel size, and the nanometres of its particles with it."""
    if not (isinstance(nm, (int, float, np.number)) and math.isfinite(nm) and nm > 0):
        raise InputError(f"A pixel size of {nm} nm is not possible: give a number above 0.")
    with database.transaction():
        if database.row("SELECT 1 FROM micrographs WHERE micrograph_id = ?", (micrograph_id,)):
            database.run(
                "UPDATE micrographs SET pixel_size_nm = ?, pixel_size_source = ? "
                "WHERE micrograph_id = ?",
                (float(nm), clean_text(source), micrograph_id),
            )
            _measure_again(database, micrograph_id, float(nm))
        else:
            raise unknown_micrograph(micrograph_id)


def set_data_bar(database: Database, micrograph_id: int, rows: tuple[int, int] | None) -> None:
    """Set a micrograph's data bar as a person sees it; None: there is none."""
    found = database.row(
        "SELECT height, name FROM micrographs WHERE micrograph_id = ?", (micrograph_id,)
    )
    if found is None:
        raise unknown_micrograph(micrograph_id)
    height, name = found
    if rows is not None and not 0 <= int(rows[0]) < int(rows[1]) <= height:
        raise InputError(
            f"A data bar from row {rows[0]} to row {rows[1]} does not lie in {name}, which has {height} "
            "rows: give rows inside the image."
        )
    start, stop = (None, None) if rows is None else (int(rows[0]), int(rows[1]))
    with database.transaction():
        database.run(
            "UPDATE micrographs SET data_bar_start = ?, data_bar_stop = ?, data_bar_by_hand = 1 "
            "WHERE micrograph_id = ?",
            (start, stop, micrograph_id),
        )


def unknown_micrograph(micrograph_id: int) -> InputError:
    """Return the error for a number that no micrograph has."""
    return InputError(f"There is no micrograph {micrograph_id} in the library: add it first.")


def _measure_again(database: Database, micrograph_id: int, nm: float) -> None:
    columns = {
        name: decode(dtype, data)
        for name, dtype, data in database.rows(
            "SELECT name, dtype, data FROM measurements WHERE micrograph_id = ? ORDER BY position",
            (micrograph_id,),
        )
    }
    write_measurements(database, micrograph_id, pd.DataFrame(in_nanometres(columns, nm)))
    measure_hand_made_again(database, micrograph_id, nm)


def write_measurements(database: Database, micrograph_id: int, table: pd.DataFrame) -> None:
    """Replace a micrograph's measurements, inside a transaction."""
    database.run("DELETE FROM measurements WHERE micrograph_id = ?", (micrograph_id,))
    database.run_many(
        "INSERT INTO measurements VALUES (?, ?, ?, ?, ?)",
        [
            (micrograph_id, position, str(name), *encode(table[name]))
            for position, name in enumerate(table.columns)
        ],
    )


def _digest(image: Any) -> str:
    digest = hashlib.sha256()
    for row in range(0, image.shape[0], _ROWS_AT_ONCE):
        # In pieces: the image may be larger than the memory.
        digest.update(np.ascontiguousarray(image[row : row + _ROWS_AT_ONCE]).tobytes())
    return digest.hexdigest()


def _size_or_none(nm: float | None) -> float | None:
    return float(nm) if nm is not None and math.isfinite(nm) and nm > 0 else None


def _text_or_none(text: str | None) -> str | None:
    return None if text is None else clean_text(text)


def _json(value: object) -> str:
    # Metadata comes from files: whatever JSON does not know is kept as text.
    return clean_text(json.dumps(value, ensure_ascii=False, default=str, skipkeys=True))
