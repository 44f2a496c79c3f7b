"""The particle library on disk: micrographs, particles, hand labels with their history, models.

A library is one folder. It survives being killed at any moment and opens on another machine, with
or without its micrographs.
"""

from __future__ import annotations

from napari_ssrvae.library.acts import (
    Act,
    ActResult,
    AddClass,
    AddClasses,
    AssignClass,
    EditKind,
    EditMask,
    ForgetLostLabels,
    MaskChange,
    MoveClass,
    RecolourClass,
    RemoveClass,
    RenameClass,
    act_from_json,
    act_to_json,
)
from napari_ssrvae.library.class_lists import read_class_list, write_class_list
from napari_ssrvae.library.classes import (
    DEFAULT_CLASS_NAMES,
    DEFAULT_COLOURS,
    NONE_OF_THESE_ID,
    ParticleClass,
)
from napari_ssrvae.library.export import EXPORT_FORMATS, export_library
from napari_ssrvae.library.library import ParticleLibrary
from napari_ssrvae.library.particle_change import ParticleChange
from napari_ssrvae.library.pixel_runs import PixelRuns

__all__ = [
    "DEFAULT_CLASS_NAMES",
    "DEFAULT_COLOURS",
    "EXPORT_FORMATS",
    "NONE_OF_THESE_ID",
    "Act",
    "ActResult",
    "AddClass",
    "AddClasses",
    "AssignClass",
    "EditKind",
    "EditMask",
    "ForgetLostLabels",
    "MaskChange",
    "MoveClass",
    "ParticleChange",
    "ParticleClass",
    "ParticleLibrary",
    "PixelRuns",
    "RecolourClass",
    "RemoveClass",
    "RenameClass",
    "act_from_json",
    "act_to_json",
    "export_library",
    "read_class_list",
    "write_class_list",
]
