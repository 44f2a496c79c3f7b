"""One small picture per particle, in folders named like the classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from napari_ssrvae.library.export.content import Content

__all__ = ["write"]


def write(content: Content, folder: Path) -> None:
    """Write `images/<class>/<particle_id>.png`, 8 bit grey, 0..1 as 0..255."""
    for name in content.class_folders.values():
        (folder / "images" / name).mkdir(parents=True)
    grey = np.rint(np.clip(content.patches, 0, 1) * 255).astype(np.uint8)
    class_ids = content.table["class_id"].tolist()
    for particle_id, class_id, image in zip(content.table.index, class_ids, grey, strict=True):
        path = folder / "images" / content.class_folders[class_id] / f"{particle_id}.png"
        Image.fromarray(image).save(path)
