"""The gallery: every particle of the library as a thumbnail."""

from napari_ssrvae.docks.gallery.dock import GalleryDock, open_gallery

__all__ = ["GalleryDock", "open_gallery"]
