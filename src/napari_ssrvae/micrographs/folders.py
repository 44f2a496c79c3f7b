"""Which files of a folder are micrographs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs.reading import SUFFIXES

__all__ = ["list_micrographs"]


def list_micrographs(paths: Iterable[str | Path] | str | Path) -> list[Path]:
    """Return the files that are named, and of the folders that are named the files that can be read.

    A folder is not gone into further; hidden files and the text files beside images are left out. Files of a
    folder come in natural order (a2 before a10), each file once, where it is first named.

    Parameters
    ----------
    paths : path, or iterable of paths
        Files and folders. A file is kept whatever it is called: reading it says what is wrong with it.

    Raises
    ------
    InputError
        A folder cannot be read, or there is nothing in it that can be.
    """
    found: dict[Path, None] = {}
    for path in [paths] if isinstance(paths, str | Path) else paths:
        path = Path(path)
        if not path.is_dir():
            found.setdefault(path)
            continue
        inside = _of_folder(path)
        if not inside:
            raise InputError(
                f"{path} holds no micrograph: choose a folder with files that end in {', '.join(SUFFIXES)}."
            )
        for one in inside:
            found.setdefault(one)
    return list(found)


def _of_folder(folder: Path) -> list[Path]:
    try:
        files = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
        ]
    except OSError as error:
        raise InputError(
            f"{folder} could not be read ({(error.strerror or 'unreadable').lower()}): "
            "check that you may read it."
        ) from None
    return sorted(files, key=lambda path: (_natural(path.name), path.name))


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
