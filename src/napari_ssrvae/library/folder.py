"""The folder of a library: making it, finding it."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.library.classes import (
    MOST_CLASSES,
    NONE_OF_THESE,
    checked_class_name,
    free_colour,
    name_key,
)
from napari_ssrvae.library.schema import create_tables

__all__ = [
    "DATABASE",
    "SUBFOLDERS",
    "is_writable",
    "library_folder",
    "make_library_folder",
    "make_subfolders",
]

DATABASE = "library.sqlite"
SUBFOLDERS = ("patches", "masks", "models")


def library_folder(folder: Path) -> Path:
    """Return the absolute path of a library's folder; `InputError` if none is there."""
    folder = folder.expanduser().resolve()
    if folder.name == DATABASE and folder.is_file():
        folder = folder.parent
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: check the path or create a library there.")
    if not (folder / DATABASE).is_file():
        raise InputError(
            f"{folder} is not a particle library: choose a folder with a {DATABASE} in it."
        )
    return folder


def make_library_folder(folder: Path, class_names: Sequence[str]) -> Path:
    """Make an empty library; the database comes last and whole, so a kill leaves none or all."""
    folder = folder.expanduser().resolve()
    names: list[str] = []
    for name in class_names:
        names.append(checked_class_name(name, names))
    # The classes of another library may be given as they are: every library has the last one.
    names = [name for name in names if name_key(name) != name_key(NONE_OF_THESE)]
    if len(names) > MOST_CLASSES:
        raise InputError(f"{len(names)} classes are too many: a library holds {MOST_CLASSES}.")
    make_subfolders(folder)
    try:
        _make_database(folder, names)
    except sqlite3.Error as error:
        for name in SUBFOLDERS:
            (folder / name).rmdir()
        raise InputError(
            f"No library can be made in {folder} ({error}): check that the disk has room."
        ) from error
    return folder


def make_subfolders(folder: Path) -> None:
    """Make the folders of a library in a folder that is new or empty; `InputError` if it is neither."""
    if (folder / DATABASE).exists():
        raise InputError(f"There is a library in {folder} already: open it or choose another.")
    if folder.exists() and (not folder.is_dir() or not _is_empty(folder)):
        raise InputError(f"{folder} is not empty: choose a new or an empty folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in SUBFOLDERS:
            (folder / name).mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"No library can be made in {folder} ({(error.strerror or str(error)).lower()}): "
            "choose a folder you may write to."
        ) from error


def _make_database(folder: Path, names: Sequence[str]) -> None:
    with atomic_file(folder / DATABASE) as draft:
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            # Whole or not there at all: atomic_file sees to the sync.
            connection.execute("PRAGMA synchronous = OFF")
            create_tables(connection)
            colours: list[str] = []
            for number, name in enumerate(names):
                colours.append(free_colour(colours))
                connection.execute(
                    "INSERT INTO classes (class_id, name, colour, position) VALUES (?, ?, ?, ?)",
                    (number + 1, name, colours[-1], number),
                )
        finally:
            connection.close()


def is_writable(folder: Path) -> bool:
    """Whether files can be made in the folder and the database be written, tried out."""
    if not os.access(folder / DATABASE, os.W_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _is_empty(folder: Path) -> bool:
    """Nothing in it but what a creation that was killed leaves behind."""
    return all(
        (path.name in SUBFOLDERS and path.is_dir() and not any(path.iterdir()))
        or (path.name.startswith(".library.") and path.suffix in (".sqlite", ".sqlite-journal"))
        for path in folder.iterdir()
    )
