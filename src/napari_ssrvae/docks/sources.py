"""From a napari image layer to a micrograph: grey, two-dimensional, with its pixel size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.docks.units import borrows_nm
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari.layers import Image, Labels, Layer

    from napari_ssrvae.micrographs import Micrograph, PixelSize

__all__ = ["labels_of_layer", "micrograph_of_layer", "pixel_size_of_layer", "plane_of_layer"]

# What a micrograph of this package carries in its layer's metadata: its own calibration, as data.
METADATA_KEY = "napari_ssrvae"
# Pixels that differ by less are square within what instruments state.
NOT_SQUARE = 0.01
# Up to here a layer's picture is taken into memory at once, whatever holds it; larger ones stay where they are.
SMALL_PX = 2048 * 2048
NM = {
    "nanometer": 1.0,
    "micrometer": 1e3,
    "picometer": 1e-3,
    "angstrom": 0.1,
    "millimeter": 1e6,
    "meter": 1e9,
}


def pixel_size_of_layer(layer: Image) -> float | None:
    """Return the nm per pixel that the layer's scale and units say, None where its units are pixels.

    Raises
    ------
    InputError
        The pixels are not square.
    """
    unit = str(layer.units[-1])
    if unit not in NM or borrows_nm(layer):
        return None
    height, width = (abs(float(s)) * NM[unit] for s in layer.scale[-2:])
    if abs(height - width) > NOT_SQUARE * width:
        raise InputError(
            f"The pixels of {layer.name} are {height:g} x {width:g} nm: resample it to square pixels first."
        )
    return width


def plane_of_layer(layer: Layer, point: tuple[float, ...]) -> tuple[int, ...]:
    """Return which plane of a stack is looked at from a point of the world; () for a flat layer."""
    shape = layer.data[0].shape if layer.multiscale else layer.data.shape
    flat = 3 if getattr(layer, "rgb", False) else 2
    at = np.round(np.asarray(layer.world_to_data(point), float)).astype(int)
    planes = shape[: len(shape) - flat]
    return tuple(int(min(max(k, 0), n - 1)) for k, n in zip(at, planes, strict=False))


def micrograph_of_layer(layer: Image, plane: tuple[int, ...] = ()) -> Micrograph:
    """Take the picture of an image layer as a micrograph.

    Parameters
    ----------
    layer : napari.layers.Image
        Plain, multiscale (its finest level is taken), colour (converted to grey) or a stack.
    plane : tuple of int
        Which plane of a stack; the first without.

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
        at = plane[axis] if axis < len(plane) else 0
        data = data[at]
        notes.append(f"plane {at} of the stack")
    # What is large stays where it is: memory maps, dask and zarr are read block by block.
    image: Any = np.asarray(data) if layer.rgb or data.size <= SMALL_PX else data
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
            path=Path(kept["path"]) if kept.get("path") else micrograph.path,
            data_bar=(int(bar[0]), int(bar[1])) if bar else None,
            pixel_size_source=str(kept.get("pixel_size_source") or source) if pixel_size else "",
            # A scale that the layer was given settles the question.
            pixel_size_choices=() if pixel_size else _choices(kept.get("pixel_size_choices")),
        )
    if path and not planes:
        # Opened by another reader, which drops the scale: ask the file itself.
        try:
            file = read_micrograph(path)
        except InputError:
            file = None
        if file is not None and _same_pixels(file.image, image):
            known = pixel_size is not None
            return replace(
                micrograph,
                sha256=file.sha256,
                data_bar=file.data_bar,
                pixel_size_nm=pixel_size if known else file.pixel_size_nm,
                pixel_size_source=source if known else file.pixel_size_source,
                pixel_size_choices=() if known else file.pixel_size_choices,
            )
    return replace(micrograph, data_bar=find_data_bar(micrograph.image))


def _choices(kept: Any) -> tuple[PixelSize, ...]:
    from napari_ssrvae.micrographs import PixelSize

    return tuple(PixelSize(float(nm), str(source)) for nm, source in kept or ())


def _same_pixels(first: Any, second: Any) -> bool:
    """Whether two pictures are the same, block by block; of large ones every sixteenth block is compared."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    rows = max(1, SMALL_PX // (16 * max(1, first.shape[1])))
    every = 1 if first.shape[0] * first.shape[1] <= SMALL_PX else 16
    return all(
        np.array_equal(np.asarray(first[r : r + rows]), np.asarray(second[r : r + rows]))
        for r in range(0, first.shape[0], rows * every)
    )


def labels_of_layer(layer: Labels, plane: tuple[int, ...] = ()) -> np.ndarray:
    """Return a plane of a Labels layer, the first without."""
    data: Any = layer.data[0] if layer.multiscale else layer.data
    for axis in range(data.ndim - 2):
        data = data[plane[axis] if axis < len(plane) else 0]
    return np.asarray(data)
