"""Latents: what the model has learned, to be turned by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.wide_dock import WideDock

if TYPE_CHECKING:
    import napari

__all__ = ["LatentsDock"]


class LatentsDock(WideDock):
    """Latents, below the micrograph."""

    NAME = "Latents"

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        panel = QWidget()
        super().__init__(napari_viewer, panel)
        self.panel = panel
