"""How wide outlines are drawn: the same on the screen at any zoom, as far as pixels allow."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    import napari
    from napari.layers import Labels

__all__ = ["Outlines", "outline_px"]

# An outline covers no more than this many pixels of what is drawn: beyond, small particles are all outline.
MOST_PX = 4
# The zoom is followed when the wheel rests: drawing outlines anew at each notch would make it stutter.
PAUSE_MS = 40


def outline_px(on_screen: float, pixel_on_screen: float) -> int:
    """Return how many pixels of a picture an outline covers to be `on_screen` screen pixels wide.

    Parameters
    ----------
    on_screen : float
        Width wanted, in pixels of the screen.
    pixel_on_screen : float
        Edge of a pixel of the picture, in pixels of the screen.
    """
    return int(min(max(1, round(on_screen / max(pixel_on_screen, 1e-6))), MOST_PX))


class Outlines(QObject):
    """Keeps the outlines of some layers as wide as they should be on the screen.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    layers : callable
        Gives the layers and the width of their outlines, in pixels of the screen.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        layers: Callable[[], Iterable[tuple[Labels, float]]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._layers = layers
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.update)
        viewer.scene.camera.events.zoom.connect(self._on_zoom)

    def _on_zoom(self, _event: object) -> None:
        self._pause.start()

    def update(self) -> None:
        """Draw the outlines as wide as the zoom wants them now."""
        viewer = self._viewer()
        if viewer is None:
            return
        for layer, on_screen in self._layers():
            if not layer.visible:
                continue
            coarse = float(layer.downsample_factors[layer.data_level][-1])
            edge = viewer.scene.camera.zoom * abs(float(layer.scale[-1])) * coarse
            wanted = outline_px(on_screen, edge)
            if layer.contour != wanted:
                layer.contour = wanted
