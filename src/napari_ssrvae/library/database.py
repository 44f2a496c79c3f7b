"""The connection to library.sqlite: how it is opened, checked, read and written."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.backup import copy_up_to_date, upgrade
from napari_ssrvae.library.schema import APPLICATION_ID, SCHEMA_VERSION

__all__ = ["Database"]


class Database:
    """One connection, used from any thread but by one at a time.

    Written with WAL and synchronous=FULL: what was committed survives the death of the process
    (NORMAL would do for that) and of the machine's power (only FULL does). A label is worth a sync.
    """

    def __init__(self, path: Path, *, read_only: bool, writable_folder: bool) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self.read_only = read_only
        try:
            self._connection = self._connect() if writable_folder else self._connect_unwritable()
            version = self._check()
            if read_only:
                if version < SCHEMA_VERSION:
                    self._read_copy(version)
                self._connection.execute("PRAGMA query_only = ON")
            else:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                if version < SCHEMA_VERSION:
                    upgrade(self._connection, path, version)
                self._connection.execute("PRAGMA foreign_keys = ON")
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error):
                raise InputError(
                    f"{path} cannot be read as a particle library ({error}): "
                    "it is damaged or not a library; restore it from a copy."
                ) from error
            raise

    def close(self) -> None:
        """Close the connection; a second time does nothing."""
        with self._lock:
            if hasattr(self, "_connection"):
                self._connection.close()
            if self._copy is not None:
                self._copy.cleanup()
                self._copy = None

    def exclusively(self) -> AbstractContextManager[bool]:
        """To be used as a context: other threads wait for all of the block."""
        return self._lock

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Several reads that see one state of the library."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, None if there is none."""
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one writing statement inside a `transaction`."""
        self._connection.execute(sql, values)

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one writing statement for many rows inside a `transaction`."""
        self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block is committed when it ends, or nothing of it."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise InputError(
                        f"{self._path} could not be written ({error}): nothing was changed; "
                        "check the disk and try again."
                    ) from error
                raise

    def _connect(self, query: str = "mode=rw") -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{query}",
            uri=True,
            timeout=5,
            isolation_level=None,
            check_same_thread=False,
        )

    def _connect_unwritable(self) -> sqlite3.Connection:
        """Open where not even the helper files of WAL may be made, e.g. on a read-only disk."""
        connection = self._connect("mode=ro")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return connection
        except sqlite3.OperationalError:
            connection.close()
        wal = self._path.with_name(f"{self._path.name}-wal")
        if not wal.exists() or wal.stat().st_size == 0:
            return self._connect("mode=ro&immutable=1")
        # Acts of a killed program wait in the WAL: only a copy that can be written shows them.
        self._copy = tempfile.TemporaryDirectory(prefix="napari-ssrvae-")
        for source in (self._path, wal):
            shutil.copy(source, self._copy.name)
        return sqlite3.connect(
            Path(self._copy.name) / self._path.name, isolation_level=None, check_same_thread=False
        )

    def _read_copy(self, version: int) -> None:
        """Read a copy with today's tables in place of a library that must not be changed."""
        old, kept = self._connection, self._copy
        self._copy = tempfile.TemporaryDirectory(prefix="napari-ssrvae-")
        copy = Path(self._copy.name) / self._path.name
        self._connection = copy_up_to_date(old, copy, version)
        old.close()
        if kept is not None:
            kept.cleanup()

    def _check(self) -> int:
        """Return the version of the tables of a library that is one and is whole."""
        (application,) = self.row("PRAGMA application_id") or (0,)
        if application != APPLICATION_ID:
            raise InputError(
                f"{self._path} is not a particle library: choose a folder that napari-ssrvae made."
            )
        (version,) = self.row("PRAGMA user_version") or (0,)
        if version > SCHEMA_VERSION:
            raise InputError(
                f"{self._path} was made by a newer napari-ssrvae (schema {version}, this one "
                f"knows {SCHEMA_VERSION}): update napari-ssrvae to open it."
            )
        report = self.row("PRAGMA quick_check(1)") or ("unreadable",)
        if report[0] != "ok":
            raise InputError(
                f"{self._path} is damaged ({clean_line(report[0])}): restore it from a copy."
            )
        return int(version)


def clean_line(text: str) -> str:
    """Return the first line of what SQLite reports that says something about the damage."""
    lines = [line for line in text.splitlines() if line and not line.startswith("***")]
    return lines[0] if lines else "unreadable"
