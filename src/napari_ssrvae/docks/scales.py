"""Micrographs with a scale beside those without: one unit for napari, and a scale bar that is right."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from napari_ssrvae.docks.units import as_if_nm

if TYPE_CHECKING:
    import napari
    from napari.layers import Labels

    from napari_ssrvae.docks.drawings import Drawings
    from napari_ssrvae.docks.readers import LayerData
    from napari_ssrvae.session import Session

__all__ = ["Scales"]


class Scales:
    """Keeps the units of a viewer's layers in agreement: with pixels beside nm napari would know no unit at all.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    """

    def __init__(self, viewer: napari.Viewer, session: Session, drawings: Drawings) -> None:
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._drawings = drawings

    @property
    def differ(self) -> bool:
        """Whether some of the micrographs shown have a scale, and the current one has none."""
        current = self._session.current
        unknown = current is not None and current.micrograph.pixel_size_nm is None
        return unknown and self.any_in_nm()

    def any_in_nm(self) -> bool:
        """Whether a micrograph shown has a scale."""
        return any(
            state.micrograph.pixel_size_nm is not None and drawing.image is not None
            for state, drawing in self._drawings.items()
        )

    def expect(self, layers: list[LayerData]) -> bool:
        """Let layers that are about to come agree on their units; False if there is nothing to agree on.

        napari draws, and complains, as soon as a layer is there.
        """
        if not self.any_in_nm() and not any("units" in attributes for _, attributes, _ in layers):
            return False
        for drawing in self._drawings.values():
            drawing.agree_on_units(others_in_nm=True)
        for _, attributes, kind in layers:
            if kind == "image" and "units" not in attributes:
                attributes |= as_if_nm(attributes)
        return True

    def agree(self) -> None:
        """Let pictures without scale borrow the unit of those that have one."""
        if self.any_in_nm():
            for drawing in self._drawings.values():
                drawing.agree_on_units(others_in_nm=True)

    def give_back(self) -> bool:
        """Let pictures have their own unit again once no other has a scale; whether that is so."""
        if self.any_in_nm():
            return False
        for drawing in self._drawings.values():
            drawing.agree_on_units(others_in_nm=False)
        return True

    def agree_with(self, layer: Labels | None) -> None:
        """Keep a layer that belongs to no micrograph, hidden or not, in the units of the pictures."""
        image = next((d.image for d in self._drawings.values() if d.image is not None), None)
        if layer is not None and image is not None:
            units = tuple(map(str, image.units[-2:]))
            if tuple(map(str, layer.units)) != units:
                layer.units = units

    def show_bar(self) -> None:
        """Show a scale bar where the current micrograph has a scale, and none that would be another's."""
        viewer, current = self._viewer(), self._session.current
        if viewer is None or current is None or current not in self._drawings:
            return
        bar = viewer.canvas.overlays.scale_bar
        if current.micrograph.pixel_size_nm is not None:
            bar.visible = True
        elif self.any_in_nm():
            bar.visible = False
