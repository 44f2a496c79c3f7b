"""The latent map: particles as points between any two of their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.wide_dock import WideDock

if TYPE_CHECKING:
    import napari

__all__ = ["LatentMapDock"]


class LatentMapDock(WideDock):
    """Latent map, below the micrograph."""

    NAME = "Latent map"

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        panel = QWidget()
        super().__init__(napari_viewer, panel)
        self.panel = panel
