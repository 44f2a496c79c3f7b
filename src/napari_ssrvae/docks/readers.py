"""napari's reader: micrographs with their scale, so that the scale bar is right."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.docks.sources import METADATA_KEY
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["get_reader", "layer_of_micrograph", "open_files"]

# What lies in folders that are one thing by themselves: a library, a zarr array or group.
NO_FOLDERS_OF_FILES = ("library.sqlite", ".zarray", ".zgroup", "zarr.json")

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(
    path: str | Sequence[str],
) -> Callable[[str | Sequence[str]], list[LayerData]] | None:
    """Return the reader of these files and folders, None if one of them is not a kind that is read here."""
    from napari_ssrvae.micrographs import SUFFIXES

    paths = [Path(p) for p in ([path] if isinstance(path, str) else path)]
    for one in paths:
        if one.is_dir():
            if any((one / name).exists() for name in NO_FOLDERS_OF_FILES) or not _holds_any(one):
                return None
        elif one.suffix.lower() not in SUFFIXES:
            return None
    return read if paths else None


def read(path: str | Sequence[str]) -> list[LayerData]:
    """Read micrographs, one image layer each, with its own scale; a folder gives those in it.

    Raises
    ------
    InputError
        No file is a micrograph; napari shows the sentence. Where some are, the others are named in a warning.
    """
    from napari.utils.notifications import show_warning

    layers: list[LayerData] = []
    for layer, problem in open_files([path] if isinstance(path, str) else path):
        if layer is not None:
            layers.append(layer)
        if problem:
            show_warning(problem)
    # Not without a window of ours: batch work must not wait for Qt.
    canvas = sys.modules.get("napari_ssrvae.docks.canvas")
    here = canvas.current_canvas() if canvas is not None else None
    if here is not None:
        here.expect(layers)
    return layers


def open_files(paths: Sequence[str | Path]) -> Iterator[tuple[LayerData | None, str]]:
    """Read files and the micrographs of folders one by one: the layer, or at the end what was left out.

    Yields
    ------
    (LayerData or None, str)
        A layer and no words; at last perhaps no layer and one sentence naming the files that could not be read.

    Raises
    ------
    InputError
        None of them could be read.
    """
    from napari_ssrvae.micrographs import list_micrographs, read_micrograph

    files: list[Path] = []
    bad: list[tuple[Path, InputError]] = []
    # One by one: a folder without micrographs must not keep the others from being opened.
    for path in map(Path, paths):
        try:
            files += [file for file in list_micrographs([path]) if file not in files]
        except InputError as error:
            bad.append((path, error))
    opened = False
    for file in files:
        try:
            layer = layer_of_micrograph(read_micrograph(file))
        except InputError as error:
            bad.append((file, error))
            continue
        opened = True
        yield layer, ""
    if bad and not opened:
        raise bad[0][1]
    if len(bad) == 1:
        yield None, f"Left out: {bad[0][1]}"
    elif bad:
        names = ", ".join(file.name for file, _ in bad[:5]) + (", ..." if len(bad) > 5 else "")
        yield None, f"{len(bad)} files were left out, since they cannot be read: {names}."


def _holds_any(folder: Path) -> bool:
    from napari_ssrvae.micrographs import list_micrographs

    try:
        return bool(list_micrographs(folder))
    except InputError:
        return False


def layer_of_micrograph(micrograph: Micrograph, **more: Any) -> LayerData:
    """Return napari's layer tuple of a micrograph: scale and units, and its calibration as metadata."""
    from napari_ssrvae.micrographs import Micrograph

    nm = micrograph.pixel_size_nm
    # The file's own hash holds for the layer only as long as its pixels are the file's.
    pixels = Micrograph.from_array(micrograph.image, name=micrograph.name).sha256
    attributes: dict[str, Any] = {
        "name": micrograph.name,
        "metadata": {
            METADATA_KEY: {
                "pixel_size_source": micrograph.pixel_size_source,
                "pixel_size_choices": [
                    (choice.nm, choice.source) for choice in micrograph.pixel_size_choices
                ],
                "data_bar": list(micrograph.data_bar) if micrograph.data_bar else None,
                "notes": list(micrograph.notes),
                "sha256": micrograph.sha256,
                "pixels_sha256": pixels,
                # napari knows only what it was asked to open, which may be the folder or another file of the list.
                "path": str(micrograph.path) if micrograph.path is not None else None,
                **more,
            }
        },
    }
    if nm is not None:
        attributes |= {"scale": (nm, nm), "units": ("nm", "nm")}
    return micrograph.image, attributes, "image"
