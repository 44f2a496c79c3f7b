"""From a napari image layer to a micrograph: grey, two-dimensional, with its pixel size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari.layers import Image, Labels

    from napari_ssrvae.micrographs import Micrograph

__all__ = ["labels_of_layer", "micrograph_of_layer", "pixel_size_of_layer"]

# What a micrograph of this package carries in its layer's metadata: its own calibration, as data.
METADATA_KEY = "napari_ssrvae"
NM = {
    "nanometer": 1.0,
    "micrometer": 1e3,
    "picometer": 1e-3,
    "angstrom": 0.1,
    "millimeter": 1e6,
    "meter": 1e9,
}


def pixel_size_of_layer(layer: Image) -> float | None:
    """Return the nm per pixel that the layer's scale and units say, None where its units are pixels."""
    unit = str(layer.units[-1])
    return float(layer.scale[-1]) * NM[unit] if unit in NM else None


def micrograph_of_layer(layer: Image, step: tuple[int, ...] = ()) -> Micrograph:
    """Take the picture of an image layer as a micrograph.

    Parameters
    ----------
    layer : napari.layers.Image
        Plain, multiscale (its finest level is taken), colour (converted to grey) or a stack.
    step : tuple of int
        The viewer's current step, which chooses the plane of a stack.

    Raises
    ------
    InputError
        The picture is not one that particles can be found in.
    """
    from napari_ssrvae.micrographs import Micrograph, find_data_bar, read_micrograph

    notes: list[str] = []
    data: Any = layer.data[0] if layer.multiscale else layer.data
    planes = data.ndim - (3 if layer.rgb else 2)
    if planes < 0:
        raise InputError(
            f"{layer.name} is not a picture with rows and columns: choose another layer."
        )
    for axis in range(planes):
        at = min(max(int(step[axis]) if axis < len(step) else 0, 0), data.shape[0] - 1)
        data = data[at]
        notes.append(f"plane {at} of the stack")
    image = np.asarray(data)
    if layer.rgb:
        image = np.round(image[..., :3].astype(np.float64) @ (0.2125, 0.7154, 0.0721)).astype(
            image.dtype
        )
        notes.append("colour converted to grey")

    kept = layer.metadata.get(METADATA_KEY)
    path = layer.source.path
    pixel_size = pixel_size_of_layer(layer)
    source = "scale of the napari layer" if pixel_size else ""
    micrograph = Micrograph.from_array(
        image,
        name=layer.name,
        pixel_size_nm=pixel_size,
        pixel_size_source=source,
        path=Path(path) if path else None,
        notes=tuple(notes),
    )
    if isinstance(kept, dict) and kept.get("pixels_sha256") == micrograph.sha256:
        bar = kept.get("data_bar")
        return replace(
            micrograph,
            sha256=str(kept.get("sha256") or micrograph.sha256),
            data_bar=(int(bar[0]), int(bar[1])) if bar else None,
            pixel_size_source=str(kept.get("pixel_size_source") or source) if pixel_size else "",
        )
    if path and not planes:
        # Opened by another reader, which drops the scale: ask the file itself.
        try:
            file = read_micrograph(path)
        except InputError:
            file = None
        if file is not None and np.array_equal(file.image, image):
            known = pixel_size is not None
            return replace(
                micrograph,
                sha256=file.sha256,
                data_bar=file.data_bar,
                pixel_size_nm=pixel_size if known else file.pixel_size_nm,
                pixel_size_source=source if known else file.pixel_size_source,
            )
    return replace(micrograph, data_bar=find_data_bar(micrograph.image))


def labels_of_layer(layer: Labels, step: tuple[int, ...] = ()) -> np.ndarray:
    """Return the plane of a Labels layer that is looked at."""
    data: Any = layer.data[0] if layer.multiscale else layer.data
    for axis in range(data.ndim - 2):
        data = data[min(max(int(step[axis]) if axis < len(step) else 0, 0), data.shape[0] - 1)]
    return np.asarray(data)
