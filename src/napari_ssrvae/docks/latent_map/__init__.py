"""The latent map: particles as points between any two of their numbers."""

from napari_ssrvae.docks.latent_map.dock import LatentMapDock

__all__ = ["LatentMapDock"]
