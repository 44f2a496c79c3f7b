"""Rings around the selected particles, and a mark at the one under review."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer, Points
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer

from napari_ssrvae.docks.keeping import keep_from_editing
from napari_ssrvae.docks.places import place_of, put_in_place

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

    from napari_ssrvae.session import MicrographState, Session

__all__ = ["Rings"]

NAME = "selection"
SELECTED = (1.0, 1.0, 1.0, 0.95)
FOCUS = (1.0, 0.93, 0.35, 1.0)
REVIEW_EDGE = (0.0, 0.0, 0.0, 1.0)
# Diameters of the rings in diagonals of the particle's box; widths of their lines in pixels of the screen.
AROUND, AROUND_REVIEW = 1.15, 1.5
LINE_PX, FOCUS_PX, REVIEW_PX = 1.8, 3.0, (8.0, 4.0)
# Never smaller on the screen, in pixels: a mark at a particle of three pixels is still seen.
LEAST_PX, LEAST_REVIEW_PX = 9.0, 44.0
# A line is no more than this part of the diameter: a ring stays a ring.
WIDEST = 0.35


class Rings(QObject):
    """Draws what is selected on the current micrograph into one layer, hidden while that is nothing.

    What is asked for in one turn is drawn once, after what the user did has been drawn.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    image_layer : callable
        Gives the layer that shows a micrograph.
    own : callable
        A context in which layers come and go by the session's doing.
    on_new_layer : callable
        Called with the layer once it is made.
    held : callable
        Tells whether no layer may be made now.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        image_layer: Callable[[MicrographState | None], Image | None],
        own: Callable[[], AbstractContextManager[None]],
        on_new_layer: Callable[[Layer], None],
        held: Callable[[], bool],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._image_layer = image_layer
        self._own = own
        self._on_new_layer = on_new_layer
        self._held = held
        self._layer: Points | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.draw)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(40)
        self._pause.timeout.connect(self.draw)
        session.selection.changed.connect(self.update)
        session.queue.changed.connect(self.update)
        session.current_changed.connect(self.update)
        session.particles_changed.connect(self.update)
        session.micrographs_changed.connect(self.update)
        viewer.scene.camera.events.zoom.connect(self._on_zoom)

    @property
    def layer(self) -> Points | None:
        """The layer of the rings, also while it is empty and hidden."""
        return self._layer

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted."""
        if layer is self._layer:
            self._layer = None

    def update(self, *_: object) -> None:
        """Draw the rings anew, soon."""
        self._soon.start()

    def _on_zoom(self, _event: object) -> None:
        # Marks keep a least size on the screen.
        if self._layer is not None and self._layer.visible:
            self._pause.start()

    def draw(self) -> None:
        """Draw the rings as they should be now."""
        self._soon.stop()
        viewer, image = self._viewer(), self._image_layer(self._session.current)
        rings = self._rings() if image is not None else None
        if viewer is None or rings is None or image is None:
            if self._layer is not None and self._layer.visible:
                self._layer.visible = False
            return
        layer = self._layer_on(image)
        if layer is None:
            return
        centres, diameters, least, lines, colours = rings
        edge = viewer.scene.camera.zoom * abs(float(image.scale[-1]))
        on_screen = np.maximum(diameters * edge, least)
        if not layer.visible:
            # First: what is hidden is not sliced anew, and colours would be looked up for rings that are no more.
            layer.visible = True
        # Each of these draws the layer and asks the viewer how far its layers reach; once, at the end, will do.
        with layer.events.blocker_all():
            layer.data = centres
            layer.size = on_screen / edge
            layer.border_width = np.minimum(lines / on_screen, WIDEST)
            layer.border_color = colours
        layer.refresh(extent=False, thumbnail=False, highlight=False)

    def _rings(self) -> tuple[NDArray[Any], ...] | None:
        """Return centres, diameters, least diameters and widths on the screen, and colours; None of no rings."""
        session, state = self._session, self._session.current
        if state is None or state.labels is None:
            return None
        pick, focus = session.queue.current, session.selection.focus
        ids = state.particle_ids
        marked = -1 if pick is None else pick.particle_id
        chosen = np.flatnonzero(session.selection.contains(ids) & (ids > 0) & (ids != marked))
        meant = ids[chosen] == (focus or 0)
        reviewed = np.flatnonzero(ids == marked)
        parts = [
            _around(state, chosen[~meant], AROUND, LEAST_PX, LINE_PX, SELECTED),
            _around(state, chosen[meant], AROUND, LEAST_PX, FOCUS_PX, FOCUS),
        ]
        for line, colour in zip(REVIEW_PX, (REVIEW_EDGE, FOCUS), strict=True):
            # The inner line lies in the middle of the outer one: the edges of both are where a ring ends.
            least = LEAST_REVIEW_PX - (REVIEW_PX[0] - line)
            parts.append(_around(state, reviewed, AROUND_REVIEW, least, line, colour))
        every = tuple(map(np.concatenate, zip(*parts, strict=True)))
        return every if len(every[0]) else None

    def _layer_on(self, image: Image) -> Points | None:
        """Return the layer, made if it is not there, at the place of a picture."""
        viewer = self._viewer()
        if self._layer is not None:
            put_in_place(self._layer, place_of(image))
            return self._layer
        if viewer is None or self._held():
            return None
        active = viewer.layers.selection.active
        with self._own():
            layer = viewer.add_points(
                np.zeros((1, 2)),
                name=NAME,
                symbol="disc",
                face_color="transparent",
                border_color="white",
                border_width=0.05,
                border_width_is_relative=True,
                visible=False,
                **place_of(image),
            )
            keep_from_editing(layer)
            self._layer = layer
            self._on_new_layer(layer)
            if active is not None and active in viewer.layers:
                viewer.layers.selection.active = active
        return layer

    def prepare(self) -> None:
        """Make the layer while a layer may be made: later, when a model trains, it may not."""
        image = self._image_layer(self._session.current)
        if image is not None:
            self._layer_on(image)


def _around(
    state: MicrographState,
    label_ids: NDArray[np.int64],
    around: float,
    least: float,
    line: float,
    colour: tuple[float, ...],
) -> tuple[NDArray[Any], ...]:
    """Return rings around particles."""
    boxes = state.boxes[label_ids].astype(float)
    centres = (boxes[:, :2] + boxes[:, 2:] - 1) / 2
    diameters = np.hypot(*(boxes[:, 2:] - boxes[:, :2]).T) * around
    n = len(label_ids)
    return centres, diameters, np.full(n, least), np.full(n, line), np.tile(colour, (n, 1))
