"""Pixel sizes from several places of one file: taken where they agree, both kept where they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["AGREE_WITHIN", "PixelSize", "Scales", "Settled", "agree", "settle"]

# Files round to three or four digits, and drawn bars to whole pixels; a wrong digit is further off.
AGREE_WITHIN = 0.02


@dataclass(frozen=True)
class PixelSize:
    """Edge of a pixel in nanometres, and where that is said, as a phrase for people."""

    nm: float
    source: str


@dataclass(frozen=True)
class Scales:
    """What one or several places say, the most trustworthy first, and what to tell about it."""

    sizes: tuple[PixelSize, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Scales) -> Scales:
        return Scales((*self.sizes, *other.sizes), (*self.notes, *other.notes))


@dataclass(frozen=True)
class Settled:
    """The pixel size that was taken, or the ones to choose from."""

    nm: float | None = None
    source: str = ""
    choices: tuple[PixelSize, ...] = ()
    notes: tuple[str, ...] = ()


def agree(a: float, b: float) -> bool:
    """Whether two lengths are the same within what files state."""
    return abs(a - b) <= AGREE_WITHIN * min(abs(a), abs(b))


def settle(trusted: Iterable[PixelSize], last_resort: PixelSize | None = None) -> Settled:
    """Return the pixel size that all trusted places agree on.

    Parameters
    ----------
    trusted : iterable of PixelSize
        The most trustworthy first: its value is taken where the others agree within 2 %.
    last_resort : PixelSize, optional
        Taken only where there is nothing trusted; it never contradicts.

    Returns
    -------
    Settled
        With `choices` and without a value where trusted places contradict each other.
    """
    different: list[PixelSize] = []
    for size in trusted:
        if not any(agree(size.nm, other.nm) for other in different):
            different.append(size)
    if not different:
        if last_resort is None:
            return Settled()
        return Settled(last_resort.nm, last_resort.source)
    if len(different) == 1:
        return Settled(different[0].nm, different[0].source)
    said = " but ".join(f"{size.nm:.4g} nm by {size.source}" for size in different)
    note = f"the file contradicts itself about its pixel size: {said}"
    return Settled(choices=tuple(different), notes=(note,))
