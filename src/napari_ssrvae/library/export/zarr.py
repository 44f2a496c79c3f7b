"""library.zarr."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_ssrvae.library.export.content import Content
from napari_ssrvae.library.export.tree import attributes, class_table, needed, particle_columns
from napari_ssrvae.library.names import FileNames

__all__ = ["write"]


def write(content: Content, folder: Path) -> None:
    """Write `library.zarr`: particles/<column>, patches, masks/<number>.

    Columns of text are lists in the attributes of `particles` and `classes`, since not every
    reader of Zarr 3 knows arrays of strings.
    """
    root = needed("zarr").open_group(folder / "library.zarr", mode="w")
    for group, columns in (
        ("particles", particle_columns(content)),
        ("classes", class_table(content)),
    ):
        target = root.create_group(group)
        names = FileNames()
        for name, values in columns.items():
            if isinstance(values, np.ndarray):
                array = target.create_array(names.new(name), data=values)
                array.attrs["name"] = name
            else:
                target.attrs[name] = values
    patches = root.create_array("patches", data=content.patches)
    if content.patch_pixel_size_nm is not None:
        patches.attrs["pixel_size_nm"] = content.patch_pixel_size_nm
    masks = root.create_group("masks")
    for micrograph_id, mask, _ in content.masks():
        array = masks.create_array(str(micrograph_id), data=mask)
        array.attrs.update(attributes(content, micrograph_id))
