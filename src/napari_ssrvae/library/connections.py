"""Connections to library.sqlite: how they are made, what is looked at first, why writing fails."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.backup import upgrade
from napari_ssrvae.library.schema import APPLICATION_ID, SCHEMA_VERSION

__all__ = [
    "PATIENCE_MS",
    "WriteError",
    "check_library",
    "connect",
    "connect_for_writing",
    "connect_in_memory",
    "connect_unwritable",
]

PATIENCE_MS = 5000  # for another program that is writing right now

# What the disk, the folder or another program is to blame for, and not what was to be written.
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_READONLY: "its folder must not be written to",
    sqlite3.SQLITE_PERM: "its folder must not be written to",
    sqlite3.SQLITE_CANTOPEN: "its files cannot be opened",
    sqlite3.SQLITE_BUSY: "another program is writing to it",
    sqlite3.SQLITE_LOCKED: "another program is writing to it",
    sqlite3.SQLITE_PROTOCOL: "another program is writing to it",
}


_NEW_CONNECTION_HELPS = (
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CANTOPEN,
)


class WriteError(InputError):
    """A library could not be written; nothing was changed.

    Attributes
    ----------
    reason : str
        Why, in words that go after "because".
    passes : bool
        Whether the same may work later, or on another disk.
    reconnect : bool
        Whether a new connection may help.
    """

    def __init__(self, path: Path, error: sqlite3.Error) -> None:
        code = getattr(error, "sqlite_errorcode", None)
        known = None if code is None else _REASONS.get(code & 0xFF)
        self.reason = known or f"SQLite says “{error}”"
        self.passes = known is not None
        self.reconnect = code is not None and code & 0xFF in _NEW_CONNECTION_HELPS
        super().__init__(
            f"{path} could not be written ({error}): nothing was changed; check the disk and try again."
        )


def connect(path: Path, query: str = "mode=rw") -> sqlite3.Connection:
    """Connect to a database that is there; each transaction is begun and ended by its user."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{query}",
        uri=True,
        timeout=PATIENCE_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )


def connect_for_writing(path: Path, *, look: bool = True) -> sqlite3.Connection:
    """Connect for writing, after a library of an earlier version was brought up to date.

    With `look` False all of it is not looked at for damage.

    With WAL and synchronous=FULL: what was committed survives the death of the process (NORMAL would do
    for that) and of the machine's power (only FULL does). A label is worth a sync.
    """
    connection = connect(path)
    try:
        version = check_library(connection, path, look=look)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if version < SCHEMA_VERSION:
            upgrade(connection, path, version)
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_unwritable(path: Path, home: Path) -> sqlite3.Connection:
    """Open where not even the helper files of WAL may be made, e.g. on a read-only disk.

    If a copy is needed, it is put into `home`.
    """
    connection = connect(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection
    except sqlite3.OperationalError:
        connection.close()
    wal = path.with_name(f"{path.name}-wal")
    if not wal.exists() or wal.stat().st_size == 0:
        return connect(path, "mode=ro&immutable=1")
    # Acts of a killed program wait in the WAL: only a copy that can be written shows them.
    for source in (path, wal):
        shutil.copy(source, home)
        (home / source.name).chmod(0o600)
    return connect(home / path.name)


def connect_in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Return a connection to a copy in memory of all that another one sees."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        connection.backup(memory)
        memory.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        memory.close()
        raise
    return memory


def check_library(connection: sqlite3.Connection, path: Path, *, look: bool = True) -> int:
    """Return the version of the tables of a library that is one and, with `look`, is whole."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise InputError(
            f"{path} is not a particle library: choose a folder that napari-ssrvae made."
        )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise InputError(
            f"{path} was made by a newer napari-ssrvae (schema {version}, this one "
            f"knows {SCHEMA_VERSION}): update napari-ssrvae to open it."
        )
    report = ("ok",)
    if look:
        report = connection.execute("PRAGMA quick_check(1)").fetchone() or ("unreadable",)
    if report[0] != "ok":
        raise InputError(f"{path} is damaged ({_clean_line(report[0])}): restore it from a copy.")
    return int(version)


def _clean_line(text: str) -> str:
    """Return the first line of what SQLite reports that says something about the damage."""
    lines = [line for line in text.splitlines() if line and not line.startswith("***")]
    return lines[0] if lines else "unreadable"
