"""What of the current micrograph is in view, while its scale or the micrograph itself changes."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray

if TYPE_CHECKING:
    import napari

__all__ = ["View"]

# Pictures whose borders differ by less of their size lie at the same place: the view stays, to compare them.
SAME = 0.01


class View:
    """Keeps the micrograph in view: another one is fitted, one whose scale was typed shows the same part as before.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = weakref.ref(viewer)
        self._image: weakref.ref[Image] | None = None
        self._borders: NDArray[np.float64] | None = None

    def follow(self, image: Image | None) -> None:
        """Take note of the current picture, and move the view if it lies elsewhere than before."""
        viewer = self._viewer()
        if viewer is None or image is None or viewer.dims.ndisplay != 2:
            return
        before, same = self._borders, self._image is not None and self._image() is image
        borders = np.asarray(image.extent.world, float)[:, -2:]
        self._image, self._borders = weakref.ref(image), borders
        if before is None or np.abs(borders - before).max() <= SAME * np.ptp(borders, axis=0).max():
            return
        if not same:
            viewer.fit_to_view(layers=[image])
            return
        factor = float(np.ptp(borders, axis=0).max() / np.ptp(before, axis=0).max())
        camera = viewer.scene.camera
        centre = np.asarray(camera.center, float)
        centre[-2:] = borders[0] + (centre[-2:] - before[0]) * factor
        camera.zoom /= factor
        camera.center = tuple(centre)
