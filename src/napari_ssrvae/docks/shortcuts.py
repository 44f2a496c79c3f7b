"""The one registry of keys: what the sheet shows, what tooltips name, what `commands` and `keys` act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SHORTCUTS", "Shortcut", "keys_for", "with_key"]

Where = Literal["everywhere", "micrograph", "gallery", "review"]


@dataclass(frozen=True)
class Shortcut:
    """One thing that keys do.

    Attributes
    ----------
    key : str
        As people read it; several that do the same are divided by " or ", a range is "1-9".
    words : str
        What it does, in a few words.
    where : {"everywhere", "micrograph", "gallery", "review"}
        Where the keys are heard: in the whole window, with the mouse on the micrograph, in the gallery, or while
        particles are under review (then on the micrograph and in the gallery alike).
    """

    key: str
    words: str
    where: Where

    @property
    def keys(self) -> tuple[str, ...]:
        """Each single key, as Qt names it: "1", "Shift+N", "Ctrl+Z"."""
        if self.key == "1-9":
            return tuple("123456789")
        return tuple(self.key.split(" or "))


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut("Ctrl+Z", "Undo: take the last act back", "everywhere"),
    Shortcut("Ctrl+Shift+Z or Ctrl+Y", "Redo: do it again", "everywhere"),
    Shortcut("F1 or ?", "Show the keys", "everywhere"),
    Shortcut("1-9", "Choose a class, and give it to the particle under the mouse", "micrograph"),
    Shortcut("X", "Give it the class for what is none of these", "micrograph"),
    Shortcut("0", "Take its label off", "micrograph"),
    Shortcut("N", "Go to the particle that helps most", "micrograph"),
    Shortcut("R", "Review the predictions, the most doubtful first", "micrograph"),
    Shortcut("B", "Box: label all particles in a box", "micrograph"),
    Shortcut("L", "Lasso: label all particles in a loop", "micrograph"),
    Shortcut("J", "Bring the selected particle into view", "micrograph"),
    Shortcut("Esc", "Put the tool away, end the review, select nothing", "micrograph"),
    Shortcut("D", "Delete particles by a click or a stroke", "micrograph"),
    Shortcut("M", "Merge the particles that a stroke crosses", "micrograph"),
    Shortcut("S", "Split a particle along a stroke", "micrograph"),
    Shortcut("P", "Paint a particle that was missed", "micrograph"),
    Shortcut("[", "Make the brush smaller", "micrograph"),
    Shortcut("]", "Make the brush larger", "micrograph"),
    Shortcut("Del or Backspace", "Delete the particle under the mouse", "micrograph"),
    Shortcut("1-9", "Choose a class, and give it to the selected particles", "gallery"),
    Shortcut("X", "Give them the class for what is none of these", "gallery"),
    Shortcut("0", "Take their labels off", "gallery"),
    Shortcut("J", "Bring the particle into view on the micrograph", "gallery"),
    Shortcut("Ctrl+A", "Select all that is shown", "gallery"),
    Shortcut("F5", "Sort again", "gallery"),
    Shortcut("Enter or Space", "Accept the prediction and go on", "review"),
    Shortcut("1-9", "Correct it: give this class and go on", "review"),
    Shortcut("X", "It is none of these; go on", "review"),
    Shortcut("0", "Leave it without a label; go on", "review"),
    Shortcut("N or Tab", "Skip it", "review"),
    Shortcut("Shift+N", "Go back to the one before", "review"),
    Shortcut("Esc", "End the review", "review"),
)


def keys_for(*places: Where) -> tuple[str, ...]:
    """Return each single key that is heard in one of these places, once, in the order of the registry."""
    found = (key for entry in SHORTCUTS if entry.where in places for key in entry.keys)
    return tuple(dict.fromkeys(found))


def with_key(tip: str, key: str) -> str:
    """Return a tooltip that names the key at its end: "Undo (Ctrl+Z)"."""
    return f"{tip} ({key})"
