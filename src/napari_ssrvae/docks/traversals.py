"""The latent traversals as image layers beside the micrograph, at the micrograph's own scale."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Layer

from napari_ssrvae.docks.places import put_in_place
from napari_ssrvae.session import Session

if TYPE_CHECKING:
    import napari

__all__ = ["Traversals"]


class Traversals:
    """One picture per class: a row for each latent, the class as this latent goes through its prior."""

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._layers: dict[int, Image] = {}
        self._shown: set[int] = set()

    def layers(self) -> list[Image]:
        """Return the layers that are in the viewer, those hidden for another time as well."""
        return list(self._layers.values())

    def shown(self) -> list[Image]:
        """Return those that show something."""
        return [layer for class_id, layer in self._layers.items() if class_id in self._shown]

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted."""
        for class_id in [c for c, drawn in self._layers.items() if drawn is layer]:
            del self._layers[class_id]

    def draw(self, image: Image | None) -> None:
        """Draw the session's traversals to the right of this layer."""
        session, viewer = self._session, self._viewer()
        if viewer is None:
            return
        # What is not needed now is hidden and kept for the next time: taking several layers out of napari between
        # two pictures crashes it under Mesa's software renderer (napari 0.9.2).
        for class_id, layer in self._layers.items():
            if class_id not in session.traversals:
                layer.visible = False
        state = session.current
        if not session.traversals or state is None or session.library is None:
            self._shown = set()
            return
        names = {c.class_id: c.name for c in session.classes}
        zoom = (session.library.window_px or 1) / (session.library.patch_size or 1)
        scale, origin, units = np.ones(2), np.zeros(2), ("pixel", "pixel")
        if image is not None:
            scale = np.asarray(image.scale, float)[-2:]
            origin = np.asarray(image.translate, float)[-2:]
            units = (str(image.units[-2]), str(image.units[-1]))
        height, width = state.micrograph.image.shape
        row, gap = 0.0, max(4.0, 0.02 * height)
        active = viewer.layers.selection.active
        for class_id, tiles in session.traversals.items():
            place: dict[str, Any] = {
                "scale": scale * zoom,
                "translate": origin + scale * np.array([row, width + 2 * gap]),
                "units": units,
            }
            row += tiles.shape[0] * zoom + gap
            name = f"traversal · {names.get(class_id, class_id)}"
            known = self._layers.get(class_id)
            if known is None:
                self._layers[class_id] = viewer.add_image(
                    tiles, name=name, contrast_limits=(0, 1), **place
                )
            else:
                _show(known, tiles, name, place)
                if class_id not in self._shown:
                    known.visible = True
        self._shown = set(session.traversals)
        if active is not None and active in viewer.layers:
            viewer.layers.selection.active = active


def _show(layer: Image, tiles: np.ndarray, name: str, place: dict[str, Any]) -> None:
    """Show another traversal in a layer; what is as it was is left alone."""
    if not np.array_equal(layer.data, tiles):
        layer.data = tiles
    if layer.name != name:
        layer.name = name
    put_in_place(layer, place)
