"""Acts that cannot be written are done all the same, in memory, and written as soon as that is possible."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.connections import WriteError
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.folder import is_writable
from napari_ssrvae.library.lock import WriteLock

__all__ = ["UnsavedActs"]

_Result = TypeVar("_Result")


class UnsavedActs:
    """Does acts on a library, on the disk if it can be written and otherwise in memory.

    What is in memory is written as one transaction: the disk always has a state that was shown, and either
    none or all of what is kept.
    """

    def __init__(self, database: Database, folder: Path, lock: WriteLock) -> None:
        self._database = database
        self._folder = folder
        self._lock = lock
        self._reason = ""
        self._reconnect = False

    @property
    def count(self) -> int:
        """Acts (undoing and redoing are acts here) that are in memory only."""
        return self._database.n_kept

    @property
    def reason(self) -> str | None:
        """Why they are not written, one sentence; None if there are none."""
        if not self.count:
            return None
        return f"The library {self._folder} cannot be saved because {self._reason}."

    @property
    def why(self) -> str:
        """Why the last attempt to write failed, in words that go after "because"."""
        return self._reason

    def during(self, act: Callable[[], _Result]) -> _Result:
        """Return the result of `act`, which writes to the database."""
        with self._database.exclusively():
            if self._database.in_memory:
                return act()
            try:
                return act()
            except WriteError as error:
                if not error.passes:
                    raise
                self._note(error)
                try:
                    self._database.move_to_memory()
                except sqlite3.Error:
                    raise error from None  # it cannot be read either
            try:
                return act()
            finally:
                if not self.count:
                    # Refused, or nothing to change: what others do is seen on the disk only.
                    self._database.forget_memory()

    def save(self) -> bool:
        """Try to write all that is kept; whether nothing is left."""
        with self._database.exclusively():
            if not self.count:
                self._database.forget_memory()
                return True
            return self._write() or self._write_anew()

    def _write(self) -> bool:
        if not self._lock.held:
            return False
        try:
            self._database.write_kept()
        except WriteError as error:
            self._note(error)
            return False
        return True

    def _note(self, error: WriteError) -> None:
        self._reason, self._reconnect = error.reason, error.reconnect

    def _write_anew(self) -> bool:
        """Write through a new connection: the old one may be of a disk that was taken out, or read-only."""
        had_lock = self._lock.held
        if had_lock and not self._reconnect:
            return False
        try:
            self._take_lock()
            self._database.reconnect()
            if self._write():
                return True
        except WriteError as error:
            self._note(error)
        except InputError as error:
            self._reason = str(error).rstrip(".")
        if not had_lock:
            self._lock.release()
        return False

    def _take_lock(self) -> None:
        if not is_writable(self._folder):
            raise InputError(self._reason)
        try:
            if not self._lock.acquire():
                raise InputError("another program or window has it open for writing")
        except OSError as error:
            raise InputError(f"it cannot be locked for writing ({error})") from error
