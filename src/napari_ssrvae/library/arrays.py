"""Masks and patches as files. Each version has its own name; the database says which one counts.

So a kill between writing the files and committing leaves the old version in force, whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file

__all__ = ["ArrayFiles"]

_OURS = re.compile(r"\.?(\d+)\.(\d+)(\.[0-9a-f]{8})?\.(tif|npy)")


class ArrayFiles:
    """The folders `masks/` and `patches/` of a library.

    Files are named `<micrograph_id>.<revision>` with .tif (int32, zlib) for the mask and .npy
    (float32) for the patches, which can be read in part.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(
        self,
        micrograph_id: int,
        revision: int,
        mask: NDArray[np.int32],
        patches: NDArray[np.float32],
    ) -> None:
        """Write a version; nothing points at it yet."""
        with atomic_file(self._mask(micrograph_id, revision)) as draft:
            tifffile.imwrite(draft, mask, compression="zlib", photometric="minisblack")
        with atomic_file(self._patches(micrograph_id, revision)) as draft:
            np.save(draft, patches, allow_pickle=False)

    def mask(self, micrograph_id: int, revision: int) -> NDArray[np.int32]:
        """Return the mask (H, W) int32."""
        path = self._mask(micrograph_id, revision)
        try:
            return np.asarray(tifffile.imread(path), dtype=np.int32)
        except (OSError, ValueError, tifffile.TiffFileError) as error:
            raise _damaged(path, error) from error

    def patches(self, micrograph_id: int, revision: int) -> NDArray[np.float32]:
        """Return the patches (N, S, S) float32, read from disk only where they are looked at."""
        path = self._patches(micrograph_id, revision)
        try:
            images = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise _damaged(path, error) from error
        return images  # type: ignore[no-any-return]

    def sweep(self, revisions: Mapping[int, int]) -> None:
        """Remove versions that do not count any more, and drafts of killed programs."""
        for path in [*self._folder.glob("masks/*"), *self._folder.glob("patches/*")]:
            name = _OURS.fullmatch(path.name)
            if name and (name[3] or revisions.get(int(name[1]), 0) != int(name[2])):
                try:
                    path.unlink(missing_ok=True)
                except OSError:
                    # Windows keeps a file that someone still reads; the next opening gets it.
                    continue

    def _mask(self, micrograph_id: int, revision: int) -> Path:
        return self._folder / "masks" / f"{micrograph_id}.{revision}.tif"

    def _patches(self, micrograph_id: int, revision: int) -> Path:
        return self._folder / "patches" / f"{micrograph_id}.{revision}.npy"


def _damaged(path: Path, error: Exception) -> InputError:
    reason = "it is missing" if isinstance(error, FileNotFoundError) else "it is damaged"
    return InputError(
        f"{path} cannot be read ({reason}): restore it from a copy of the library, "
        "or segment the micrograph again."
    )
