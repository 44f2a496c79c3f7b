"""library.json: what an export is, so that a person or a program can make sense of it alone."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from napari_ssrvae import __version__
from napari_ssrvae.library.export.content import Content
from napari_ssrvae.library.schema import SCHEMA_VERSION

__all__ = ["EXPORT_MARK", "MANIFEST", "manifest"]

MANIFEST = "library.json"
EXPORT_MARK = "napari_ssrvae_export"

_PACKAGES = ("numpy", "scipy", "pandas", "scikit-image", "tifffile", "torch", "napari")


def manifest(content: Content, format: str, folder: Path) -> dict[str, Any]:
    """Return the content of library.json for what lies in `folder`."""
    library = content.library
    model = library.current_model
    return {
        EXPORT_MARK: format,
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": {"napari-ssrvae": __version__, "python": platform.python_version()}
        | {name: found for name in _PACKAGES if (found := _version(name)) is not None},
        "classes": [
            {
                "class_id": c.class_id,
                "name": c.name,
                "colour": c.colour,
                "folder": content.class_folders[c.class_id],
            }
            for c in content.classes
        ],
        "micrographs": [
            _micrograph(number, content) for number in content.micrographs.index.tolist()
        ],
        "patch_size": library.patch_size,
        "patch_pixel_size_nm": content.patch_pixel_size_nm,
        "model": None if model is None else _model(model, content),
        **_training(model, content),
        "n_particles": len(content.table),
        "conventions": {
            "positions": "row, column in pixels of the micrograph, from the upper left",
            "angle_deg": "counter-clockwise as seen on the screen",
            "offset_px": "row, column in pixels of the patch",
            "classes.tif": "class_id per pixel, 0 = background or a particle without a class",
            "instances.tif": "label_id per pixel, 0 = background",
            "csv_text": "text that begins with = + - @ has an apostrophe before it",
        },
        "files": sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()),
    }


def _micrograph(number: int, content: Content) -> dict[str, Any]:
    row = content.micrographs.loc[number]

    def plain(name: str) -> Any:
        value = row[name]
        return None if pd.isna(value) else getattr(value, "item", lambda: value)()

    parameters = plain("parameters")
    return {
        "micrograph_id": number,
        "file_name": content.micrograph_names[number],
        **{
            name: plain(name)
            for name in ("name", "sha256", "height", "width", "pixel_size_nm", "pixel_size_source")
        },
        "data_bar": [plain("data_bar_start"), plain("data_bar_stop")],
        "window_px": plain("window_px"),
        "segmentation": None if parameters is None else json.loads(parameters),
    }


def _model(name: str, content: Content) -> dict[str, Any]:
    row = content.library.models().loc[name].to_dict()
    columns = ("created", "class_ids", "n_labels", "versions", "metrics")
    return {"name": name, **{column: row[column] for column in columns}}


def _training(name: str | None, content: Content) -> dict[str, Any]:
    if name is None:
        return {"seed": None, "parameters": None}
    row = content.library.models().loc[name].to_dict()
    return {"seed": row["seed"], "parameters": row["parameters"]}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
