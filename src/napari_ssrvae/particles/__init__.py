"""From a micrograph to particles: masks, measurements, patches."""

from __future__ import annotations

from napari_ssrvae.particles.measurements import measure_particles
from napari_ssrvae.particles.parameters import SegmentationParameters
from napari_ssrvae.particles.patches import Patches, extract_patches
from napari_ssrvae.particles.segmentation import segment_particles
from napari_ssrvae.particles.windows import choose_window

__all__ = [
    "Patches",
    "SegmentationParameters",
    "choose_window",
    "extract_patches",
    "measure_particles",
    "segment_particles",
]
