"""The export formats by name, and the one way through all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_folder
from napari_ssrvae.library.export import (
    anndata,
    bundle,
    coco,
    csv_table,
    hdf5,
    images,
    tiff,
    zarr,
)
from napari_ssrvae.library.export.content import Content
from napari_ssrvae.library.export.manifest import EXPORT_MARK, MANIFEST, manifest

if TYPE_CHECKING:
    from napari_ssrvae.library.library import ParticleLibrary

__all__ = ["EXPORT_FORMATS", "export_library"]

_WRITERS: dict[str, Callable[[Content, Path], None]] = {
    "bundle": bundle.write,
    "csv": csv_table.write,
    "images": images.write,
    "tiff": tiff.write,
    "coco": coco.write,
    "hdf5": hdf5.write,
    "zarr": zarr.write,
    "anndata": anndata.write,
}

EXPORT_FORMATS = tuple(_WRITERS)

_SYSTEM_FILES = {".DS_Store", "Thumbs.db", "desktop.ini"}


def export_library(
    library: ParticleLibrary,
    to: str | Path,
    format: str = "bundle",
) -> Path:
    """Write the library's particles for other programs into the folder `to`.

    The folder is there whole or not at all. An earlier export there is replaced.

    Parameters
    ----------
    library : ParticleLibrary
    to : path
        A new or empty folder, or one with an earlier export and nothing else.
    format : {"bundle", "csv", "images", "tiff", "coco", "hdf5", "zarr", "anndata"}
        "bundle" is all that needs no further package; hdf5, zarr and anndata need the extra of
        their name.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        Unknown format, extra not installed, nothing to export, or something else is in `to`.
    """
    if format not in _WRITERS:
        raise InputError(
            f"There is no export format “{format}”: use one of {', '.join(EXPORT_FORMATS)}."
        )
    to = Path(to).expanduser().resolve()
    _check_target(to, library.folder)
    content = Content.of(library)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{to.parent} cannot be made: choose a folder you may write to."
        ) from error
    with atomic_folder(to) as draft:
        _WRITERS[format](content, draft)
        text = json.dumps(manifest(content, format, draft), indent=2, ensure_ascii=False)
        (draft / MANIFEST).write_text(text, encoding="utf-8")
    return to


def _check_target(to: Path, library: Path) -> None:
    if to == library or library in to.parents or to in library.parents:
        raise InputError(f"{to} holds or belongs to the library itself: export to another folder.")
    if not to.exists():
        return
    if not to.is_dir():
        raise InputError(f"{to} is a file: choose a new folder to export to.")
    found = {
        path.relative_to(to).as_posix()
        for path in to.rglob("*")
        if not path.is_dir() and path.name not in _SYSTEM_FILES
    }
    if strange := sorted(found - _files_of_export(to)):
        raise InputError(
            f"{to} holds files that are not of an earlier export ({strange[0]}): "
            "choose a new or an empty folder."
        )


def _files_of_export(to: Path) -> set[str]:
    try:
        values = json.loads((to / MANIFEST).read_text(encoding="utf-8"))
        if values.get(EXPORT_MARK) is None:
            return set()
        return {MANIFEST, *values["files"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
