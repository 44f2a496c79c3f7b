"""Cutting particles out of a micrograph, all of them or again after a change by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.checks import opened_image, opened_labels
from napari_ssrvae.particles.grey import Region
from napari_ssrvae.particles.isolation import HALO
from napari_ssrvae.particles.layout import Tile, laid_out
from napari_ssrvae.particles.patch_parameters import LARGEST_SIZE, LEAST_SIZE
from napari_ssrvae.particles.patchset import Patches
from napari_ssrvae.particles.pictures import Window, cut_tile
from napari_ssrvae.particles.runs import LabelRuns
from napari_ssrvae.particles.shading import Shading
from napari_ssrvae.particles.sources import Source, mapped
from napari_ssrvae.particles.windows import window_for

__all__ = ["PatchCutter"]

LEAST_WINDOW, LARGEST_WINDOW = 4, 4096


@dataclass(frozen=True, eq=False)
class PatchCutter:
    """What is known of a micrograph once its patches have been cut: window, background and scale.

    After the mask was changed by hand, `cut` makes the patches of the changed particles alone, in the same
    window and on the same scale as those that stay.

    Attributes
    ----------
    window : Window
        Size, window and what is shown in it.
    shading : Shading
        Background and bright end of the micrograph.
    """

    window: Window
    shading: Shading

    @classmethod
    def of(
        cls,
        image: Any,
        labels: Any,
        *,
        size: int = 48,
        window: int | Literal["auto"] = "auto",
        mask_neighbours: bool = True,
        normalise: Literal["micrograph", "particle"] = "micrograph",
        data_bar: tuple[int, int] | None = None,
    ) -> PatchCutter:
        """Look at a micrograph and its particles; the arguments are those of `extract_patches`.

        Raises
        ------
        InputError
            Image and labels do not belong together, or an argument is out of range.
        """
        cutter, _, _ = looked_at(image, labels, size, window, mask_neighbours, normalise, data_bar)
        return cutter

    @property
    def window_px(self) -> int:
        """Edge of what a patch shows, in pixels of the micrograph."""
        return self.window.edge

    def cut(
        self,
        labels: Any,
        label_ids: Iterable[int] | None = None,
        *,
        region: Region | None = None,
    ) -> Patches:
        """Cut particles out of the micrograph.

        Parameters
        ----------
        labels : array_like of int or memory map, shape (H, W)
            The mask as it is now.
        label_ids : iterable of int, optional
            Only these particles.
        region : (slice, slice), optional
            Rows and columns in which the whole of every one of `label_ids` lies, where it is known: the
            mask is not searched elsewhere.

        Returns
        -------
        Patches
            Ascending by label.

        Raises
        ------
        InputError
            The labels do not belong to the image, or one of `label_ids` does not occur.
        """
        mask = opened_labels(labels, self.shading.image.shape)
        return self.cut_runs(mask, LabelRuns.of(mask, label_ids, region))

    def cut_runs(self, labels: Source, runs: LabelRuns) -> Patches:
        """Cut out the particles of `runs`, which were found in `labels`."""
        edge, size = self.window.edge, self.window.size
        n = len(runs)
        images = np.zeros((n, size, size), np.float32)
        if n == 0:
            return Patches(images, runs.label_ids, edge, np.zeros(0, bool))
        radii = runs.radii()
        y, x = runs.centroids()

        def cut(tile: Tile) -> None:
            cut_tile(self.shading, labels, self.window, tile, images)

        image = self.shading.image
        places = laid_out(runs.label_ids, y, x, radii, self.window.reach + HALO, image)
        for _ in mapped(cut, places, image, labels):
            pass
        return Patches(images, runs.label_ids, edge, 2 * radii + 1 > edge)


def looked_at(
    image: Any,
    labels: Any,
    size: int,
    window: int | Literal["auto"],
    mask_neighbours: bool,
    normalise: Literal["micrograph", "particle"],
    data_bar: tuple[int, int] | None,
) -> tuple[PatchCutter, Source, LabelRuns]:
    """Return the cutter of a micrograph, its mask and the runs of its particles."""
    grey = opened_image(image, "cut up")
    if 0 in grey.shape:
        raise InputError(
            f"An image of the shape {tuple(grey.shape)} cannot be cut up: give one plane of grey values."
        )
    mask = opened_labels(labels, grey.shape)
    if not LEAST_SIZE <= size <= LARGEST_SIZE:
        raise InputError(
            f"Patches of {size} pixels cannot be made: choose a size from {LEAST_SIZE} to {LARGEST_SIZE}."
        )
    if normalise not in ("micrograph", "particle"):
        raise InputError(
            f"Patches cannot be normalised by {normalise!r}: choose micrograph or particle."
        )
    runs = LabelRuns.of(mask)
    edge = window_for(_radii(runs)) if window == "auto" else int(window)
    if not LEAST_WINDOW <= edge <= LARGEST_WINDOW:
        raise InputError(
            f"A window of {edge} pixels cannot be cut out: "
            f"choose one from {LEAST_WINDOW} to {LARGEST_WINDOW}."
        )
    shading = Shading.of(grey, mask, runs, data_bar)
    shown = Window.of(edge, size, mask_neighbours, own_scale=normalise == "particle")
    return PatchCutter(shown, shading), mask, runs


def _radii(runs: LabelRuns) -> NDArray[np.float64]:
    return runs.radii() if len(runs) else np.zeros(0)
