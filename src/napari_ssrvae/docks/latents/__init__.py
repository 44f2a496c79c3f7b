"""Latents: what the model has learned, to be turned by hand."""

from napari_ssrvae.docks.latents.dock import LatentsDock

__all__ = ["LatentsDock"]
