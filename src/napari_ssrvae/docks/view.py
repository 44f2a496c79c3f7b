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
# A particle is seen well where it fills such a part of the canvas; else the zoom is set to the last.
LEAST_SEEN, MOST_SEEN, WELL_SEEN = 0.04, 0.6, 0.12


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

    def centre(self, image: Image, box: NDArray[np.float64]) -> None:
        """Bring a box of a picture into the middle; the zoom stays where the box can be seen well with it.

        Parameters
        ----------
        box : ndarray, shape (2, 2)
            First and last row and column in pixels of the picture.
        """
        viewer = self._viewer()
        if viewer is None:
            return
        corners = [image.data_to_world((*(0,) * (image.ndim - 2), *corner)) for corner in box]
        world = np.asarray(corners, float)[:, -2:]
        camera = viewer.scene.camera
        room = float(min(viewer.canvas.size))
        extent = max(float(np.abs(world[1] - world[0]).max()), 1e-9)
        if not LEAST_SEEN * room <= extent * camera.zoom <= MOST_SEEN * room:
            camera.zoom = WELL_SEEN * room / extent
        centre = np.asarray(camera.center, float)
        centre[-2:] = world.mean(0)
        camera.center = tuple(centre)

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
