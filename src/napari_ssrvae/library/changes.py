"""What an act means for the rows of the database: a change that can be applied both ways."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import singledispatch
from typing import TypeAlias

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.acts import (
    Act,
    AddClass,
    AssignClass,
    EditMask,
    RecolourClass,
    RemoveClass,
    RenameClass,
)
from napari_ssrvae.library.classes import checked_class_name, checked_colour, free_colour
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.mask_edits import EditRows, apply_edit, plan_edit, revert_edit

__all__ = ["MOST_CLASSES", "Change", "plan"]

# Class pictures hold a class in one byte, 0 for none.
MOST_CLASSES = 255

ClassRow: TypeAlias = tuple[str, str, int, int]  # name, colour, position, removed


@dataclass(frozen=True)
class Change:
    """Rows before and after; the inverse is the same change read backwards."""

    labels_before: Sequence[tuple[int | None, Sequence[int]]] = ()  # class_id, its particles
    labels_after: int | None = None
    classes: Sequence[tuple[int, ClassRow | None, ClassRow]] = ()  # class_id, before, after
    edit: EditRows | None = None

    def __bool__(self) -> bool:
        return bool(self.labels_before or self.classes or self.edit)

    @property
    def particle_ids(self) -> tuple[int, ...]:
        """Particles whose label changes."""
        return tuple(sorted(i for _, ids in self.labels_before for i in ids))

    @property
    def class_ids(self) -> tuple[int, ...]:
        """Classes that change."""
        return tuple(class_id for class_id, _, _ in self.classes)

    def apply(self, database: Database) -> None:
        """Write the state after, inside a transaction."""
        self._set_classes(database, [(class_id, row) for class_id, _, row in self.classes])
        _set_labels(database, [(self.labels_after, ids) for _, ids in self.labels_before])
        if self.edit is not None:
            apply_edit(database, self.edit)

    def revert(self, database: Database) -> None:
        """Write the state before, inside a transaction."""
        if self.edit is not None:
            revert_edit(database, self.edit)
        _set_labels(database, self.labels_before)
        # A class that was not there stays as a removed row: its number is spent.
        self._set_classes(
            database,
            [(i, (*after[:3], 1) if row is None else row) for i, row, after in self.classes],
        )

    def to_json(self) -> str:
        """Write the change as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Change:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        edit = values.pop("edit", None)
        return cls(**values, edit=None if edit is None else EditRows(**edit))

    @staticmethod
    def _set_classes(database: Database, rows: Sequence[tuple[int, ClassRow]]) -> None:
        database.run_many(
            "INSERT INTO classes VALUES (?, ?, ?, ?, ?) ON CONFLICT (class_id) DO UPDATE SET "
            "name = excluded.name, colour = excluded.colour, position = excluded.position, "
            "removed = excluded.removed",
            [(class_id, *row) for class_id, row in rows],
        )


def _set_labels(database: Database, groups: Sequence[tuple[int | None, Sequence[int]]]) -> None:
    for class_id, ids in groups:
        if class_id is None:
            database.run_many("DELETE FROM labels WHERE particle_id = ?", [(i,) for i in ids])
        else:
            database.run_many(
                "INSERT INTO labels VALUES (?, ?) "
                "ON CONFLICT (particle_id) DO UPDATE SET class_id = excluded.class_id",
                [(i, class_id) for i in ids],
            )


@singledispatch
def plan(act: Act, database: Database) -> tuple[Change, str]:  # noqa: ARG001 - the others do
    """Return the change that `act` means now, and the act in words.

    Raises
    ------
    InputError
        The act cannot be done: unknown particle or class, bad or taken name, bad colour.
    """
    raise InputError(f"{act!r} is not an act on a particle library.")


@plan.register
def _(act: AssignClass, database: Database) -> tuple[Change, str]:
    if not act.particle_ids:
        raise InputError("No particle is selected: select at least one to label.")
    asked = set(act.particle_ids)
    # json_each rather than (?, ?, ...): no limit on the number of particles.
    before = dict(
        database.rows(
            "SELECT particles.particle_id, labels.class_id FROM particles "
            "LEFT JOIN labels USING (particle_id) WHERE particles.retired = 0 "
            "AND particles.particle_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(asked)),),
        )
    )
    if missing := sorted(asked - before.keys()):
        raise InputError(
            f"There is no particle {missing[0]} in the library: it was never there or went with "
            "a new segmentation or an edit by hand; select particles that are shown."
        )
    count = f"{len(asked)} particle{'s' if len(asked) > 1 else ''}"
    if act.class_id is None:
        text = f"take the label off {count}"
    else:
        text = f"label {count} as {_row(act.class_id, database)[0]}"
    return Change(_grouped(before, act.class_id), act.class_id), text


@plan.register
def _(act: AddClass, database: Database) -> tuple[Change, str]:
    live = _live(database)
    name = checked_class_name(act.name, (row[0] for row in live.values()))
    colour = checked_colour(
        free_colour(row[1] for row in live.values()) if act.colour is None else act.colour
    )
    (last, place) = database.row(
        "SELECT coalesce(max(class_id), 0), coalesce(max(position), -1) FROM classes"
    ) or (0, -1)
    if last >= MOST_CLASSES:
        raise InputError(
            f"A library holds {MOST_CLASSES} classes over its life, removed ones too: rename one instead."
        )
    return Change(classes=[(last + 1, None, (name, colour, place + 1, 0))]), f"add class {name}"


@plan.register
def _(act: RenameClass, database: Database) -> tuple[Change, str]:
    old = _row(act.class_id, database)
    others = (row[0] for class_id, row in _live(database).items() if class_id != act.class_id)
    new = (checked_class_name(act.name, others), *old[1:])
    return _class_change(act.class_id, old, new), f"rename class {old[0]} to {new[0]}"


@plan.register
def _(act: RecolourClass, database: Database) -> tuple[Change, str]:
    old = _row(act.class_id, database)
    new = (old[0], checked_colour(act.colour), *old[2:])
    return _class_change(act.class_id, old, new), f"change the colour of class {old[0]}"


@plan.register
def _(act: RemoveClass, database: Database) -> tuple[Change, str]:
    old = _row(act.class_id, database)
    if act.labels_to == act.class_id:
        raise InputError(f"Class {old[0]} cannot take its own labels: choose another class.")
    text = f"remove class {old[0]}"
    if act.labels_to is not None:
        text += f", its labels to {_row(act.labels_to, database)[0]}"
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


@plan.register
def _(act: EditMask, database: Database) -> tuple[Change, str]:
    edit, text = plan_edit(act, database)
    return Change(edit=edit), text


def _live(database: Database) -> dict[int, ClassRow]:
    rows = database.rows("SELECT class_id, name, colour, position, removed FROM classes")
    return {class_id: row for class_id, *row in rows if not row[3]}  # type: ignore[misc]


def _row(class_id: int, database: Database) -> ClassRow:
    live = _live(database)
    if class_id not in live:
        raise InputError(f"There is no class {class_id} in the library: choose one that is shown.")
    return live[class_id]


def _class_change(class_id: int, old: ClassRow, new: ClassRow) -> Change:
    return Change(classes=[(class_id, old, new)] if tuple(old) != tuple(new) else [])


def _grouped(
    before: dict[int, int | None], after: int | None
) -> list[tuple[int | None, Sequence[int]]]:
    groups: dict[int | None, list[int]] = defaultdict(list)
    for particle_id, class_id in before.items():
        if class_id != after:
            groups[class_id].append(particle_id)
    return list(groups.items())
