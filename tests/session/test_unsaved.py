"""Acts that cannot be written: the session shows them, says so, and saves them when it can."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.session import Session
from tests.session.many import many_particles, micrograph

SIDE = 4


class Disk:
    """A disk that can be full."""

    full = False


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk, connect = Disk(), sqlite3.connect

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            if disk.full and sql == "BEGIN IMMEDIATE":
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return super().execute(sql, *values)

    def connected(path: object, *arguments: object, **options: object) -> sqlite3.Connection:
        if "library.sqlite" not in str(path):
            return connect(path, *arguments, **options)  # type: ignore[call-overload]
        return connect(path, *arguments, factory=Connection, **options)  # type: ignore[call-overload]

    with mock.patch.object(sqlite3, "connect", connected):
        yield disk


@pytest.fixture
def session(disk: Disk, tmp_path: Path) -> Session:
    many_particles(tmp_path / "library", 1, SIDE).close()
    session = Session(seed=0)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, SIDE))
    return session


def test_what_cannot_be_written_is_shown_and_told(disk: Disk, session: Session) -> None:
    told: list[tuple[int, str]] = []
    session.unsaved_changed.connect(lambda n, why: told.append((n, why)))
    session.assign([1], 2)
    assert told == []
    disk.full = True
    session.assign([2, 3], 2)
    session.undo()
    session.assign([4], 3)
    assert [n for n, _ in told] == [1, 2, 3]
    assert all("full" in why for _, why in told)
    assert session.unsaved == 3
    assert session.catalogue.by_hand.tolist()[:4] == [2, 0, 0, 3]
    assert session.micrographs[0].by_hand.tolist()[1:5] == [2, 0, 0, 3]
    assert not session.save_unsaved()
    disk.full = False
    assert session.save_unsaved()
    assert told[-1] == (0, "")
    assert session.unsaved == 0
    folder = session.need_library().folder
    session.close()
    again = Session()
    again.open_library(folder)
    assert again.counts()[2] == (1, 0)
    assert again.counts()[3] == (1, 0)


def test_another_library_has_nothing_unsaved(disk: Disk, session: Session, tmp_path: Path) -> None:
    many_particles(tmp_path / "other", 1, SIDE).close()
    told: list[int] = []
    disk.full = True
    session.assign([1], 2)
    with pytest.raises(InputError, match="1 act is not saved yet"):
        session.open_library(tmp_path / "other")
    with pytest.raises(InputError, match="1 act is not saved yet"):
        session.create_library(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert session.unsaved == 1
    disk.full = False
    session.unsaved_changed.connect(lambda n, _: told.append(n))
    session.open_library(tmp_path / "other")
    assert told == [0]
    assert not session.catalogue.by_hand.any()


def test_the_queue_goes_on_while_the_disk_is_full(disk: Disk, session: Session) -> None:
    disk.full = True
    session.queue.start("helpful")
    shown = []
    while session.queue.current is not None:
        shown.append(session.queue.current.particle_id)
        session.queue.answer(1)
    assert sorted(shown) == list(range(1, SIDE**2 + 1))
    assert session.unsaved == SIDE**2
    session.undo()
    assert session.queue.current is not None
    assert session.queue.current.particle_id == shown[-1]
