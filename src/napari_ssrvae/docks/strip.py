"""The data bar of a micrograph as a shaded strip whose edges can be dragged."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer, Shapes

from napari_ssrvae.docks.keeping import keep_from_editing
from napari_ssrvae.docks.places import put_in_place
from napari_ssrvae.session import MicrographState

if TYPE_CHECKING:
    import napari

__all__ = ["Strip", "StripHandle"]

NAME = "data bar"
SHADE = (0.10, 0.16, 0.30, 0.55)
EDGE = (1.0, 0.72, 0.20, 1.0)
# How near to an edge the mouse must be, in pixels of the screen.
REACH_PX = 6
LEFT = 1

Bar = tuple[int, int]


class Strip:
    """The layer that shades the data bar of one micrograph; gone where there is none."""

    def __init__(self, viewer: napari.Viewer, state: MicrographState) -> None:
        self._viewer = weakref.ref(viewer)
        self._state = state
        self.layer: Shapes | None = None

    @property
    def complete(self) -> bool:
        """Whether what there is to shade is shaded."""
        return (self._state.micrograph.data_bar is None) == (self.layer is None)

    def draw(self, place: dict[str, Any], on_new_layer: Callable[[Layer], None]) -> None:
        """Draw it where the micrograph lies, as it is now."""
        viewer, bar = self._viewer(), self._state.micrograph.data_bar
        if viewer is None:
            return
        if bar is None:
            self.erase()
            return
        if self.layer is None:
            active = viewer.layers.selection.active
            self.layer = viewer.add_shapes(
                [self._corners(bar)],
                shape_type="rectangle",
                name=f"{NAME} · {self._state.micrograph.name}",
                face_color=[SHADE],
                edge_color=[EDGE],
                edge_width=self._edge_width(),
                **place,
            )
            keep_from_editing(self.layer)
            on_new_layer(self.layer)
            if active is not None and active in viewer.layers:
                viewer.layers.selection.active = active
        else:
            self.show_bar(bar)
            put_in_place(self.layer, place)

    def show_bar(self, bar: Bar) -> None:
        """Move the strip, as while its edge is dragged."""
        corners = self._corners(bar)
        if self.layer is not None and not np.array_equal(self.layer.data[0], corners):
            self.layer.data = [corners]

    def erase(self) -> None:
        """Take it out of the viewer."""
        layer, viewer = self.layer, self._viewer()
        self.layer = None
        if layer is not None and viewer is not None and layer in viewer.layers:
            viewer.layers.remove(layer)

    def _corners(self, bar: Bar) -> np.ndarray:
        # A pixel is centred on its whole numbers, so its area begins half a pixel before.
        top, bottom, right = bar[0] - 0.5, bar[1] - 0.5, self._state.micrograph.image.shape[1] - 0.5
        return np.array([[top, -0.5], [top, right], [bottom, right], [bottom, -0.5]])

    def _edge_width(self) -> float:
        return max(1.0, max(self._state.micrograph.image.shape) / 600)


class StripHandle:
    """Lets the mouse drag an edge of the strip of the current micrograph.

    Parameters
    ----------
    strip_of_current : callable
        Gives the current micrograph and its strip, None where there is none or a tool is in the hand.
    settle : callable
        Takes micrograph and rows when the edge is let go.
    """

    def __init__(
        self,
        strip_of_current: Callable[[], tuple[MicrographState, Strip] | None],
        settle: Callable[[MicrographState, Bar], None],
    ) -> None:
        self._strip_of_current = strip_of_current
        self._settle = settle
        self._pointing = False

    def on_move(self, viewer: napari.Viewer, event: Any) -> None:
        """Show that an edge can be taken hold of."""
        over = self._edge_at(viewer, tuple(event.position)) is not None
        if over != self._pointing:
            self._pointing = over
            viewer.cursor.style = "pointing" if over else "standard"

    def on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        """Move the edge with the mouse; anywhere else leave the press to others."""
        edge = self._edge_at(viewer, tuple(event.position))
        if edge is None or event.button != LEFT or event.modifiers:
            return
        found = self._strip_of_current()
        assert found is not None
        state, strip = found
        bar = state.micrograph.data_bar
        assert bar is not None
        camera = viewer.scene.camera
        panned = camera.mouse_pan
        camera.mouse_pan = False
        try:
            yield
            moved = bar
            while event.type == "mouse_move":
                moved = self._moved(state, strip, bar, edge, tuple(event.position))
                strip.show_bar(moved)
                yield
            moved = self._moved(state, strip, bar, edge, tuple(event.position))
        finally:
            camera.mouse_pan = panned
        if moved != bar:
            self._settle(state, moved)
            # As it is in the session now: the drag may have been refused.
            if state.micrograph.data_bar is not None:
                strip.show_bar(state.micrograph.data_bar)

    def _edge_at(self, viewer: napari.Viewer, position: tuple[float, ...]) -> int | None:
        """Return 0 near the upper edge, 1 near the lower one, None elsewhere."""
        found = self._strip_of_current()
        if found is None:
            return None
        state, strip = found
        bar, layer = state.micrograph.data_bar, strip.layer
        if bar is None or layer is None or not layer.visible or viewer.dims.ndisplay != 2:
            return None
        row, column = np.asarray(layer.world_to_data(position), float)[-2:]
        width = state.micrograph.image.shape[1]
        if not -0.5 <= column <= width - 0.5:
            return None
        reach = REACH_PX / (viewer.scene.camera.zoom * abs(float(layer.scale[-2])))
        # The border of the picture is no edge of the strip that could be moved outwards; it may be moved in.
        distances = [abs(row - (bar[0] - 0.5)), abs(row - (bar[1] - 0.5))]
        nearest = int(np.argmin(distances))
        return nearest if distances[nearest] <= reach else None

    @staticmethod
    def _moved(
        state: MicrographState, strip: Strip, bar: Bar, edge: int, position: tuple[float, ...]
    ) -> Bar:
        assert strip.layer is not None
        row = round(float(np.asarray(strip.layer.world_to_data(position))[-2]) + 0.5)
        height = state.micrograph.image.shape[0]
        if edge == 0:
            return min(max(0, row), bar[1] - 1), bar[1]
        return bar[0], max(min(height, row), bar[0] + 1)
