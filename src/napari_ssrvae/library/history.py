"""The acts in their order: doing, undoing, redoing. It lasts across closing and reopening."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from napari_ssrvae.library.acts import (
    Act,
    ActResult,
    AssignClass,
    EditMask,
    act_from_json,
    act_to_json,
)
from napari_ssrvae.library.changes import Change
from napari_ssrvae.library.check_rows import store_check
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.mask_edits import edit_result, forget_dropped, next_number, store_edit
from napari_ssrvae.library.plans import plan

__all__ = ["History"]

_NEXT_UNDO = "WHERE state = 'done' ORDER BY number DESC LIMIT 1"
_NEXT_REDO = "WHERE state = 'undone' ORDER BY number LIMIT 1"


class History:
    """A line of acts: 'done' ones, then 'undone' ones that can be redone.

    A new act turns the 'undone' ones into 'dropped' ones; they stay in the table as a record.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def do(self, act: Act) -> ActResult:
        """Do `act` and commit it. An act that changes nothing leaves no trace."""
        with self._database.transaction():
            change, text = plan(act, self._database)
            if change:
                self._drop_undone()
                number = next_number(self._database)
                self._database.run(
                    "INSERT INTO acts (number, time, act, text, change, state) "
                    "VALUES (?, ?, ?, ?, ?, 'done')",
                    (
                        number,
                        datetime.now(UTC).isoformat(timespec="milliseconds"),
                        act_to_json(act),
                        text,
                        change.to_json(),
                    ),
                )
                if isinstance(act, EditMask) and change.edit is not None:
                    store_edit(self._database, act, change.edit)
                if isinstance(act, AssignClass):
                    store_check(self._database, number, act)
                change.apply(self._database)
            return self._result(act, "do", text, change)

    def _drop_undone(self) -> None:
        if self._database.row("SELECT 1 FROM acts WHERE state = 'undone' LIMIT 1") is not None:
            self._database.run("UPDATE acts SET state = 'dropped' WHERE state = 'undone'")
            forget_dropped(self._database)

    def _result(
        self, act: Act, way: Literal["do", "undo", "redo"], text: str, change: Change
    ) -> ActResult:
        mask = None
        if change.edit is not None:
            mask = edit_result(self._database, change.edit, back=way == "undo")
        return ActResult(act, way, text, change.particle_ids, change.class_ids, mask)

    def undo(self) -> ActResult | None:
        """Take the last act back; None if there is none."""
        return self._step("undo")

    def redo(self) -> ActResult | None:
        """Do the act that was undone last once more; None if there is none."""
        return self._step("redo")

    def undo_text(self) -> str | None:
        """Return the act that `undo` would take back, in words."""
        return self._text(_NEXT_UNDO)

    def redo_text(self) -> str | None:
        """Return the act that `redo` would do again, in words."""
        return self._text(_NEXT_REDO)

    def _text(self, which: str) -> str | None:
        row = self._database.row(f"SELECT text FROM acts {which}")
        return None if row is None else str(row[0])

    def _step(self, way: Literal["undo", "redo"]) -> ActResult | None:
        with self._database.transaction():
            row = self._database.row(
                "SELECT number, act, text, change FROM acts "
                + (_NEXT_UNDO if way == "undo" else _NEXT_REDO)
            )
            if row is None:
                return None
            number, act, text, stored = row
            change = Change.from_json(stored)
            if way == "undo":
                change.revert(self._database)
            else:
                change.apply(self._database)
            self._database.run(
                "UPDATE acts SET state = ? WHERE number = ?",
                ("undone" if way == "undo" else "done", number),
            )
            return self._result(act_from_json(act), way, text, change)
