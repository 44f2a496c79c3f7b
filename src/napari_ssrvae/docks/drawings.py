"""The drawings of all micrographs of a viewer, and how they follow the session."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject

from napari_ssrvae.docks.drawing import Drawing
from napari_ssrvae.docks.later import Later

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.session import MicrographState, Session

__all__ = ["Drawings"]


class Drawings(dict["MicrographState", Drawing]):
    """Which layers show which micrograph; drawn anew as the session tells of changes.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    own : callable
        A context in which layers come and go by the session's doing.
    parent : QObject
        Outlived by nothing of this.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        own: Callable[[], AbstractContextManager[None]],
        parent: QObject,
    ) -> None:
        super().__init__()
        self._later = Later(self._settle_one, parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._own = own
        session.particles_changed.connect(self._on_particles)
        session.labels_changed.connect(self._on_labels)
        session.classes_changed.connect(self._on_classes)
        session.predictions_changed.connect(self._on_predictions)
        session.unsure_below_changed.connect(self._on_predictions)
        session.novel_above_changed.connect(self._on_predictions)

    # --- which layer is what -------------------------------------------------------------------

    @property
    def current(self) -> Drawing | None:
        """The drawing of the micrograph that is worked on."""
        state = self._session.current
        return self.get(state) if state is not None else None

    def image_layer(self, state: MicrographState | None) -> Image | None:
        """Return the layer that shows a micrograph, None if it was deleted."""
        drawing = self.get(state) if state is not None else None
        return drawing.image if drawing is not None else None

    def state_of(self, layer: Layer, plane: tuple[int, ...] = ()) -> MicrographState | None:
        """Return the micrograph that a layer is part of; of a stack, the one that this plane is, or the current."""
        mine = [
            (drawing.plane == plane, drawing is self.current, state)
            for state, drawing in self.items()
            if any(layer is each for each in drawing.layers())
        ]
        return max(mine, key=lambda found: found[:2])[2] if mine else None

    def outlined(self) -> list[tuple[Labels, float]]:
        """Return the layers that are outlines, and how wide these should be on the screen, in pixels."""
        return [each for drawing in self.values() for each in drawing.outlined()]

    def label_at(self, position: tuple[float, ...]) -> tuple[MicrographState, int] | None:
        """Return the current micrograph and the label id at a position in world coordinates, 0 = background.

        None if no micrograph with particles is in view.
        """
        state, drawing, viewer = self._session.current, self.current, self._viewer()
        if state is None or drawing is None or viewer is None or state.labels is None:
            return None
        seen = next((layer for layer in drawing.layers() if layer.visible), None)
        if seen is None or viewer.dims.ndisplay != 2:
            return None
        # A multiscale layer's data coordinates are those of its finest level.
        at = np.asarray(seen.world_to_data(position), float)[-2:]
        return state, state.label_at(at[0], at[1])

    def show_current_only(self) -> None:
        """Hide all micrographs but the current one."""
        if len(self) > 1 and self.current is not None:
            for layer in self.current.layers():
                layer.visible = True
            for drawing in self.values():
                self._hide_unless_current(drawing)

    def _hide_unless_current(self, drawing: Drawing) -> None:
        # Planes of a stack share its layer.
        shown = set() if self.current is None else set(map(id, self.current.layers()))
        for layer in drawing.layers():
            if id(layer) not in shown:
                layer.visible = False

    # --- what the session tells ----------------------------------------------------------------

    def _on_particles(self, state: MicrographState, change: object) -> None:
        drawing, region = self.get(state), getattr(change, "region", None)
        if drawing is None:
            return
        with self._own():
            if state.labels is None:
                drawing.erase()
            elif region is not None:
                drawing.paint_region(region)
            else:
                drawing.draw()
                # They may be those of a micrograph that was left while they were searched for.
                if self.current not in (None, drawing):
                    self._hide_unless_current(drawing)

    def _on_classes(self) -> None:
        for drawing in self.values():
            drawing.recolour()

    def _on_predictions(self, *_: object) -> None:
        for drawing in self.values():
            drawing.follow_predictions()
        self._later.ask()

    def _settle_one(self) -> None:
        # One in each turn of the event loop: a slider goes on in between.
        if any(drawing.settle() for drawing in self.values()):
            self._later.ask()

    def _on_labels(self, particle_ids: np.ndarray) -> None:
        changed = np.asarray(particle_ids, np.int64)
        for state, drawing in self.items():
            ids = state.particle_ids
            hit = ids == changed[0] if len(changed) == 1 else np.isin(ids, changed)
            label_ids = np.flatnonzero(hit & (ids != 0))
            if len(label_ids):
                drawing.paint_particles(label_ids)
