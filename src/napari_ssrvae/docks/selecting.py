"""Box and lasso: a drag selects the particles inside, and gives them the active class as one act."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.docks.hand import CLICK_SLACK_PX, LEFT, RIGHT
from napari_ssrvae.docks.rubber import Rubber
from napari_ssrvae.docks.tools import Tool
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import napari
    from napari.layers import Image
    from qtpy.QtWidgets import QWidget

    from napari_ssrvae.docks.tools import Tools
    from napari_ssrvae.session import MicrographState, Session

__all__ = ["Selecting", "particles_inside"]

# Of a lasso no more points than this are kept for each pixel of the screen that the mouse went.
STEP_PX = 2.0


def particles_inside(state: MicrographState, outline: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the particles whose centroid lies inside a closed outline.

    Parameters
    ----------
    state : MicrographState
    outline : ndarray, shape (n, 2)
        Row and column in pixels of the micrograph; closed by itself.

    Returns
    -------
    ndarray of int64
        Particle ids, rising.
    """
    from skimage.measure import points_in_poly

    if state.table is None or len(outline) < 3:
        return np.zeros(0, np.int64)
    centroids = state.table[["centroid_y_px", "centroid_x_px"]].to_numpy(float)
    near = ((centroids >= outline.min(0)) & (centroids <= outline.max(0))).all(1)
    ids = state.table.index.to_numpy(np.int64)[near]
    inside = points_in_poly(centroids[near], outline) if len(ids) else np.zeros(0, bool)
    return np.sort(ids[inside])


class Selecting(QObject):
    """What a drag with the box or the lasso does.

    Left: select and give the active class. With Ctrl: only add to the selection. With Alt: only select.
    Right: take labels off.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    tools : Tools
        Says which tool is in the hand.
    image_layer : callable
        Gives the layer that shows a micrograph.
    seen : callable
        Tells whether the particles of the current micrograph are in view.
    widget : QWidget or None
        The canvas, over which the outline is drawn.
    show_now : callable
        Shows what was drawn, before anything else is done.

    Attributes
    ----------
    message : Signal
        One sentence.
    """

    message = Signal(str)

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        tools: Tools,
        image_layer: Callable[[MicrographState | None], Image | None],
        seen: Callable[[tuple[float, ...]], object | None],
        widget: QWidget | None,
        show_now: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._tools = tools
        self._image_layer = image_layer
        self._seen = seen
        self._show_now = show_now
        self._rubber = None if widget is None else Rubber(widget)
        self._zoom_box: Any = None
        tools.chosen.connect(self._on_tool)

    def _on_tool(self, tool: Tool | None) -> None:
        """Lend Alt and drag, which is napari's zoom box, to the tool while it is in the hand."""
        viewer = self._viewer()
        if viewer is None:
            return
        drags = viewer.mouse_drag_callbacks
        selects = tool is not None and tool.selects
        if selects and self._zoom_box is None:
            found = [drag for drag in drags if getattr(drag, "__name__", "") == "drag_to_zoom"]
            if found:
                self._zoom_box = found[0]
                drags.remove(found[0])
        elif not selects and self._zoom_box is not None:
            drags.insert(0, self._zoom_box)
            self._zoom_box = None

    def on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        """Draw the box or the loop while the mouse is down, and do what it means at the end."""
        tool, state = self._tools.tool, self._session.current
        image = self._image_layer(state)
        if tool is None or not tool.selects or state is None or image is None:
            return
        if event.button not in (LEFT, RIGHT) or self._seen(tuple(event.position)) is None:
            return
        button, modifiers = event.button, set(event.modifiers)
        camera = viewer.scene.camera
        before = camera.mouse_pan, camera.mouse_zoom
        camera.mouse_pan = camera.mouse_zoom = False
        screen, pixels = [self._screen(event)], [self._pixel(image, event)]
        moved = False
        try:
            yield
            while event.type == "mouse_move":
                if np.hypot(*np.subtract(self._screen(event), screen[-1])) >= STEP_PX:
                    screen.append(self._screen(event))
                    pixels.append(self._pixel(image, event))
                moved = moved or np.abs(np.subtract(screen[-1], screen[0])).max() > CLICK_SLACK_PX
                if moved and self._rubber is not None:
                    self._rubber.show_outline(self._outline(tool, screen))
                yield
            screen.append(self._screen(event))
            pixels.append(self._pixel(image, event))
            moved = moved or np.abs(np.subtract(screen[-1], screen[0])).max() > CLICK_SLACK_PX
        finally:
            camera.mouse_pan, camera.mouse_zoom = before
            if self._rubber is not None:
                self._rubber.hide()
        if moved and self._tools.tool is tool and state is self._session.current:
            self.take(state, np.array(self._outline(tool, pixels)), button, modifiers)

    @staticmethod
    def _screen(event: Any) -> tuple[float, float]:
        return float(event.pos[0]), float(event.pos[1])

    @staticmethod
    def _pixel(image: Image, event: Any) -> tuple[float, float]:
        at = np.asarray(image.world_to_data(tuple(event.position)), float)[-2:]
        return float(at[0]), float(at[1])

    @staticmethod
    def _outline(tool: Tool, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        if tool is Tool.LASSO:
            return points
        (a, b), (c, d) = points[0], points[-1]
        return [(a, b), (a, d), (c, d), (c, b)]

    def take(
        self,
        state: MicrographState,
        outline: NDArray[np.float64],
        button: int = LEFT,
        modifiers: set[str] | frozenset[str] = frozenset(),
    ) -> None:
        """Do what an outline means.

        Parameters
        ----------
        outline : ndarray, shape (n, 2)
            Row and column in pixels of the micrograph.
        button : int
            1 left, 2 right.
        modifiers : set of str
            "Control" only adds to the selection, "Alt" selects only.
        """
        session = self._session
        ids = particles_inside(state, outline)
        if not len(ids):
            self.message.emit("No particle has its middle inside: draw around some.")
            return
        try:
            if "Control" in modifiers:
                session.selection.add(ids)
            elif "Alt" in modifiers:
                session.selection.select(ids)
            else:
                self._label(ids, session.active_class_id if button == LEFT else None)
                session.selection.select(ids)
        except InputError as error:
            self.message.emit(str(error))

    def _label(self, ids: NDArray[np.int64], class_id: int | None) -> None:
        """Give the particles a class; those that carry it already are no part of the act."""
        rows = self._session.catalogue.rows(ids)
        by_hand = self._session.catalogue.by_hand[rows[rows >= 0]]
        others = ids[rows >= 0][by_hand != (class_id or 0)]
        if len(others):
            self._session.assign(others, class_id)
            self._show_now()
