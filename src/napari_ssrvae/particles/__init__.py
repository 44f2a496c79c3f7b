"""From a micrograph to particles: masks, measurements, patches.

Names are lazy: a form made from the parameters needs neither scikit-image nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_ssrvae.particles.cutter import PatchCutter
    from napari_ssrvae.particles.look import Look, look_at
    from napari_ssrvae.particles.measurements import measure_particles
    from napari_ssrvae.particles.parameters import SegmentationParameters
    from napari_ssrvae.particles.patch_parameters import PatchParameters
    from napari_ssrvae.particles.patches import Patches, extract_patches
    from napari_ssrvae.particles.previewing import preview
    from napari_ssrvae.particles.segmentation import (
        Segmented,
        SegmentProgress,
        iter_segment,
        segment_particles,
    )
    from napari_ssrvae.particles.windows import choose_window

__all__ = [
    "Look",
    "PatchCutter",
    "PatchParameters",
    "Patches",
    "SegmentProgress",
    "SegmentationParameters",
    "Segmented",
    "choose_window",
    "extract_patches",
    "iter_segment",
    "look_at",
    "measure_particles",
    "preview",
    "segment_particles",
]

_HOME = {
    "Look": "look",
    "PatchCutter": "cutter",
    "PatchParameters": "patch_parameters",
    "Patches": "patches",
    "SegmentProgress": "segmentation",
    "Segmented": "segmentation",
    "iter_segment": "segmentation",
    "look_at": "look",
    "preview": "previewing",
    "SegmentationParameters": "parameters",
    "choose_window": "windows",
    "extract_patches": "patches",
    "measure_particles": "measurements",
    "segment_particles": "segmentation",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
