"""What all export formats write: the particles of a library, read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.classes import ParticleClass
from napari_ssrvae.library.export.table import export_table
from napari_ssrvae.library.names import FileNames

if TYPE_CHECKING:
    from napari_ssrvae.library.library import ParticleLibrary

__all__ = ["UNCLASSIFIED", "Content"]

UNCLASSIFIED = "unclassified"
_IMAGE_ENDINGS = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp", ".dm3", ".dm4", ".emd", ".h5"}


@dataclass(frozen=True)
class Content:
    """A library as the writers see it.

    Attributes
    ----------
    library : ParticleLibrary
    table : DataFrame
        One row per live particle, index particle_id; the columns of particles.csv and before them
        micrograph_id, and class_id (0 = no class).
    classes : list of ParticleClass
    micrographs : DataFrame
    """

    library: ParticleLibrary
    table: pd.DataFrame
    classes: list[ParticleClass]
    micrographs: pd.DataFrame

    @classmethod
    def of(cls, library: ParticleLibrary) -> Content:
        """Read the library; `InputError` if it has no particles."""
        table = export_table(library)
        if table.empty:
            raise InputError(
                f"The library {library.folder} has no particles yet: segment a micrograph first."
            )
        return cls(library, table, library.classes(), library.micrographs())

    @cached_property
    def patches(self) -> NDArray[np.float32]:
        """(N, S, S) float32 in the order of `table`."""
        return self.library.patches(self.table.index)[1]

    @cached_property
    def class_folders(self) -> dict[int, str]:
        """A safe folder name for each class_id, 0 for the particles without one."""
        names = FileNames()
        folders = {0: names.new(UNCLASSIFIED)}
        return folders | {c.class_id: names.new(c.name) for c in self.classes}

    @cached_property
    def micrograph_names(self) -> dict[int, str]:
        """A safe name, different for each, of every micrograph_id."""
        names = FileNames()
        rows = zip(self.micrographs.index.tolist(), self.micrographs["name"], strict=True)
        return {number: names.new(_stem(name)) for number, name in rows}

    @cached_property
    def patch_pixel_size_nm(self) -> float | None:
        """Nanometres per pixel of a patch; None if not known or not the same for all."""
        used = self.micrographs.loc[self.table["micrograph_id"].unique()]
        sizes = used["pixel_size_nm"] * used["window_px"] / used["patch_size"]
        values = sizes.to_numpy(dtype=float, na_value=np.nan)
        same = np.isfinite(values).all() and np.allclose(values, values[0], rtol=1e-6)
        return float(values[0]) if same else None

    def pixel_size_nm(self, micrograph_id: int) -> float:
        """Return nanometres per pixel of a micrograph, NaN if not known."""
        at = self.micrographs.index.get_indexer(pd.Index([micrograph_id]))[0]
        return float(self.micrographs["pixel_size_nm"].to_numpy(dtype=float)[at])

    def masks(self) -> Iterator[tuple[int, NDArray[np.int32], pd.DataFrame]]:
        """Each segmented micrograph's number, mask (H, W) and rows of the table."""
        of = self.table["micrograph_id"]
        for number in sorted(set(of.tolist())):
            yield number, self.library.mask(number), self.table[of == number]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what patches.npz holds: aligned arrays, one entry per particle."""
        return {
            "images": self.patches,
            "particle_ids": self.table.index.to_numpy(dtype=np.int64),
            "micrograph_ids": self.table["micrograph_id"].to_numpy(dtype=np.int64),
            "label_ids": self.table["label_id"].to_numpy(dtype=np.int64),
            "class_ids": self.table["class_id"].to_numpy(dtype=np.int64),
        }


def _stem(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix.lower() in _IMAGE_ENDINGS else name
