"""What acts on classes mean now: their rows before and after, and the words for it."""

from __future__ import annotations

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.acts import (
    AddClass,
    AddClasses,
    MoveClass,
    RecolourClass,
    RemoveClass,
    RenameClass,
)
from napari_ssrvae.library.changes import Change, ClassRow
from napari_ssrvae.library.class_rows import live_class, live_classes, reserved_class_id
from napari_ssrvae.library.classes import (
    MOST_CLASSES,
    NONE_OF_THESE_ID,
    checked_class_name,
    checked_colour,
    free_colour,
    name_key,
)
from napari_ssrvae.library.database import Database

__all__ = [
    "add_class",
    "add_classes",
    "move_class",
    "recolour_class",
    "remove_class",
    "rename_class",
]


def add_class(act: AddClass, database: Database) -> tuple[Change, str]:
    """Plan an `AddClass`."""
    names = [row[0] for row in live_classes(database).values()]
    name = checked_class_name(act.name, names)
    return _added([(name, act.colour)], database), f"add class {name}"


def add_classes(act: AddClasses, database: Database) -> tuple[Change, str]:
    """Plan an `AddClasses`."""
    taken = {name_key(row[0]) for row in live_classes(database).values()}
    new: list[tuple[str, str | None]] = []
    for given, colour in act.classes:
        name = checked_class_name(given)
        if name_key(name) not in taken:
            taken.add(name_key(name))
            new.append((name, colour))
    if not new:
        raise InputError(
            "All classes of the list are there already: choose another list."
            if act.classes
            else "The list has no classes: choose another list."
        )
    words = f"add class {new[0][0]}" if len(new) == 1 else f"add {len(new)} classes"
    return _added(new, database), words


def _added(new: list[tuple[str, str | None]], database: Database) -> Change:
    (last,) = database.row(
        "SELECT coalesce(max(class_id), 0) FROM classes WHERE class_id < ?", (NONE_OF_THESE_ID,)
    ) or (0,)
    (place,) = database.row(
        "SELECT coalesce(max(position), -1) FROM classes WHERE reserved = 0"
    ) or (-1,)
    if last + len(new) > MOST_CLASSES:
        raise InputError(
            f"A library holds {MOST_CLASSES} classes over its life, removed ones too: rename one instead."
        )
    used = [row[1] for row in live_classes(database).values()]
    rows: list[tuple[int, ClassRow | None, ClassRow]] = []
    for number, (name, wished) in enumerate(new, start=1):
        colour = checked_colour(free_colour(used) if wished is None else wished)
        used.append(colour)
        rows.append((last + number, None, (name, colour, place + number, 0)))
    return Change(classes=rows)


def rename_class(act: RenameClass, database: Database) -> tuple[Change, str]:
    """Plan a `RenameClass`."""
    old = live_class(act.class_id, database)
    others = (
        row[0] for class_id, row in live_classes(database).items() if class_id != act.class_id
    )
    new = (checked_class_name(act.name, others), *old[1:])
    return _changed(act.class_id, old, new), f"rename class {old[0]} to {new[0]}"


def recolour_class(act: RecolourClass, database: Database) -> tuple[Change, str]:
    """Plan a `RecolourClass`."""
    old = live_class(act.class_id, database)
    new = (old[0], checked_colour(act.colour), *old[2:])
    return _changed(act.class_id, old, new), f"change the colour of class {old[0]}"


def move_class(act: MoveClass, database: Database) -> tuple[Change, str]:
    """Plan a `MoveClass`."""
    moved = _ordinary(act.class_id, database, "moved: it is always the last")
    rows = live_classes(database)
    rows.pop(reserved_class_id(database) or 0, None)
    order = sorted(rows, key=lambda class_id: rows[class_id][2])
    places = [rows[class_id][2] for class_id in order]
    if not 0 <= act.position < len(order):
        raise InputError(
            f"There is no place {act.position + 1} in a list of {len(order)} classes: "
            f"choose one from 1 to {len(order)}."
        )
    order.remove(act.class_id)
    order.insert(act.position, act.class_id)
    # The places stay, those of removed classes between them too: only who is where changes.
    changes = [
        (class_id, rows[class_id], (*rows[class_id][:2], place, rows[class_id][3]))
        for class_id, place in zip(order, places, strict=True)
        if rows[class_id][2] != place
    ]
    return Change(classes=changes), f"move class {moved[0]} to place {act.position + 1}"


def remove_class(act: RemoveClass, database: Database) -> tuple[Change, str]:
    """Plan a `RemoveClass`."""
    old = _ordinary(act.class_id, database, "removed: every library has it")
    if act.labels_to == act.class_id:
        raise InputError(f"Class {old[0]} cannot take its own labels: choose another class.")
    text = f"remove class {old[0]}"
    if act.labels_to is not None:
        text = f"merge class {old[0]} into {live_class(act.labels_to, database)[0]}"
    # Retired particles as well: they may come back with a later segmentation.
    ids = [
        particle_id
        for (particle_id,) in database.rows(
            "SELECT particle_id FROM labels WHERE class_id = ?", (act.class_id,)
        )
    ]
    change = Change(
        [(act.class_id, ids)] if ids else [], act.labels_to, [(act.class_id, old, (*old[:3], 1))]
    )
    return change, text


def _ordinary(class_id: int, database: Database, what: str) -> ClassRow:
    row = live_class(class_id, database)
    if class_id == reserved_class_id(database):
        raise InputError(f"The class {row[0]} cannot be {what}; rename or recolour it instead.")
    return row


def _changed(class_id: int, old: ClassRow, new: ClassRow) -> Change:
    return Change(classes=[(class_id, old, new)] if tuple(old) != tuple(new) else [])
