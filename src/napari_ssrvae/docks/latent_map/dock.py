"""The latent map as napari docks it: wide, below the micrograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ssrvae.docks.latent_map.panel import LatentMapPanel
from napari_ssrvae.docks.wide_dock import WideDock

if TYPE_CHECKING:
    import napari

__all__ = ["LatentMapDock"]


class LatentMapDock(WideDock):
    """Holds the latent map."""

    NAME = "Latent map"
    HEIGHT_PX = 330

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        panel = LatentMapPanel(napari_viewer)
        super().__init__(napari_viewer, panel)
        self.panel = panel
