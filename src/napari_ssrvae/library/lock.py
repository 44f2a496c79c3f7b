"""The right to write to a library: one holder at a time, given up by dying too."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["WriteLock"]


class WriteLock:
    """An exclusive SQLite lock on a small file of its own.

    The operating system drops it with the process, so no stale lock can stay behind; SQLite makes
    it work on every platform, and between two openings in one process too (which plain POSIX locks
    do not).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return self._connection is not None

    def acquire(self) -> bool:
        """Try to get the lock; False if another holds it. OSError if the file cannot be made."""
        if self._connection is not None:
            return True
        connection = sqlite3.connect(
            self._path, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" in str(error):
                return False
            raise OSError(str(error)) from error
        except sqlite3.DatabaseError:
            # Not a database any more: it holds nothing of value, so a new one will do.
            connection.close()
            self._path.unlink()
            return self.acquire()
        self._connection = connection
        return True

    def release(self) -> None:
        """Give the lock up; does nothing if it is not held."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
