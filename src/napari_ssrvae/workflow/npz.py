"""Arrays in a zip file, read by those who can go on without them."""

from __future__ import annotations

import zlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

__all__ = ["DamagedError", "read_arrays"]


class DamagedError(ValueError):
    """A file is not there, or is not what was written."""


def read_arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of an .npz file by their names.

    Raises
    ------
    DamagedError
        For whatever reason they cannot be read; numpy and zipfile have a dozen kinds of errors for that.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,  # one array, and no zip file
        EOFError,
        BadZipFile,
        zlib.error,
        RuntimeError,  # compressed or encrypted in a way that we never write
        MemoryError,  # a shape that we never write
    ) as error:
        raise DamagedError(f"{path.name} is damaged") from error
