"""The two labelled micrographs, cut along their true masks; see `--data`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.baselines import shape_features
from napari_ssrvae.evaluation.bench.rows import Classes, Images
from napari_ssrvae.particles import extract_patches

__all__ = ["RealName", "RealParticles", "read_real"]

RealName = Literal["gold", "nmers"]
FILES = {
    "gold": ("nanogold.tif", "nanolabels.tif"),
    "nmers": ("test_noise.png", "test_labeled.png"),
}
SMALLEST_PX = 10


@dataclass(frozen=True, slots=True, eq=False)
class RealParticles:
    """Patches (N, 48, 48), classes (N,) from 0 to 3, measures of shape (N, 4)."""

    X: Images
    y: Classes
    shapes: npt.NDArray[np.float32]


def read_real(folder: Path | None, name: RealName) -> RealParticles:
    """Read a labelled micrograph and cut its particles along the true masks, neighbours masked out.

    Parameters
    ----------
    folder : Path or None
        Holds `gold` and `nmers`, itself or in `data`.
    name : "gold" or "nmers"

    Raises
    ------
    InputError
        The files are not there or cannot be read.
    """
    from skimage.io import imread

    image_path, truth_path = _paths(folder, name)
    try:
        image = imread(image_path, as_gray=name == "nmers")
        truth = imread(truth_path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"The {name} micrograph in {image_path.parent} cannot be read ({error}): fetch it again."
        ) from error
    classes = truth.astype(int) if name == "gold" else _from_colours(truth)
    labels, y = _instances(classes, joined=name == "nmers")
    patches = extract_patches(image, labels, size=48, window="auto", mask_neighbours=True)
    return RealParticles(patches.images, y[patches.label_ids - 1], shape_features(image, labels))


def _paths(folder: Path | None, name: RealName) -> tuple[Path, Path]:
    how = "name the folder that holds gold/ and nmers/ with --data or NAPARI_SSRVAE_SHARED"
    if folder is None:
        raise InputError(f"The labelled micrograph {name} is not here: {how}.")
    for home in (folder / name, folder / "data" / name):
        image, truth = (home / file for file in FILES[name])
        if image.is_file() and truth.is_file():
            return image, truth
    raise InputError(f"{folder} holds no {name}/{FILES[name][0]} with its labels: {how}.")


def _from_colours(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return 0 for background, 1 red single, 2 green dimer, 3 yellow trimer, 4 magenta tetramer."""
    red, green, blue = np.moveaxis(picture[..., :3] > 100, -1, 0)
    classes = np.zeros(red.shape, dtype=np.int64)
    masks = (red & ~green & ~blue, green & ~red, red & green, red & blue)
    for k, mask in enumerate(masks, start=1):
        classes[mask] = k
    return classes


def _instances(
    classes: npt.NDArray[np.int64], joined: bool
) -> tuple[npt.NDArray[np.int32], Classes]:
    """Return instance labels 1..N and the class of each: connected regions of one class.

    `joined` takes pieces that are up to two pixels apart as one: spheres of an agglomerate that are drawn
    side by side without touching are no particles of their own.
    """
    from skimage import measure

    labels, y = np.zeros(classes.shape, dtype=np.int32), []
    for k in range(1, int(classes.max()) + 1):
        mask = classes == k
        regions = measure.label(ndimage.binary_dilation(mask) if joined else mask, connectivity=1)
        for region in measure.regionprops(np.where(mask, regions, 0)):
            if region.area >= SMALLEST_PX:
                y.append(k - 1)
                labels[region.slice][region.image] = len(y)
    return labels, np.array(y, dtype=np.int64)
