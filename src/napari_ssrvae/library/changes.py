"""What an act means for the rows of the database: a change that can be applied both ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

from napari_ssrvae.library.database import Database
from napari_ssrvae.library.mask_edits import EditRows, apply_edit, revert_edit

__all__ = ["Change", "ClassRow"]

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
            "INSERT INTO classes (class_id, name, colour, position, removed) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (class_id) DO UPDATE SET "
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
