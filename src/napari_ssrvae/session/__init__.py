"""The one observable state that every dock of a viewer shows. No Qt, no napari.

All methods are called on the main thread. Long work runs elsewhere (`workflow`) and hands its result to
`accept_particles` and `accept_training`, which put it in the library before anybody is told.
"""

from __future__ import annotations

from napari_ssrvae.session.accuracy import RunningAccuracy
from napari_ssrvae.session.catalogue import Catalogue
from napari_ssrvae.session.picking import Pick
from napari_ssrvae.session.queue import LabelQueue
from napari_ssrvae.session.selection import Selection
from napari_ssrvae.session.session import Session, libraries_home
from napari_ssrvae.session.showing import ClassSummary, Shown, Why
from napari_ssrvae.session.state import MicrographState

__all__ = [
    "Catalogue",
    "ClassSummary",
    "LabelQueue",
    "MicrographState",
    "Pick",
    "RunningAccuracy",
    "Selection",
    "Session",
    "Shown",
    "Why",
    "libraries_home",
]
