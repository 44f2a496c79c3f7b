"""The one observable state that every dock of a viewer shows. No Qt, no napari.

All methods are called on the main thread. Long work runs elsewhere (`workflow`) and hands its result to
`accept_particles` and `accept_training`, which put it in the library before anybody is told.
"""

from __future__ import annotations

from napari_ssrvae.session.session import Session, libraries_home
from napari_ssrvae.session.state import ClassSummary, MicrographState

__all__ = ["ClassSummary", "MicrographState", "Session", "libraries_home"]
