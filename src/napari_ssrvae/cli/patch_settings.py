"""`segment --patch`: how particles are cut out, which all of a library have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow import patches_of, project_patches

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles import PatchParameters

__all__ = ["ContradictionError", "patches_for"]


class ContradictionError(InputError):
    """What was asked for contradicts the library, whatever the micrograph."""


def patches_for(
    library: ParticleLibrary | None, micrograph: Micrograph, asked: PatchParameters
) -> PatchParameters:
    """Return how to cut out the particles of a micrograph.

    As the others of the library are; where there are none, as asked, and for the rest as this one was before.

    Raises
    ------
    ContradictionError
        What was asked for is not what the others of the library have.
    """
    wanted = asked.model_dump(include=asked.model_fields_set)
    fixed = project_patches(library, micrograph)
    if library is None or fixed is None:
        return _before(library, micrograph).model_copy(update=wanted)
    there = fixed.model_dump()
    for name, value in wanted.items():
        if there[name] != value:
            raise ContradictionError(
                f"The particles of {library.folder.name} are cut out with {name}={str(there[name]).lower()}, not "
                f"{str(value).lower()}, and all of a library are cut out alike: leave --patch {name} out or name "
                "a new library."
            )
    return fixed


def _before(library: ParticleLibrary | None, micrograph: Micrograph) -> PatchParameters:
    from napari_ssrvae.particles import PatchParameters

    if library is not None:
        known = library.micrographs()
        own = known[known["window_px"].notna() & (known["sha256"] == micrograph.sha256)]
        if not own.empty:
            return patches_of(own.iloc[0].to_dict())
    return PatchParameters()
