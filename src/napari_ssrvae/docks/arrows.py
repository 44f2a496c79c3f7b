"""The pose of each particle as a small arrow: the model's idea of where its right-hand side points."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Layer, Vectors
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_ssrvae.docks.keeping import keep_from_editing
from napari_ssrvae.docks.places import place_of, put_in_place
from napari_ssrvae.session import Why

if TYPE_CHECKING:
    import napari
    from napari.layers import Image

    from napari_ssrvae.session import MicrographState, Session

__all__ = ["Arrows", "arrows_of"]

NAME = "pose"
COLOUR = "white"
# Length in diameters of the particle; width of the line on the screen in pixels, and at most in arrows' lengths.
LONG, LINE_PX, WIDEST = 0.85, 1.8, 0.12
# The zoom is followed when the wheel rests.
PAUSE_MS = 40


def arrows_of(session: Session, state: MicrographState) -> NDArray[np.float64]:
    """Return arrows (M, 2, 2) as napari's vectors: where each begins and how far it goes, row and column in pixels.

    One for each particle with a prediction that is not set aside as "none of these"; it is centred on the particle,
    and points to the right of the upright object turned counter-clockwise by the pose's angle.
    """
    catalogue = session.catalogue
    rows = np.flatnonzero(catalogue.micrograph_ids == (state.micrograph_id or -1))
    rows = rows[session.predicted(rows) > 0]
    if not catalogue.angle_rad.any():
        # A model that was trained without rotations tells none.
        rows = rows[:0]
    rows = rows[session.shown(rows).why != Why.NOVEL]
    boxes = state.boxes[catalogue.label_ids[rows]].astype(float)
    # Of a particle across, not along: a turned rod keeps its arrow's length.
    edges = boxes[:, 2:] - boxes[:, :2]
    length = LONG * np.sqrt(edges.prod(axis=1))[:, None]
    angle = catalogue.angle_rad[rows].astype(float)
    direction = np.column_stack([-np.sin(angle), np.cos(angle)]) * length
    return np.stack([catalogue.centroid_px[rows] - direction / 2, direction], axis=1)


class Arrows(QObject):
    """Draws the poses on the current micrograph into one layer, made when it is first asked for.

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

    Attributes
    ----------
    changed : Signal
        They were switched on or off.
    """

    changed = Signal()

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
        self._layer: Vectors | None = None
        self._on = False
        self._lengths = 1.0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.draw)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._follow_zoom)
        for signal in (
            session.predictions_changed,
            session.novel_above_changed,
            session.classes_changed,
            session.particles_changed,
            session.current_changed,
            session.micrographs_changed,
            session.library_changed,
        ):
            signal.connect(self.update)
        viewer.scene.camera.events.zoom.connect(self._on_zoom)

    @property
    def layer(self) -> Vectors | None:
        """The layer of the arrows, also while it is hidden; None before it is first needed."""
        return self._layer

    @property
    def on(self) -> bool:
        """Whether arrows are wanted."""
        return self._on

    @property
    def waiting(self) -> bool:
        """Whether arrows are wanted, and the layer for them may not be made before a training ends."""
        return self._on and self._layer is None and self._held()

    def switch(self, on: bool) -> None:
        """Show the arrows, or do not."""
        if on != self._on:
            self._on = on
            self.update()
            self.changed.emit()

    def forget(self, layer: Layer) -> None:
        """Take note that the layer was deleted: whoever does that wants no arrows."""
        if layer is self._layer:
            self._layer = None
            self.switch(False)

    def update(self, *_: object) -> None:
        """Draw the arrows anew, soon."""
        if self._on or (self._layer is not None and self._layer.visible):
            self._soon.start(0)

    def draw(self) -> None:
        """Draw the arrows as they should be now."""
        state = self._session.current
        image = self._image_layer(state)
        arrows = np.zeros((0, 2, 2))
        if self._on and state is not None and image is not None and state.labels is not None:
            arrows = arrows_of(self._session, state)
        if not len(arrows) or image is None:
            if self._layer is not None and self._layer.visible:
                self._layer.visible = False
            return
        layer = self._layer_on(image)
        if layer is None:
            return
        self._lengths = float(np.median(np.hypot(*arrows[:, 1].T)))
        with layer.events.blocker_all():
            layer.data = arrows
            layer.edge_width = self._width(layer)
        if layer.visible:
            layer.refresh(extent=False, thumbnail=False)
        else:
            layer.visible = True

    def _on_zoom(self, _event: object) -> None:
        if self._on and self._layer is not None and self._layer.visible:
            self._pause.start()

    def _follow_zoom(self) -> None:
        layer = self._layer
        if layer is not None and layer.visible:
            wanted = self._width(layer)
            if abs(wanted - layer.edge_width) > 0.1 * wanted:
                layer.edge_width = wanted

    def _width(self, layer: Vectors) -> float:
        """Return how wide the lines are in pixels of the micrograph."""
        viewer = self._viewer()
        zoom = 1.0 if viewer is None else viewer.scene.camera.zoom
        on_screen = zoom * abs(float(layer.scale[-1]))
        return float(min(LINE_PX / max(on_screen, 1e-9), WIDEST * self._lengths))

    def _layer_on(self, image: Image) -> Vectors | None:
        """Return the layer, made if it is not there, at the place of a picture."""
        viewer = self._viewer()
        if self._layer is not None:
            put_in_place(self._layer, place_of(image))
            return self._layer
        if viewer is None or self._held():
            return None
        active = viewer.layers.selection.active
        with self._own():
            layer = viewer.add_vectors(
                np.zeros((1, 2, 2)),
                name=NAME,
                vector_style="arrow",
                edge_color=COLOUR,
                edge_width=1.0,
                opacity=0.9,
                visible=False,
                **place_of(image),
            )
            keep_from_editing(layer)
            self._layer = layer
            self._on_new_layer(layer)
            if active is not None and active in viewer.layers:
                viewer.layers.selection.active = active
        return layer
