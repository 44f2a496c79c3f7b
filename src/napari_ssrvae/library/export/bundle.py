"""Everything that needs no further package, in one folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from napari_ssrvae.library.export import coco, csv_table, images, tiff
from napari_ssrvae.library.export.content import Content

__all__ = ["write"]


def write(content: Content, folder: Path) -> None:
    """Write particles.csv, patches.npz, patches.tif, labels/, images/, coco.json and model/."""
    csv_table.write(content, folder)
    np.savez_compressed(folder / "patches.npz", **content.arrays())  # type: ignore[arg-type]
    tiff.write(content, folder)
    images.write(content, folder)
    coco.write(content, folder)
    model = content.library.current_model
    if model is not None and (source := content.library.model_folder(model)).is_dir():
        shutil.copytree(source, folder / "model")
