"""Patches: what the model sees of each particle."""

from __future__ import annotations

from typing import Any, Literal

from napari_ssrvae.particles.cutter import looked_at
from napari_ssrvae.particles.patchset import Patches

__all__ = ["Patches", "extract_patches"]


def extract_patches(
    image: Any,
    labels: Any,
    size: int = 48,
    window: int | Literal["auto"] = "auto",
    mask_neighbours: bool = True,
    *,
    normalise: Literal["micrograph", "particle"] = "micrograph",
    data_bar: tuple[int, int] | None = None,
) -> Patches:
    """Cut every particle out, centred on its centroid, bright on black.

    The window is the same for all particles, so that their sizes stay comparable. The centroid turns with
    the particle (the centre of a bounding box does not), and is met to an eighth of a pixel. Grey values
    are taken relative to a smooth background and divided by the bright end (98th percentile) of the
    micrograph's particles or of each particle; dark particles are turned bright. What belongs to a neighbour
    or to the background is 0, with a soft edge of three pixels around the particle's own mask. Beyond the
    edge of the micrograph is background.

    The micrograph is worked through tile by tile, in as many threads as there are processors where it is in
    memory; beside the patches, memory is taken for a few tiles only.

    Parameters
    ----------
    image : array_like or lazy array (dask, zarr, memory map), shape (H, W)
    labels : array_like of int or memory map, shape (H, W)
    size : int
        Edge of a patch in pixels.
    window : int or "auto"
        Edge in pixels of what a patch shows; "auto" is `choose_window(labels)`.
    mask_neighbours : bool
        Take out neighbours and background; without it they stay in the picture.
    normalise : "micrograph" or "particle"
        Whose bright end is 1: one for the micrograph, so that a faint particle stays faint beside a bright
        one, or each particle's own (of its pixels within the window).
    data_bar : (int, int), optional
        Rows that do not belong to the specimen.

    Raises
    ------
    InputError
        Image and labels do not belong together, or an argument is out of range.
    """
    cutter, mask, runs = looked_at(
        image, labels, size, window, mask_neighbours, normalise, data_bar
    )
    return cutter.cut_runs(mask, runs)
