"""Micrographs, masks and patches made up for the tests: the library takes them as data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_ssrvae.library import ActResult, EditMask, ParticleChange, ParticleLibrary
from napari_ssrvae.workflow import editing
from napari_ssrvae.workflow.editing import MaskEdit

SIZE = 8


@dataclass
class Picture:
    image: np.ndarray
    name: str = "gold.tif"
    pixel_size_nm: float | None = 2.5
    pixel_size_source: str | None = "made up"
    data_bar: tuple[int, int] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    path: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.image.tobytes()).hexdigest()


@dataclass
class Cuttings:
    images: np.ndarray
    label_ids: np.ndarray
    window_px: int
    clipped: np.ndarray


def picture(seed: int = 0, shape: tuple[int, int] = (60, 80), **values: Any) -> Picture:
    image = np.random.default_rng(seed).integers(0, 255, shape, dtype=np.uint8)
    return Picture(image, **values)


def grid_mask(shape: tuple[int, int] = (60, 80), shift: int = 0, first: int = 1) -> np.ndarray:
    """3 x 4 squares of 10 px, numbered from `first` row by row."""
    mask = np.zeros(shape, np.int32)
    for i in range(12):
        row, column = 5 + 20 * (i // 4) + shift, 5 + 20 * (i % 4)
        mask[row : row + 10, column : column + 10] = first + i
    return mask


def measured(mask: np.ndarray, nm: float | None = 2.5) -> pd.DataFrame:
    ids = [int(i) for i in np.unique(mask) if i]
    rows = []
    for i in ids:
        y, x = np.nonzero(mask == i)
        rows.append(
            {
                "centroid_y_px": y.mean(),
                "centroid_x_px": x.mean(),
                "area_px": len(y),
                "area_nm2": len(y) * nm**2 if nm else np.nan,
                "equivalent_diameter_nm": np.sqrt(4 * len(y) / np.pi) * nm if nm else np.nan,
            }
        )
    columns = ["centroid_y_px", "centroid_x_px", "area_px", "area_nm2", "equivalent_diameter_nm"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(ids, name="label_id"))


def cut(mask: np.ndarray, size: int = SIZE, window_px: int = 16) -> Cuttings:
    """Patches that tell the label's first pixel, so that a mixed-up order shows."""
    ids = np.array([i for i in np.unique(mask) if i], dtype=int)
    images = np.zeros((len(ids), size, size), np.float32)
    for image, i in zip(images, ids, strict=True):
        image[:] = np.flatnonzero(mask == i)[0] / mask.size
    return Cuttings(images, ids, window_px, np.zeros(len(ids), bool))


def fill(
    library: ParticleLibrary, micrograph_id: int, mask: np.ndarray, nm: float | None = 2.5
) -> ParticleChange:
    return library.set_particles(
        micrograph_id, mask, measured(mask, nm), cut(mask), parameters={"method": "made up"}
    )


def new_library(folder: Path) -> ParticleLibrary:
    library = ParticleLibrary.create(folder)
    fill(library, library.add_micrograph(picture()), grid_mask())
    return library


def act_of(library: ParticleLibrary, micrograph_id: int, edit: MaskEdit) -> EditMask:
    """The act of an edit, with measurements and patches like those of `measured` and `cut`."""
    new = np.zeros(edit.pixels.shape, np.int32)
    edit.pixels.write(new)
    particles = library.particles(micrograph_id)
    by_label = dict(zip(particles["label_id"], particles.index, strict=True))
    removed = tuple(by_label[i] for i in edit.removed)
    return EditMask(micrograph_id, edit.kind, removed, edit.pixels, measured(new), cut(new))


def change_by_hand(
    library: ParticleLibrary, micrograph_id: int, kind: str, *arguments: Any
) -> ActResult:
    """Delete, merge, split or paint; the arguments are those of `workflow.editing` after the mask."""
    end = "particle" if kind in ("split", "paint") else "particles"
    edit = getattr(editing, f"{kind}_{end}")(library.mask(micrograph_id), *arguments)
    return library.do(act_of(library, micrograph_id, edit))
