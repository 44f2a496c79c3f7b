"""Micrographs as a person corrected them."""

from __future__ import annotations

from dataclasses import replace
from operator import index
from typing import TYPE_CHECKING, Any

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["calibrated", "corrected"]


def calibrated(micrograph: Micrograph, nm: float, source: str) -> Micrograph:
    """Return the micrograph with this pixel size; what its file says against it is settled."""
    settled: dict[str, Any] = (
        {"pixel_size_choices": ()} if getattr(micrograph, "pixel_size_choices", ()) else {}
    )
    return replace(micrograph, pixel_size_nm=nm, pixel_size_source=source, **settled)


def corrected(micrograph: Micrograph, rows: tuple[int, int] | None) -> Micrograph:
    """Return the micrograph with this data bar.

    Raises
    ------
    InputError
        The rows do not lie in it.
    """
    if rows is None:
        return replace(micrograph, data_bar=None)
    height = micrograph.image.shape[0]
    start, stop = (index(row) for row in rows)
    if not 0 <= start < stop <= height:
        raise InputError(
            f"A data bar from row {start} to row {stop} does not lie in {micrograph.name}, which has {height} "
            "rows: give rows inside the image."
        )
    return replace(micrograph, data_bar=(start, stop))
