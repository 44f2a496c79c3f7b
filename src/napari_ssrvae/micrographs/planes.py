"""Which plane of a stack."""

from __future__ import annotations

from napari_ssrvae.errors import InputError

__all__ = ["choose_plane"]


def choose_plane(
    n_planes: int, plane: int | None, name: str, *, n_channels: int = 1
) -> tuple[int, tuple[str, ...]]:
    """Return the index of the plane to read and what to tell about it.

    Raises
    ------
    InputError
        There is no such plane, or several channels and none was chosen.
    """
    if plane is None:
        if n_channels > 1:
            raise InputError(
                f"{name} holds {n_channels} channels in {n_planes} planes: "
                f"choose one with plane=0 to plane={n_planes - 1}."
            )
        return 0, (f"plane 0 of {n_planes} taken",) if n_planes > 1 else ()
    if not 0 <= plane < n_planes:
        raise InputError(
            f"{name} has no plane {plane}: it has {n_planes}, counted from 0, choose one of them."
        )
    return plane, (f"plane {plane} of {n_planes} taken",) if n_planes > 1 else ()
