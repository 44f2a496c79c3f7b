"""napari's reader: micrographs with their scale, so that the scale bar is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.docks.sources import METADATA_KEY

if TYPE_CHECKING:
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["get_reader", "layer_of_micrograph"]

LayerData = tuple[Any, dict[str, Any], str]


def get_reader(
    path: str | Sequence[str],
) -> Callable[[str | Sequence[str]], list[LayerData]] | None:
    """Return the reader of these files, None if one of them is not a kind that is read here."""
    from napari_ssrvae.micrographs import SUFFIXES

    paths = [path] if isinstance(path, str) else list(path)
    if all(Path(p).suffix.lower() in SUFFIXES for p in paths):
        return read
    return None


def read(path: str | Sequence[str]) -> list[LayerData]:
    """Read micrographs, one image layer each.

    Raises
    ------
    InputError
        A file is not a micrograph; napari shows the sentence.
    """
    from napari_ssrvae.micrographs import read_micrograph

    paths = [path] if isinstance(path, str) else list(path)
    return [layer_of_micrograph(read_micrograph(p)) for p in paths]


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
                "data_bar": list(micrograph.data_bar) if micrograph.data_bar else None,
                "notes": list(micrograph.notes),
                "sha256": micrograph.sha256,
                "pixels_sha256": pixels,
                **more,
            }
        },
    }
    if nm is not None:
        attributes |= {"scale": (nm, nm), "units": ("nm", "nm")}
    return micrograph.image, attributes, "image"
