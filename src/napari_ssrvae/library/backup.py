"""Libraries of earlier versions: a copy first, then the new tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.library.schema import SCHEMA_VERSION, upgrade_tables

__all__ = ["backup_path", "copy_up_to_date", "sweep_backup_drafts", "upgrade"]


def backup_path(database: Path, version: int) -> Path:
    """Return where the copy of a database of an earlier version goes."""
    return database.with_name(f"{database.stem}.schema{version}{database.suffix}")


def upgrade(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Bring a library up to date; killed at any moment it is the old one or the new one.

    Raises
    ------
    InputError
        The copy or the new tables cannot be written; the library is as it was.
    """
    backup = backup_path(path, version)
    try:
        with atomic_file(backup) as draft, closing(sqlite3.connect(draft)) as copy:
            connection.backup(copy)
            # One file that is whole by itself, whatever the library's own journal is.
            copy.execute("PRAGMA journal_mode = DELETE")
        upgrade_tables(connection, version)
    except sqlite3.OperationalError as error:
        raise InputError(
            f"{path} is of an earlier napari-ssrvae (schema {version}) and cannot be brought up to date "
            f"({error}): make room on the disk and open it again, or open it for reading only."
        ) from error


def copy_up_to_date(connection: sqlite3.Connection, copy: Path, version: int) -> sqlite3.Connection:
    """Return a connection to a copy that is up to date; the library itself is not touched."""
    target = sqlite3.connect(copy, isolation_level=None, check_same_thread=False)
    try:
        connection.backup(target)
        if version < SCHEMA_VERSION:
            upgrade_tables(target, version)
    except BaseException:
        target.close()
        raise
    return target


def sweep_backup_drafts(folder: Path) -> None:
    """Remove copies that a killed program left half done."""
    for path in folder.glob(".library.schema*.sqlite*"):
        with suppress(OSError):
            path.unlink()
