"""Latents as napari docks them: wide, below the micrograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ssrvae.docks.latents.panel import LatentsPanel
from napari_ssrvae.docks.wide_dock import WideDock

if TYPE_CHECKING:
    import napari

__all__ = ["LatentsDock"]


class LatentsDock(WideDock):
    """What the model has learned, to be turned by hand."""

    NAME = "Latents"
    HEIGHT_PX = 300

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        panel = LatentsPanel(napari_viewer)
        super().__init__(napari_viewer, panel, scrolls=True)
        self.panel = panel
