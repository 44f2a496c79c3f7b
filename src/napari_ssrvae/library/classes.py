"""The classes a particle can have: names and colours, and the rules for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from napari_ssrvae.errors import InputError

__all__ = [
    "DEFAULT_CLASS_NAMES",
    "DEFAULT_COLOURS",
    "MOST_CLASSES",
    "NONE_OF_THESE",
    "NONE_OF_THESE_COLOUR",
    "NONE_OF_THESE_ID",
    "ParticleClass",
    "checked_class_name",
    "checked_colour",
    "free_colour",
    "name_key",
]

MAX_NAME = 64
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

DEFAULT_CLASS_NAMES = ("single", "dimer", "trimer", "cluster")

# Every library has this class, for what is no particle or of no class that is listed. Class pictures
# hold a class in one byte, 0 for none; it has the last number, the ordinary ones those before.
NONE_OF_THESE_ID = 255
MOST_CLASSES = 254
NONE_OF_THESE = "none of these"
NONE_OF_THESE_COLOUR = "#999999"

# Okabe and Ito's palette for all kinds of colour vision (jfly.uni-koeln.de/color), black left out
# because micrographs are dark; Tol's wine (personal.sron.nl/~pault) stands at the end instead.
DEFAULT_COLOURS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#882255",
)


@dataclass(frozen=True)
class ParticleClass:
    """A class of particles.

    Attributes
    ----------
    class_id : int
        1 or more; the same for the life of the library and never given to another class.
    name : str
        What people call it.
    colour : str
        "#rrggbb", lower case.
    position : int
        Place in the list, from 0.
    reserved : bool
        Whether it is "none of these", which every library has: always the last, never removed.
    """

    class_id: int
    name: str
    colour: str
    position: int
    reserved: bool = False


def checked_class_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return `name` tidied, or raise `InputError` if it cannot be a class name beside `taken`."""
    if not isinstance(name, str):
        raise InputError(f"A class name must be text, not {type(name).__name__}.")
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not tidy:
        raise InputError("A class needs a name: type at least one character.")
    if len(tidy) > MAX_NAME:
        raise InputError(
            f"The class name “{tidy[:20]}…” has {len(tidy)} characters: use at most {MAX_NAME}."
        )
    # Cc control, Cs surrogate: neither can be shown, and surrogates cannot be stored. What turns the direction of
    # text around makes one name look like another; the marks that Persian, Hebrew and emoji need stay.
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in _TURNING for c in tidy):
        raise InputError("The class name contains characters that cannot be shown: retype it.")
    if name_key(tidy) in {name_key(other) for other in taken}:
        raise InputError(f"There is a class named “{tidy}” already: choose another name.")
    return tidy


def name_key(name: str) -> str:
    """Names with the same key are the same name to people: letter case does not matter."""
    return unicodedata.normalize("NFC", name).casefold()


def checked_colour(colour: str) -> str:
    """Return `colour` in lower case, or raise `InputError` if it is not "#rrggbb"."""
    if not isinstance(colour, str) or re.fullmatch(r"#[0-9a-fA-F]{6}", colour) is None:
        raise InputError(f"“{colour}” is not a colour: write it as #rrggbb, for example #e69f00.")
    return colour.lower()


def free_colour(used: Iterable[str]) -> str:
    """Return the default colour that is used least so far, the first one among equals."""
    used = list(used)
    return min(DEFAULT_COLOURS, key=used.count)
