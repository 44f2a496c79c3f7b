"""Hand tools: a stroke on the canvas deletes, merges, splits or paints particles; a box or a lasso selects them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.docks.strokes import StrokeLayer, crossed
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari
    from napari.layers import Image, Layer

__all__ = ["Tool", "Tools"]

LEFT = 1
DEFAULT_RADIUS_PX = 6
MOST_RADIUS_PX = 500
BUSY = "The particles are being worked with: correct them when that is done."


class Tool(Enum):
    """What a stroke does; the value is its key. BOX and LASSO select and label, the others correct particles."""

    DELETE = "D"
    MERGE = "M"
    SPLIT = "S"
    PAINT = "P"
    BOX = "B"
    LASSO = "L"

    @property
    def selects(self) -> bool:
        """Whether it selects particles; else it corrects them."""
        return self in (Tool.BOX, Tool.LASSO)


class Tools(QObject):
    """The tool in the user's hand, and what its strokes do.

    Parameters
    ----------
    session : Session
    image_layer : callable
        Gives the layer that shows a micrograph.
    particle_at : callable
        Gives the micrograph and the label id at a position in world coordinates.
    own : callable
        A context in which layers come and go by the session's doing.
    busy : callable
        Tells whether long work needs the particles to stay as they are.

    Attributes
    ----------
    chosen : Signal
        Another tool, or None, is in the hand.
    radius_changed : Signal
        The brush has another radius in pixels.
    acted : Signal
        A stroke was worked off: one sentence if it could not be done, else "".
    """

    chosen = Signal(object)
    radius_changed = Signal(int)
    acted = Signal(str)

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        image_layer: Callable[[MicrographState | None], Image | None],
        particle_at: Callable[[tuple[float, ...]], tuple[MicrographState, int] | None],
        own: Callable[[], AbstractContextManager[None]],
        busy: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._image_layer = image_layer
        self._particle_at = particle_at
        self._busy = busy
        self._stroke = StrokeLayer(viewer, own)
        self._tool: Tool | None = None
        self._radius = DEFAULT_RADIUS_PX
        session.current_changed.connect(self.leave)
        session.particles_changed.connect(self._on_particles)
        viewer.scene.camera.events.zoom.connect(self._show_cursor)
        viewer.layers.selection.events.active.connect(self._show_cursor)

    # --- which tool ----------------------------------------------------------------------------

    @property
    def tool(self) -> Tool | None:
        """The tool in the hand."""
        return self._tool

    @property
    def radius_px(self) -> int:
        """Radius of the brush in pixels of the micrograph."""
        return self._radius

    def can_edit(self) -> bool:
        """Whether there is a micrograph with particles that can be edited."""
        state = self._session.current
        return state is not None and state.labels is not None

    def choose(self, tool: Tool | None) -> None:
        """Take a tool into the hand, or with None put it away."""
        if tool is not None and not self.can_edit():
            doing = "select" if tool.selects else "correct"
            self.acted.emit(f"Find particles first: there is nothing to {doing} yet.")
            tool = None
        elif tool is not None and not tool.selects and self._busy():
            self.acted.emit(BUSY)
            tool = None
        if tool is self._tool:
            return
        self._tool = tool
        if tool is None or tool.selects:
            self._stroke.remove()
        self._show_cursor()
        self.chosen.emit(tool)

    def toggle(self, tool: Tool) -> None:
        """Take a tool, or put it away if it is in the hand."""
        self.choose(None if tool is self._tool else tool)

    def leave(self) -> None:
        """Put the tool away."""
        self.choose(None)

    def set_radius(self, radius_px: int) -> None:
        """Give the brush this radius in pixels of the micrograph."""
        radius_px = int(min(max(1, radius_px), MOST_RADIUS_PX))
        if radius_px != self._radius:
            self._radius = radius_px
            self._show_cursor()
            self.radius_changed.emit(radius_px)

    def layers(self) -> list[Layer]:
        """Return the layer that strokes are drawn in, while there is one."""
        return self._stroke.layers()

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted."""
        self._stroke.forget(layer)

    def _on_particles(self, state: MicrographState, *_: object) -> None:
        if state is self._session.current and state.labels is None:
            self.leave()

    def _show_cursor(self, *_: object) -> None:
        viewer, layer = self._viewer(), self._image_layer(self._session.current)
        if viewer is None or layer is None:
            return
        if self._tool is Tool.PAINT:
            viewer.cursor.style = "circle"
            viewer.cursor.size = 2 * self._radius * abs(float(layer.scale[-1]))
        elif self._tool is not None:
            viewer.cursor.style = "cross"
        elif viewer.cursor.style in ("circle", "cross"):
            active = viewer.layers.selection.active
            viewer.cursor.style = active.cursor if active is not None else "standard"

    # --- strokes -------------------------------------------------------------------------------

    def on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        """Draw a stroke while the mouse is down and work it off at the end; the view stays where it is."""
        tool, state = self._tool, self._session.current
        image = self._image_layer(state)
        if tool is None or tool.selects or state is None or image is None:
            return
        if event.button != LEFT:
            return
        if event.modifiers or self._particle_at(tuple(event.position)) is None:
            return
        points = [self._pixel(image, event)]
        self._stroke.begin(image, 2 * self._radius if tool is Tool.PAINT else 0)
        # Only now: a new layer is made the active one for a moment, which sets this as well.
        camera = viewer.scene.camera
        panned = camera.mouse_pan
        camera.mouse_pan = False
        try:
            self._stroke.show(points)
            yield
            while event.type == "mouse_move":
                points.append(self._pixel(image, event))
                self._stroke.show(points)
                yield
            # Where the mouse was let go belongs to the stroke, move or no move.
            points.append(self._pixel(image, event))
        finally:
            camera.mouse_pan = panned
            self._stroke.end()
        if self._tool is tool and state is self._session.current and not self._busy():
            self.work_off(tool, state, np.array(points))

    @staticmethod
    def _pixel(image: Image, event: Any) -> NDArray[np.float64]:
        return np.asarray(image.world_to_data(tuple(event.position)), float)[-2:]

    def work_off(self, tool: Tool, state: MicrographState, points: NDArray[np.float64]) -> None:
        """Do what a stroke means.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            Row and column in pixels of the micrograph.
        """
        assert state.labels is not None
        try:
            hit = [] if tool is Tool.PAINT else crossed(state.labels, points)
            if tool is Tool.PAINT:
                self._session.paint_particle(state, points, float(self._radius))
            elif not hit:
                raise InputError("There is no particle under the stroke: draw it across one.")
            elif tool is Tool.DELETE:
                self._session.delete_particles(state, [label_id for label_id, _ in hit])
            elif tool is Tool.MERGE:
                if len(hit) < 2:
                    raise InputError(
                        "The stroke crosses one particle only: draw it across all that belong together."
                    )
                self._session.merge_particles(state, [label_id for label_id, _ in hit])
            else:
                self._session.split_particle(state, max(hit, key=lambda at: at[1])[0], points)
        except InputError as error:
            self.acted.emit(str(error))
        else:
            self.acted.emit("")

    def delete_under_mouse(self) -> None:
        """Delete the particle that the mouse points at."""
        viewer = self._viewer()
        at = None if viewer is None else self._particle_at(tuple(viewer.cursor.position))
        if at is None or not at[1]:
            return
        if self._busy():
            self.acted.emit(BUSY)
            return
        try:
            self._session.delete_particles(at[0], [at[1]])
        except InputError as error:
            self.acted.emit(str(error))
        else:
            self.acted.emit("")

    def scale_radius(self, factor: float) -> None:
        """Make the brush larger or smaller, by one pixel at least."""
        radius = round(self._radius * factor)
        self.set_radius(radius if radius != self._radius else radius + (1 if factor > 1 else -1))
