"""A stroke of the mouse: drawn while it is made, and what it crosses."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer, Shapes
from numpy.typing import NDArray

from napari_ssrvae.docks.keeping import keep_from_editing
from napari_ssrvae.docks.places import place_of, put_in_place

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

__all__ = ["StrokeLayer", "crossed"]

NAME = "stroke"
COLOUR = (1.0, 0.85, 0.2, 0.9)
BRUSH = (1.0, 0.85, 0.2, 0.45)
# Width of a thin stroke, in pixels of the screen.
THIN_PX = 2.0


class StrokeLayer:
    """One temporary layer with the stroke that is being drawn."""

    def __init__(
        self, viewer: napari.Viewer, own: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._viewer = weakref.ref(viewer)
        self._own = own
        self._layer: Shapes | None = None
        self._style: dict[str, Any] = {}

    def layers(self) -> list[Layer]:
        """Return the layer while there is one."""
        return [] if self._layer is None else [self._layer]

    def forget(self, layer: Layer) -> None:
        """Take note that the layer was deleted."""
        if layer is self._layer:
            self._layer = None

    def begin(self, image: Image, width_px: float) -> None:
        """Make ready for a stroke on this picture.

        Parameters
        ----------
        width_px : float
            In pixels of the picture; 0 is thin at any zoom.
        """
        viewer = self._viewer()
        if viewer is None:
            return
        place = place_of(image)
        if self._layer is None:
            active = viewer.layers.selection.active
            with self._own():
                self._layer = viewer.add_shapes(ndim=2, name=NAME, **place)
                keep_from_editing(self._layer)
                if active is not None and active in viewer.layers:
                    viewer.layers.selection.active = active
        else:
            put_in_place(self._layer, place)
        thin = THIN_PX / (viewer.scene.camera.zoom * abs(float(image.scale[-1])))
        self._style = {
            "edge_width": width_px or thin,
            "edge_color": BRUSH if width_px else COLOUR,
            "face_color": "transparent",
        }

    def show(self, points: Sequence[NDArray[np.float64]]) -> None:
        """Draw the stroke as far as it goes."""
        layer = self._layer
        if layer is None:
            return
        # A path needs two points; one alone is drawn as a dot of no length.
        path = np.array(points if len(points) > 1 else [points[0], points[0] + 1e-3])
        layer.data = []
        layer.add(path, shape_type="path", **self._style)

    def end(self) -> None:
        """Let the stroke vanish."""
        if self._layer is not None:
            self._layer.data = []

    def remove(self) -> None:
        """Take the layer out of the viewer."""
        layer, viewer = self._layer, self._viewer()
        self._layer = None
        if layer is not None and viewer is not None and layer in viewer.layers:
            with self._own():
                viewer.layers.remove(layer)


def crossed(labels: NDArray[np.int32], points: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return the particles that a stroke crosses, in their order along it, each with its number of samples.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
    points : ndarray, shape (n, 2)
        Row and column of a polyline; one point is a click.
    """
    samples = [points[:1]]
    for start, stop in pairwise(points):
        # Two samples to a pixel, so that nothing a pixel wide is jumped over.
        n = max(1, int(np.ceil(2 * np.abs(stop - start).max())))
        samples.append(start + (stop - start) * np.arange(1, n + 1)[:, None] / n)
    rows, columns = np.rint(np.concatenate(samples)).astype(int).T
    inside = (rows >= 0) & (rows < labels.shape[0]) & (columns >= 0) & (columns < labels.shape[1])
    hit = labels[rows[inside], columns[inside]]
    ids, first, counts = np.unique(hit, return_index=True, return_counts=True)
    order = np.argsort(first)
    return [(int(ids[k]), int(counts[k])) for k in order if ids[k] > 0]
