"""A library that is open: its folder, its right to write, what is not saved yet, its end."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.arrays import ArrayFiles
from napari_ssrvae.library.backup import sweep_backup_drafts
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.folder import DATABASE, SUBFOLDERS, make_subfolders
from napari_ssrvae.library.history import History
from napari_ssrvae.library.lock import WriteLock
from napari_ssrvae.library.unsaved import UnsavedActs

__all__ = ["OpenLibrary"]

_Result = TypeVar("_Result")


class OpenLibrary:
    """What all parts of a `ParticleLibrary` stand on."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        lock: WriteLock,
        reason: str | None,
        *,
        takes_acts: bool,
    ) -> None:
        self.folder = folder
        self.read_only_reason = reason
        self.takes_acts = takes_acts
        self._database = database
        self._lock = lock
        self._files = ArrayFiles(folder)
        self._history = History(database)
        self._unsaved = UnsavedActs(database, folder, lock)
        self._closed = False
        if reason is None:
            self._tidy()

    def close(self) -> None:
        """Give the library back; a second time does nothing.

        What is `unsaved` is saved if that is possible, and lost if not: look before. The end of a `with`
        block says so with an `InputError`.
        """
        with self._database.exclusively():
            if not self._closed:
                self._unsaved.save()
                self._closed = True
                self._database.close()
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        if self.unsaved and kind is None:
            # Without a window nobody was asked: a program must not go on as if all were well.
            raise InputError(
                f"{self._count()} on {self.folder} could not be saved because {self._unsaved.why}: "
                "put that right and do it again."
            )

    def __repr__(self) -> str:
        state = "closed" if self._closed else "read-only" if self.read_only else "open"
        return f"ParticleLibrary({str(self.folder)!r}, {state})"

    @property
    def read_only(self) -> bool:
        """Whether its files must not be written."""
        return self.read_only_reason is not None

    # Not saved yet

    @property
    def unsaved(self) -> int:
        """How many acts, their undoing and redoing counted, are in memory only."""
        return self._unsaved.count

    @property
    def unsaved_reason(self) -> str | None:
        """Why they are not on the disk, one sentence; None if there are none."""
        return self._unsaved.reason

    def save_unsaved(self) -> bool:
        """Try to write what is in memory only, all of it or nothing; return whether nothing is left."""
        with self._database.exclusively():
            self._check_open()
            kept = self.unsaved
            if not self._unsaved.save():
                return False
            if kept and self.read_only:
                # The folder can be written to by now, and it is ours.
                self.read_only_reason = None
                self._tidy()
            return True

    def save_copy(self, folder: str | Path) -> Path:
        """Write all of the library, what is not saved yet as well, into a new or empty folder.

        Returns
        -------
        Path
            The folder, a library of its own; this one stays as it is.

        Raises
        ------
        InputError
            The folder holds something or lies in this library, or it cannot be written; then nothing is
            there that could be taken for a library.
        """
        self._check_open()
        target = Path(folder).expanduser().resolve()
        if target.is_relative_to(self.folder):
            raise InputError(f"{target} lies in the library itself: choose another folder.")
        with self._database.exclusively():
            make_subfolders(target)
            try:
                for name in SUBFOLDERS:
                    if (self.folder / name).is_dir():
                        shutil.copytree(self.folder / name, target / name, dirs_exist_ok=True)
                self._database.copy_to(target / DATABASE)
            except (OSError, sqlite3.Error, InputError) as error:
                for name in SUBFOLDERS:
                    shutil.rmtree(target / name, ignore_errors=True)
                raise InputError(
                    f"The library cannot be copied to {target} ({_words(error)}): "
                    "check that the disk has room, or choose another folder."
                ) from error
        return target

    # Within

    def _check_open(self) -> None:
        if self._closed:
            raise InputError(f"The library {self.folder} is closed: open it again.")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """For what acts are not: it is written to the disk, after all that is not saved yet, or refused."""
        with self._database.exclusively():
            self._check_open()
            if not self.save_unsaved():
                raise InputError(
                    f"{self._count()} on {self.folder} must be saved first, but {self._unsaved.why}: "
                    "put that right and try again."
                )
            self._check_takes(self.read_only)
            yield

    def _acting(self, act: Callable[[], _Result]) -> _Result:
        """Return the result of `act`, which is done in memory if the disk does not let it."""
        with self._database.exclusively():
            self._check_open()
            self._check_takes(not self.takes_acts)
            self.save_unsaved()
            return self._unsaved.during(act)

    def _count(self) -> str:
        return f"{self.unsaved} act{'s' if self.unsaved > 1 else ''}"

    def _check_takes(self, refused: bool) -> None:
        if refused:
            raise InputError(
                f"The library {self.folder} is read-only because {self.read_only_reason}: "
                "change that and open it again."
            )

    def _tidy(self) -> None:
        """After a kill there may be files that nothing points at."""
        for name in SUBFOLDERS:
            (self.folder / name).mkdir(exist_ok=True)
        sweep_backup_drafts(self.folder)
        self._sweep()

    def _sweep(self) -> None:
        """Remove files that nothing points at, on the disk."""
        assert not self.unsaved
        rows = self._database.rows("SELECT micrograph_id, revision FROM micrographs")
        self._files.sweep(dict(rows))


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "a file could not be copied" if isinstance(error, shutil.Error) else str(error)
