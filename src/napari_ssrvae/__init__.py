"""From SEM micrographs to labelled nanoparticle libraries.

Every public name is lazy: importing the package imports neither torch nor Qt nor napari.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "InputError": "errors",
    "Micrograph": "micrographs",
    "read_micrograph": "micrographs",
    "SegmentationParameters": "particles",
    "PatchParameters": "particles",
    "segment_particles": "particles",
    "measure_particles": "particles",
    "extract_patches": "particles",
    "Patches": "particles",
    "SSRVAE": "ssrvae",
    "ParticleLibrary": "library",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from napari_ssrvae.errors import InputError as InputError
    from napari_ssrvae.library import ParticleLibrary as ParticleLibrary
    from napari_ssrvae.micrographs import Micrograph as Micrograph
    from napari_ssrvae.micrographs import read_micrograph as read_micrograph
    from napari_ssrvae.particles import Patches as Patches
    from napari_ssrvae.particles import PatchParameters as PatchParameters
    from napari_ssrvae.particles import SegmentationParameters as SegmentationParameters
    from napari_ssrvae.particles import extract_patches as extract_patches
    from napari_ssrvae.particles import measure_particles as measure_particles
    from napari_ssrvae.particles import segment_particles as segment_particles
    from napari_ssrvae.ssrvae import SSRVAE as SSRVAE
