"""What became of particles: of a segmentation, of an edit by hand, of its undoing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ParticleChange"]


@dataclass(frozen=True)
class ParticleChange:
    """What a segmentation or an edit by hand did to the particles of a micrograph, as particle ids.

    Attributes
    ----------
    kept : tuple of int
        There before or back again, and there now; label and history followed. Empty for an edit by
        hand, which leaves all particles that it does not name as they are.
    added : tuple of int
        New ones. After undo or redo of an edit: those that are there now and were not just before.
    retired : tuple of int
        There before, without a successor now.
    retired_labelled : tuple of int
        Those of `retired` that have a hand label; it is kept with them.
    doubtful : tuple of int
        Those of `kept` that have a hand label but overlap their old mask by less than half (IoU):
        worth a look.
    region : (slice, slice) or None
        Rows and columns in which the mask has changed; None: anywhere.
    """

    kept: tuple[int, ...]
    added: tuple[int, ...]
    retired: tuple[int, ...]
    retired_labelled: tuple[int, ...]
    doubtful: tuple[int, ...] = ()
    region: tuple[slice, slice] | None = None
