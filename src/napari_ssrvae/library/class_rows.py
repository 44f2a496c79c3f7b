"""The classes of a library in its rows: those that are there, and what became of the others."""

from __future__ import annotations

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.changes import ClassRow
from napari_ssrvae.library.classes import ParticleClass
from napari_ssrvae.library.database import Database

__all__ = ["class_list", "live_class", "live_classes", "merged_classes", "reserved_class_id"]


def class_list(database: Database) -> list[ParticleClass]:
    """Return the classes in their order, the reserved one last."""
    rows = database.rows(
        "SELECT class_id, name, colour, reserved FROM classes WHERE removed = 0 "
        "ORDER BY reserved, position"
    )
    return [
        ParticleClass(class_id, name, colour, position, bool(reserved))
        for position, (class_id, name, colour, reserved) in enumerate(rows)
    ]


def live_classes(database: Database) -> dict[int, ClassRow]:
    """Return the rows of the classes that are there."""
    rows = database.rows(
        "SELECT class_id, name, colour, position, removed FROM classes WHERE removed = 0"
    )
    return {class_id: row for class_id, *row in rows}  # type: ignore[misc]


def live_class(class_id: int, database: Database) -> ClassRow:
    """Return the row of a class; `InputError` if it is not there."""
    live = live_classes(database)
    if class_id not in live:
        raise InputError(f"There is no class {class_id} in the library: choose one that is shown.")
    return live[class_id]


def reserved_class_id(database: Database) -> int | None:
    """Return the number of "none of these"; None in a library that had spent it before."""
    row = database.row("SELECT class_id FROM classes WHERE reserved = 1")
    return None if row is None else int(row[0])


def merged_classes(database: Database, class_ids: list[int]) -> list[int]:
    """Return what each class counts as now: itself, or the one that it was merged into since."""
    removed = {i for (i,) in database.rows("SELECT class_id FROM classes WHERE removed = 1")}
    if removed.isdisjoint(class_ids):
        return list(class_ids)
    acts = database.rows(
        "SELECT json_extract(act, '$.class_id'), json_extract(act, '$.labels_to') FROM acts "
        """WHERE state = 'done' AND act LIKE '{"act": "remove_class"%' ORDER BY number"""
    )
    # A number is never given again, so each class is removed at most once among what is done.
    into = {gone: to for gone, to in acts if to is not None and gone in removed}
    found = []
    for start in class_ids:
        class_id = start
        while class_id in into:
            class_id = into[class_id]
        found.append(class_id)
    return found
