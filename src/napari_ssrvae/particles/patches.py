"""Patches: what the model sees of each particle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.checks import checked_image, checked_labels
from napari_ssrvae.particles.isolation import normalised, owners
from napari_ssrvae.particles.pixels import LabelPixels
from napari_ssrvae.particles.resampling import resampling_matrices
from napari_ssrvae.particles.windows import window_for

__all__ = ["Patches", "extract_patches"]

CHUNK = 512
SUBPIXEL = 8


@dataclass(frozen=True, eq=False)
class Patches:
    """One small image per particle, all at one scale.

    Attributes
    ----------
    images : ndarray of float32, shape (N, S, S)
        In [0, 1]: background 0, the brightest parts of particles 1.
    label_ids : ndarray of int64, shape (N,)
        Ascending, as in the table of measurements.
    window_px : int
        Edge of what a patch shows, in pixels of the micrograph.
    clipped : ndarray of bool, shape (N,)
        Particles that do not fit the window.
    """

    images: NDArray[np.float32]
    label_ids: NDArray[np.int64]
    window_px: int
    clipped: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.label_ids)


def extract_patches(
    image: ArrayLike,
    labels: ArrayLike,
    size: int = 48,
    window: int | Literal["auto"] = "auto",
    mask_neighbours: bool = True,
    *,
    data_bar: tuple[int, int] | None = None,
) -> Patches:
    """Cut every particle out, centred on its centroid, bright on black.

    The window is the same for all particles, so that their sizes stay comparable. The centroid turns with
    the particle (the centre of a bounding box does not), and is met to an eighth of a pixel. Grey values
    are taken relative to a smooth background and divided by the micrograph's bright end of the particles;
    dark particles are turned bright. What belongs to a neighbour or to the background is 0, with a soft
    edge of three pixels around the particle's own mask. Beyond the edge of the micrograph is background.

    Parameters
    ----------
    image : array_like, shape (H, W)
    labels : array_like of int, shape (H, W)
    size : int
        Edge of a patch in pixels.
    window : int or "auto"
        Edge in pixels of what a patch shows; "auto" is `choose_window(labels)`.
    mask_neighbours : bool
        Take out neighbours and background; without it they stay in the picture.
    data_bar : (int, int), optional
        Rows that do not belong to the specimen.

    Raises
    ------
    InputError
        Image and labels do not belong together, or size or window is out of range.
    """
    grey = checked_image(image)
    mask = checked_labels(labels, grey.shape)
    if not 4 <= size <= 512:
        raise InputError(f"Patches of {size} pixels cannot be made: choose a size from 4 to 512.")
    pixels = LabelPixels.of(mask)
    radii = pixels.radii() if len(pixels) else np.zeros(0)
    edge = window_for(radii) if window == "auto" else int(window)
    if not 4 <= edge <= 4096:
        raise InputError(f"A window of {edge} pixels cannot be cut out: choose one from 4 to 4096.")
    if len(pixels) == 0:
        return Patches(
            np.zeros((0, size, size), np.float32), pixels.label_ids, edge, np.zeros(0, bool)
        )
    shown = normalised(grey, mask, len(pixels), data_bar)
    if mask_neighbours:
        owner, weight = owners(mask)
        shown = shown * weight
    else:
        owner = None
    y, x = pixels.centroids()
    images = _cut(shown, owner, pixels.label_ids, y, x, edge, size)
    return Patches(images, pixels.label_ids, edge, 2 * radii + 1 > edge)


def _cut(
    shown: NDArray[np.float32],
    owner: NDArray[np.int32] | None,
    label_ids: NDArray[np.int64],
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    edge: int,
    size: int,
) -> NDArray[np.float32]:
    # One pixel more than the window on each side: the sample points lie between pixels.
    reach = edge // 2 + 2
    span = 2 * reach
    padded = np.pad(shown, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (span, span))
    owned = None
    if owner is not None:
        owned = np.lib.stride_tricks.sliding_window_view(np.pad(owner, reach), (span, span))
    matrices = resampling_matrices(edge, size, span, SUBPIXEL)
    at_y, part_y = _split(y)
    at_x, part_x = _split(x)
    images = np.empty((len(label_ids), size, size), np.float32)
    for start in range(0, len(label_ids), CHUNK):
        part = slice(start, start + CHUNK)
        piece = windows[at_y[part], at_x[part]]
        if owned is not None:
            piece = piece * (owned[at_y[part], at_x[part]] == label_ids[part, None, None])
        np.matmul(
            np.matmul(matrices[part_y[part]], piece),
            matrices[part_x[part]].transpose(0, 2, 1),
            out=images[part],
        )
    return np.clip(images, 0.0, 1.0, out=images)


def _split(at: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the whole pixel and the index of the part of a pixel."""
    steps = np.rint(at * SUBPIXEL).astype(np.intp)
    return steps // SUBPIXEL, steps % SUBPIXEL
