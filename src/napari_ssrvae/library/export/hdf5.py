"""library.h5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.library.export.content import Content
from napari_ssrvae.library.export.tree import attributes, class_table, needed, particle_columns

__all__ = ["write"]


def write(content: Content, folder: Path) -> None:
    """Write `library.h5`: /particles/<column>, /patches, /classes/<column>, /masks/<number>."""
    h5py = needed("h5py")
    with h5py.File(folder / "library.h5", "w") as file:
        for group, columns in (
            ("particles", particle_columns(content)),
            ("classes", class_table(content)),
        ):
            target = file.create_group(group)
            for name, values in columns.items():
                _write_column(target, name, values, h5py.string_dtype())
        patches = file.create_dataset("patches", data=content.patches, compression="gzip")
        if content.patch_pixel_size_nm is not None:
            patches.attrs["pixel_size_nm"] = content.patch_pixel_size_nm
        for micrograph_id, mask, _ in content.masks():
            data = file.create_dataset(f"masks/{micrograph_id}", data=mask, compression="gzip")
            data.attrs.update(attributes(content, micrograph_id))


def _write_column(group: Any, name: str, values: Any, text: Any) -> None:
    # A slash in a class name would make groups, and "." means the group itself.
    key = name.replace("/", "_") if name != "." else "_"
    while key in group:
        key += "_"
    if isinstance(values, np.ndarray):
        data = group.create_dataset(key, data=values)
    else:
        data = group.create_dataset(key, data=values, dtype=text)
    data.attrs["name"] = name
