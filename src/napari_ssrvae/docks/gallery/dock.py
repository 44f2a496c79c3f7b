"""The gallery as napari docks it: wide, below the micrograph."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from napari_ssrvae.docks.gallery.panel import GalleryPanel
from napari_ssrvae.docks.wide_dock import WideDock, open_dock

if TYPE_CHECKING:
    import napari

__all__ = ["GalleryDock", "open_gallery"]


class GalleryDock(WideDock):
    """Holds the gallery."""

    NAME = "Gallery"

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        panel = GalleryPanel(napari_viewer)
        super().__init__(napari_viewer, panel)
        self.panel = panel


def open_gallery(viewer: napari.Viewer) -> GalleryDock:
    """Show the gallery of a viewer, docked once, and bring it to the front."""
    return cast(GalleryDock, open_dock(viewer, GalleryDock.NAME))
