"""Reading the particles of a library: tables and patches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.arrays import ArrayFiles
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.hand_made import hand_made_columns, hand_made_patches
from napari_ssrvae.library.mask_edits import active_edits
from napari_ssrvae.library.measurements import Columns, decode, stacked
from napari_ssrvae.library.micrograph_rows import unknown_micrograph
from napari_ssrvae.library.pixel_runs import PixelRuns

__all__ = [
    "label_series",
    "lost_label_table",
    "micrograph_mask",
    "particle_patches",
    "particle_table",
    "retired_table",
]


def particle_table(
    database: Database,
    micrograph_id: int | None = None,
    particle_ids: Iterable[int] | None = None,
) -> pd.DataFrame:
    """Return live particles with their measurements, index particle_id in rising order."""
    where = "" if micrograph_id is None else "AND micrograph_id = ?"
    values: tuple[object, ...] = () if micrograph_id is None else (micrograph_id,)
    only, chosen = "", values
    if particle_ids is not None:
        only = "AND particle_id IN (SELECT value FROM json_each(?))"
        chosen = (*values, json.dumps([int(i) for i in particle_ids]))
    with database.reading():
        rows = database.rows(
            "SELECT micrograph_id, place, particle_id, label_id, clipped FROM particles "
            f"WHERE retired = 0 {where} {only} ORDER BY micrograph_id, place",
            chosen,
        )
        stored = database.rows(
            "SELECT micrograph_id, name, dtype, data FROM measurements "
            f"WHERE 1 {where} ORDER BY micrograph_id, position",
            values,
        )
        by_micrograph: dict[int, Columns] = {}
        for number, name, dtype, data in stored:
            by_micrograph.setdefault(number, {})[name] = decode(dtype, data)
        fixed = np.array(rows, dtype=np.int64).reshape(-1, 5)
        pieces, counts = [], []
        # Those without particles as well: their columns are there, empty.
        for number in sorted({*fixed[:, 0].tolist(), *by_micrograph}):
            mine = fixed[fixed[:, 0] == number]
            pieces.append(_measured(database, mine, by_micrograph.get(number, {})))
            counts.append(len(mine))
    measured = stacked(pieces, counts)
    table = pd.DataFrame(
        {"micrograph_id": fixed[:, 0], "label_id": fixed[:, 3], **measured},
        index=pd.Index(fixed[:, 2], name="particle_id"),
    )
    if "clipped" not in table:
        table["clipped"] = fixed[:, 4].astype(bool)
    return table.sort_index()


def _measured(database: Database, fixed: NDArray[np.int64], stored: Columns) -> Columns:
    """Return the measurements of a micrograph's live particles in the order of `fixed`, place rising."""
    n_by_hand = int((fixed[:, 1] < 0).sum())
    places = fixed[n_by_hand:, 1]
    columns = {name: values[places] for name, values in stored.items()}
    if not n_by_hand:
        return columns
    made = hand_made_columns(database, fixed[:n_by_hand, 2].tolist(), columns)
    return stacked([made, columns], [n_by_hand, len(places)])


def retired_table(database: Database) -> pd.DataFrame:
    """Return the retired particles: where they were and what hand label they have."""
    columns = ["micrograph_id", "label_id", "class_id", "centroid_y_px", "centroid_x_px", "area_px"]
    columns.append("by_hand")
    rows = database.rows(
        "SELECT particle_id, micrograph_id, label_id, class_id, centroid_y_px, centroid_x_px, "
        "area_px, retired = 2 FROM particles LEFT JOIN labels USING (particle_id) "
        "WHERE retired IN (1, 2) ORDER BY particle_id"
    )
    table = pd.DataFrame(rows, columns=["particle_id", *columns]).set_index("particle_id")
    return table.astype({"class_id": "Int64", "area_px": "Int64", "by_hand": "bool"})


def lost_label_table(database: Database) -> pd.DataFrame:
    """Return the labelled particles that a new segmentation retired: where they were."""
    columns = ["micrograph_id", "micrograph", "class_id", "centroid_y_px", "centroid_x_px"]
    columns.append("area_px")
    rows = database.rows(
        "SELECT particle_id, micrograph_id, name, class_id, centroid_y_px, centroid_x_px, area_px "
        "FROM labels JOIN particles USING (particle_id) JOIN micrographs USING (micrograph_id) "
        "WHERE retired = 1 ORDER BY particle_id"
    )
    table = pd.DataFrame(rows, columns=["particle_id", *columns])
    whole = dict.fromkeys(("particle_id", "micrograph_id", "class_id"), "int64")
    where = dict.fromkeys(("centroid_y_px", "centroid_x_px"), "float64")
    return table.astype({**whole, **where, "area_px": "Int64"}).set_index("particle_id")


def label_series(database: Database, particle_ids: Iterable[int] | None = None) -> pd.Series:
    """Return the hand labels of live particles, or of some: particle_id -> class_id."""
    only, chosen = "", ()
    if particle_ids is not None:
        only = "AND particle_id IN (SELECT value FROM json_each(?))"
        chosen = (json.dumps([int(i) for i in particle_ids]),)  # type: ignore[assignment]
    rows = database.rows(
        "SELECT particle_id, class_id FROM labels JOIN particles USING (particle_id) "
        f"WHERE retired = 0 {only} ORDER BY particle_id",
        chosen,
    )
    values = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return pd.Series(
        values[:, 1], index=pd.Index(values[:, 0], name="particle_id"), name="class_id"
    )


def micrograph_mask(database: Database, files: ArrayFiles, micrograph_id: int) -> NDArray[np.int32]:
    """Return the mask (H, W) that counts, edits and all; all 0 before the first."""

    def read() -> NDArray[np.int32]:
        with database.reading():
            row = database.row(
                "SELECT revision, height, width FROM micrographs WHERE micrograph_id = ?",
                (micrograph_id,),
            )
            edits = active_edits(database, micrograph_id)
        if row is None:
            raise unknown_micrograph(micrograph_id)
        revision, height, width = row
        if revision == 0:
            return np.zeros((height, width), dtype=np.int32)
        mask = files.mask(micrograph_id, revision)
        for edit in edits:
            PixelRuns.from_bytes(edit).write(mask)
        return mask

    return _while_files_stay(database, read)


def particle_patches(
    database: Database, files: ArrayFiles, particle_ids: Iterable[int] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids (N,) and patches (N, S, S) in the order asked for; all live ones for None."""
    wanted = None if particle_ids is None else np.asarray(list(particle_ids), dtype=np.int64)
    return _while_files_stay(database, lambda: _read_patches(database, files, wanted))


_Read = TypeVar("_Read")


def _while_files_stay(database: Database, read: Callable[[], _Read]) -> _Read:
    """Read; once more if a segmentation by another thread or program took the files away."""
    while True:
        before = database.rows("SELECT micrograph_id, revision FROM micrographs")
        try:
            return read()
        except InputError:
            if before == database.rows("SELECT micrograph_id, revision FROM micrographs"):
                raise


def _read_patches(
    database: Database, files: ArrayFiles, wanted: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    with database.reading():
        where, values = "", ()
        if wanted is not None:
            where = "AND particle_id IN (SELECT value FROM json_each(?))"
            values = (json.dumps(wanted.tolist()),)  # type: ignore[assignment]
        rows = database.rows(
            "SELECT particle_id, place, micrograph_id, revision FROM particles "
            f"JOIN micrographs USING (micrograph_id) WHERE retired = 0 {where} "
            "ORDER BY particle_id",
            values,
        )
        size = database.row("SELECT max(patch_size) FROM micrographs")
        edge = int(size[0]) if size and size[0] else 0
        by_hand = hand_made_patches(database, [row[0] for row in rows if row[1] < 0], edge)
    found = np.array(rows, dtype=np.int64).reshape(-1, 4)
    if wanted is None:
        wanted = found[:, 0]
    at = np.searchsorted(found[:, 0], wanted)
    at[at == len(found)] = 0
    if len(wanted) and (not len(found) or np.any(found[at, 0] != wanted)):
        missing = sorted(set(wanted.tolist()) - set(found[:, 0].tolist()))[0]
        raise InputError(
            f"There is no particle {missing} in the library: it was never there or went with a "
            "new segmentation or an edit by hand."
        )
    images = np.empty((len(wanted), edge, edge), dtype=np.float32)
    source = found[at] if len(wanted) else found[:0]
    for micrograph_id, revision in {(row[2], row[3]) for row in source.tolist()}:
        mine = (source[:, 2] == micrograph_id) & (source[:, 1] >= 0)
        if mine.any():
            images[mine] = files.patches(micrograph_id, revision)[source[mine, 1]]
    for at_row in np.flatnonzero(source[:, 1] < 0).tolist():
        images[at_row] = by_hand[int(source[at_row, 0])]
    return wanted, images
