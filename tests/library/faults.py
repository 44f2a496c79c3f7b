"""Disks that fail on demand: every connection to a library's database made while it is installed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

CODES = {
    "full": sqlite3.SQLITE_FULL,
    "I/O error": sqlite3.SQLITE_IOERR_WRITE,
    "read-only": sqlite3.SQLITE_READONLY,
    "cannot open": sqlite3.SQLITE_CANTOPEN,
    "busy": sqlite3.SQLITE_BUSY,
}
PLACES = ("BEGIN IMMEDIATE", "INSERT", "COMMIT")


class Faults:
    """What fails now: `code` (None: nothing) in statements that begin with `place`."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.place = PLACES[0]
        self.connections: list[sqlite3.Connection] = []

    def fail(self, kind: str, place: str = PLACES[0]) -> None:
        self.code, self.place = CODES[kind], place

    def heal(self) -> None:
        self.code = None

    def check(self, sql: str) -> None:
        # What is not to be reached fails later: a transaction without an INSERT fails at its end.
        places = (self.place, "COMMIT") if self.place == "INSERT" else (self.place,)
        if self.code is not None and sql.lstrip().startswith(places):
            error = sqlite3.OperationalError("made to fail")
            error.sqlite_errorcode = self.code
            raise error


@contextmanager
def installed() -> Iterator[Faults]:
    faults = Faults()
    connect = sqlite3.connect

    class Failing(sqlite3.Connection):
        writing = False

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql.startswith("BEGIN"):
                self.writing = sql == "BEGIN IMMEDIATE"
            if self.writing or sql.startswith("SELECT"):
                faults.check(sql)
            return super().execute(sql, *values)

        def executemany(self, sql: str, values: Any) -> sqlite3.Cursor:
            faults.check(sql)
            return super().executemany(sql, values)

    def failing(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if "library.sqlite" not in str(path):
            return connect(path, *arguments, **options)
        faults.connections.append(connect(path, *arguments, factory=Failing, **options))
        return faults.connections[-1]

    with mock.patch.object(sqlite3, "connect", failing):
        yield faults
