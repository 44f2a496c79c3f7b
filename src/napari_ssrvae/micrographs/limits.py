"""Files that claim more than they hold, refused before memory is taken."""

from __future__ import annotations

import os
from pathlib import Path

from napari_ssrvae.errors import InputError

__all__ = ["check_claim", "machine_memory"]

# The most that one byte can unfold to: one million fold is what no image of a specimen does.
MOST_OF_DEFLATE = 1032
MOST_OF_OTHERS = 10_000
SHARE_OF_MEMORY = 0.8


def check_claim(
    path: Path,
    shape: tuple[int, ...],
    n_bytes: int,
    held: int,
    *,
    most: int = MOST_OF_OTHERS,
    mapped: bool = False,
) -> None:
    """Refuse an image whose size cannot be true, or that does not fit this machine.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        Rows and columns first, for the sentence.
    n_bytes : int
        What the decoded image takes.
    held : int
        Bytes of the file that hold it.
    most : int
        How many bytes one byte of the file can unfold to; 1 where it is not compressed.
    mapped : bool
        It stays on the disk.

    Raises
    ------
    InputError
        The claim is more than the file can hold, or than the memory.
    """
    size = f"{shape[1]:,} x {shape[0]:,} pixels"
    if n_bytes > held * most:
        raise InputError(
            f"{path.name} claims {size}, {_bytes(n_bytes)}, which its {_bytes(path.stat().st_size)} "
            "cannot hold: it is damaged, copy it from the microscope again."
        )
    memory = machine_memory()
    if not mapped and memory is not None and n_bytes > SHARE_OF_MEMORY * memory:
        raise InputError(
            f"{path.name} has {size}, {_bytes(n_bytes)}, but this machine has {_bytes(memory)} of memory: "
            "save it as TIFF without compression, which is read piece by piece."
        )


def machine_memory() -> int | None:
    """Return the machine's memory in bytes, None where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _bytes(n: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n} bytes"
