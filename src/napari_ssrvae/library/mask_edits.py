"""Masks edited by hand, in the rows of the database: what an edit means, done, undone and redone.

The files of a segmentation stay as they are. An edit keeps the pixels it changes, and measurements and
patches of the particles it makes; undoing it only says so in the rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.acts import EditMask, MaskChange
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.edit_checks import CheckedEdit, checked_edit
from napari_ssrvae.library.hand_made import write_hand_made
from napari_ssrvae.library.particle_change import ParticleChange
from napari_ssrvae.library.pixel_runs import PixelRuns
from napari_ssrvae.library.retired import bring_back, write_retired

__all__ = [
    "EditRows",
    "active_edits",
    "apply_edit",
    "edit_result",
    "end_edits",
    "forget_dropped",
    "next_number",
    "plan_edit",
    "revert_edit",
    "store_edit",
]


@dataclass(frozen=True)
class EditRows:
    """Where an edit is kept: the number of its act, and the particles that go and come."""

    number: int
    micrograph_id: int
    removed: Sequence[int]
    added: Sequence[int]


def next_number(database: Database) -> int:
    """Return the number that the next act gets; inside a transaction it stays the next one."""
    (last,) = database.row("SELECT coalesce(max(number), 0) FROM acts") or (0,)
    return int(last) + 1


def plan_edit(act: EditMask, database: Database) -> tuple[EditRows, str]:
    """Return the rows that an edit needs, and the act in words.

    Raises
    ------
    InputError
        It does not fit the library: other particles, other pixels, other patches.
    """
    checked = checked_edit(database, act)
    (last,) = database.row("SELECT coalesce(max(particle_id), 0) FROM particles") or (0,)
    added = list(range(last + 1, last + 1 + len(checked.label_ids)))
    rows = EditRows(next_number(database), act.micrograph_id, list(act.removed), added)
    return rows, _words(act, len(added))


def store_edit(database: Database, act: EditMask, rows: EditRows) -> None:
    """Keep what an edit brings, not in force yet, inside a transaction."""
    checked: CheckedEdit = checked_edit(database, act)
    database.run(
        "INSERT INTO mask_edits VALUES (?, ?, 0, ?)",
        (rows.number, rows.micrograph_id, checked.pixels.to_bytes()),
    )
    database.run_many(
        "INSERT INTO particles (particle_id, micrograph_id, label_id, place, clipped, retired) "
        "VALUES (?, ?, ?, -1, ?, 3)",
        [
            (particle_id, rows.micrograph_id, label_id, int(clipped))
            for particle_id, label_id, clipped in zip(
                rows.added, checked.label_ids, checked.clipped, strict=True
            )
        ],
    )
    write_hand_made(
        database,
        rows.number,
        rows.micrograph_id,
        rows.added,
        checked.table.loc[list(checked.label_ids)],
        checked.images,
    )


def apply_edit(database: Database, rows: EditRows) -> None:
    """Put an edit in force, inside a transaction."""
    shapes = _pixels(database, rows).inverse().shapes()
    label_of = dict(
        database.rows(
            "SELECT particle_id, label_id FROM particles "
            "WHERE particle_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(rows.removed)),),
        )
    )
    _set_active(database, rows, 1)
    write_retired(database, [(i, shapes.get(label_of[i])) for i in rows.removed], by_hand=True)
    _set_retired(database, rows.added, 0)


def revert_edit(database: Database, rows: EditRows) -> None:
    """Take an edit out of force, inside a transaction."""
    _set_active(database, rows, 0)
    _set_retired(database, rows.added, 3)
    bring_back(database, rows.removed)


def edit_result(database: Database, rows: EditRows, *, back: bool) -> MaskChange:
    """Return what doing (or undoing, `back`) an edit changed."""
    pixels = _pixels(database, rows)
    came, went = (rows.removed, rows.added) if back else (rows.added, rows.removed)
    labelled = database.rows(
        "SELECT particle_id FROM labels WHERE particle_id IN (SELECT value FROM json_each(?)) "
        "ORDER BY particle_id",
        (json.dumps(list(went)),),
    )
    change = ParticleChange(
        kept=(),
        added=tuple(sorted(came)),
        retired=tuple(sorted(went)),
        retired_labelled=tuple(i for (i,) in labelled),
        region=pixels.region,
    )
    return MaskChange(rows.micrograph_id, pixels.inverse() if back else pixels, change)


def active_edits(database: Database, micrograph_id: int) -> list[bytes]:
    """Return the edits in force on a micrograph in their order, as `PixelRuns.from_bytes` reads them."""
    rows = database.rows(
        "SELECT pixels FROM mask_edits WHERE micrograph_id = ? AND active = 1 ORDER BY number",
        (micrograph_id,),
    )
    return [pixels for (pixels,) in rows]


def end_edits(database: Database, micrograph_id: int) -> None:
    """Forget the edits of a micrograph after a new segmentation, inside a transaction.

    They can be neither undone nor redone any more; labels can. What was undone after such an edit was
    done upon it, so it goes too.
    """
    database.run(
        "UPDATE acts SET state = 'dropped' WHERE state = 'undone' AND number >= ("
        "SELECT min(number) FROM mask_edits WHERE micrograph_id = ? AND active = 0)",
        (micrograph_id,),
    )
    database.run(
        "UPDATE acts SET state = 'dropped' WHERE number IN "
        "(SELECT number FROM mask_edits WHERE micrograph_id = ?)",
        (micrograph_id,),
    )
    forget_dropped(database)


def forget_dropped(database: Database) -> None:
    """Remove what belongs to edits that can never be in force or out of force again."""
    database.run(
        "DELETE FROM mask_edits WHERE number IN (SELECT number FROM acts WHERE state = 'dropped')"
    )
    database.run("DELETE FROM hand_made WHERE number NOT IN (SELECT number FROM mask_edits)")


def _pixels(database: Database, rows: EditRows) -> PixelRuns:
    found = database.row("SELECT pixels FROM mask_edits WHERE number = ?", (rows.number,))
    if found is None:
        raise InputError(
            f"Edit {rows.number} of the mask is missing in the library: restore it from a copy."
        )
    return PixelRuns.from_bytes(found[0])


def _set_active(database: Database, rows: EditRows, active: int) -> None:
    database.run("UPDATE mask_edits SET active = ? WHERE number = ?", (active, rows.number))


def _set_retired(database: Database, particle_ids: Sequence[int], retired: int) -> None:
    database.run_many(
        "UPDATE particles SET retired = ? WHERE particle_id = ?",
        [(retired, i) for i in particle_ids],
    )


def _words(act: EditMask, n_added: int) -> str:
    removed = f"{len(act.removed)} particle{'' if len(act.removed) == 1 else 's'}"
    if act.kind == "split":
        return f"split a particle into {n_added}"
    if act.kind == "paint":
        return "paint a particle"
    return f"{act.kind} {removed}"
