"""Acts told in a sentence, with the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_ssrvae.library import ActResult

__all__ = ["sentence_of"]

# The first word of an act's text, and what it is when it is done.
DONE = {
    "add": "Added",
    "change": "Changed",
    "delete": "Deleted",
    "forget": "Forgot",
    "label": "Labelled",
    "merge": "Merged",
    "move": "Moved",
    "paint": "Painted",
    "remove": "Removed",
    "rename": "Renamed",
    "split": "Split",
    "take": "Took",
}


def sentence_of(result: ActResult) -> str:
    """Return in one sentence what was done and which keys take it back."""
    if not (result.particle_ids or result.class_ids or result.mask):
        return f"Nothing is different now: {result.text}."
    if result.way == "undo":
        return f"Taken back: {result.text}; Ctrl+Shift+Z does it again."
    if result.way == "redo":
        return f"Done again: {result.text}; Ctrl+Z takes it back."
    first, _, rest = result.text.partition(" ")
    done = f"{DONE[first]} {rest}" if first in DONE else f"Done: {result.text}"
    return f"{done}; Ctrl+Z takes it back."
