"""The database of a library: how it is read and written, on disk or for a while in memory."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.library.backup import copy_up_to_date
from napari_ssrvae.library.connections import (
    PATIENCE_MS,
    WriteError,
    check_library,
    connect,
    connect_for_writing,
    connect_in_memory,
    connect_unwritable,
)
from napari_ssrvae.library.schema import SCHEMA_VERSION

__all__ = ["Database"]

_Statement: TypeAlias = tuple[str, list[Sequence[Any]]]


class Database:
    """One connection, used from any thread but by one at a time.

    While it is `in_memory`, all is read from and written to a copy; the statements of each transaction are
    kept, so that they can be written to the disk as they are, in their order.
    """

    def __init__(self, path: Path, *, read_only: bool, writable_folder: bool) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._copies: list[tempfile.TemporaryDirectory[str]] = []
        self._disk: sqlite3.Connection | None = None
        self._kept: list[list[_Statement]] = []
        self._now: list[_Statement] = []
        self._before: list[Any] = []
        try:
            if read_only:
                self._connection = self._connect_read_only(writable_folder)
            else:
                self._connection = connect_for_writing(path)
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
            if self._disk is not None:
                self._disk.close()
            self._clean_up()

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
        with self._lock, _readable(self._path):
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """Return the first row of a query, None if there is none."""
        with self._lock, _readable(self._path):
            found: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return found

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one writing statement inside a `transaction`."""
        self.run_many(sql, [values])

    def run_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one writing statement for many rows inside a `transaction`."""
        if self.in_memory:
            values = list(values)
            self._now.append((sql, values))
        self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block is committed when it ends, or nothing of it.

        Raises
        ------
        WriteError
            The disk, the folder or another program does not let it.
        """
        with self._lock:
            self._now = []
            with _transaction(self._connection, self._path):
                yield
            if self._now:
                self._kept.append(self._now)

    # In memory

    @property
    def in_memory(self) -> bool:
        """Whether what is seen and written is a copy in memory."""
        return self._disk is not None

    @property
    def n_kept(self) -> int:
        """Transactions that are in memory only."""
        return len(self._kept)

    def move_to_memory(self) -> None:
        """Go on in a copy; what is on the disk stays as it is."""
        with self._lock:
            memory = connect_in_memory(self._connection)
            self._before = _fingerprint(memory)
            # Later attempts are many: none of them waits for another program.
            self._connection.execute("PRAGMA busy_timeout = 100")
            self._connection, self._disk = memory, self._connection

    def forget_memory(self) -> None:
        """Go back to the disk as it is, without what is kept."""
        with self._lock:
            if self._disk is not None:
                self._connection.close()
                self._connection, self._disk = self._disk, None
                self._connection.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
                self._kept = []

    def write_kept(self) -> None:
        """Write all that is kept to the disk, as one transaction, and go on there.

        Raises
        ------
        WriteError
            Nothing of it was written; it is still kept.
        """
        with self._lock:
            assert self._disk is not None
            with _transaction(self._disk, self._path):
                for sql, values in (statement for step in self._kept for statement in step):
                    self._disk.executemany(sql, values)
            self.forget_memory()

    def reconnect(self) -> None:
        """Let what is kept be written through a new connection, if the library is still the same there.

        Raises
        ------
        InputError
            It cannot be opened for writing, or another program has changed it since.
        """
        with self._lock:
            assert self._disk is not None
            try:
                new = connect_for_writing(self._path, look=False)
            except sqlite3.Error as error:
                raise WriteError(self._path, error) from error
            try:
                same = _fingerprint(new) == self._before
            except sqlite3.Error as error:
                new.close()
                raise WriteError(self._path, error) from error
            if not same:
                new.close()
                raise InputError(
                    "another program has changed it since; save a copy of it elsewhere"
                )
            with suppress(sqlite3.Error):
                self._disk.close()
            self._disk = new
            self._disk.execute("PRAGMA busy_timeout = 100")
            self._clean_up()

    def copy_to(self, path: Path) -> None:
        """Write all that is seen into a new file, what is kept as well."""
        with self._lock, atomic_file(path) as draft, closing(sqlite3.connect(draft)) as copy:
            self._connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")

    # Within

    def _connect_read_only(self, writable_folder: bool) -> sqlite3.Connection:
        connection = (
            connect(self._path)
            if writable_folder
            else connect_unwritable(self._path, self._new_home())
        )
        try:
            version = check_library(connection, self._path)
            if version < SCHEMA_VERSION:
                # Today's tables in place of a library that must not be changed.
                copy = copy_up_to_date(connection, self._new_home() / self._path.name, version)
                connection.close()
                connection = copy
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _new_home(self) -> Path:
        self._copies.append(tempfile.TemporaryDirectory(prefix="napari-ssrvae-"))
        return Path(self._copies[-1].name)

    def _clean_up(self) -> None:
        while self._copies:
            self._copies.pop().cleanup()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if _is_of_the_disk(error):
            raise InputError(
                f"{path} could not be read ({error}): check the disk and try again."
            ) from error
        raise


def _is_of_the_disk(error: BaseException) -> TypeGuard[sqlite3.Error]:
    """Whether the disk is to blame (SQLite tells of damage by the base class) and not a program's fault."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


@contextmanager
def _transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            # Where even this fails the transaction is lost anyway.
            with suppress(sqlite3.OperationalError):
                connection.execute("ROLLBACK")
        if _is_of_the_disk(error):
            raise WriteError(path, error) from error
        raise


def _fingerprint(connection: sqlite3.Connection) -> list[Any]:
    """Return what changes with whatever other programs may do that acts depend on."""
    queries = (
        "SELECT state, count(*), sum(number) FROM acts GROUP BY state",
        "SELECT number, time FROM acts ORDER BY number DESC LIMIT 1",
        "SELECT * FROM classes",
        "SELECT * FROM micrographs",
        "SELECT * FROM meta",
        "SELECT name, created FROM models",
        "SELECT count(*), max(particle_id), sum(retired) FROM particles",
    )
    return [connection.execute(query).fetchall() for query in queries]
