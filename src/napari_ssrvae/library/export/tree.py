"""The library as groups of arrays, the same for HDF5 and Zarr."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.export.content import Content

__all__ = ["attributes", "class_table", "needed", "particle_columns"]


def needed(module: str) -> Any:
    """Return the module of an optional extra, which has the module's name except h5py's.

    Raises
    ------
    InputError
        It is not installed.
    """
    extra = {"h5py": "hdf5"}.get(module, module)
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"The {extra} export needs the package {module}: "
            f'install it with pip install "napari-ssrvae[{extra}]".'
        ) from error


def particle_columns(content: Content) -> dict[str, NDArray[Any] | list[str]]:
    """Column name to numbers, or to a list of text."""
    columns: dict[str, NDArray[Any] | list[str]] = {
        "particle_id": content.table.index.to_numpy(dtype=np.int64)
    }
    for name in content.table.columns:
        values = content.table[name].to_numpy()
        columns[name] = values if values.dtype.kind in "biuf" else [_text(v) for v in values]
    return columns


def class_table(content: Content) -> dict[str, NDArray[Any] | list[str]]:
    """Return the classes as columns."""
    return {
        "class_id": np.array([c.class_id for c in content.classes], dtype=np.int64),
        "name": [c.name for c in content.classes],
        "colour": [c.colour for c in content.classes],
    }


def attributes(content: Content, micrograph_id: int) -> dict[str, Any]:
    """Return what is known about a micrograph, JSON-like, without what is not known."""
    row = content.micrographs.loc[micrograph_id]
    names = ["name", "sha256", "height", "width", "pixel_size_nm", "pixel_size_source", "window_px"]
    known = row[names].dropna().to_dict()
    return json.loads(json.dumps(known, default=lambda v: v.item()))  # type: ignore[no-any-return]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
