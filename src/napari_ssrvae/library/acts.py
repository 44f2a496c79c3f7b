"""What a user can do to labels and classes. Each act is data: it can be stored, sent and undone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from operator import index
from typing import Literal, TypeAlias

from napari_ssrvae.errors import InputError

__all__ = [
    "Act",
    "ActResult",
    "AddClass",
    "AssignClass",
    "RecolourClass",
    "RemoveClass",
    "RenameClass",
    "act_from_json",
    "act_to_json",
]


@dataclass(frozen=True)
class AssignClass:
    """Label particles by hand; `class_id` None takes their label off."""

    particle_ids: tuple[int, ...]
    class_id: int | None

    def __post_init__(self) -> None:
        # numpy's integers come from selections; JSON and equality want Python's.
        object.__setattr__(self, "particle_ids", tuple(map(index, self.particle_ids)))
        if self.class_id is not None:
            object.__setattr__(self, "class_id", index(self.class_id))


@dataclass(frozen=True)
class AddClass:
    """Add a class at the end of the list; without a colour it gets the next default one."""

    name: str
    colour: str | None = None


@dataclass(frozen=True)
class RenameClass:
    """Give a class another name."""

    class_id: int
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_id", index(self.class_id))


@dataclass(frozen=True)
class RecolourClass:
    """Give a class another colour, "#rrggbb"."""

    class_id: int
    colour: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_id", index(self.class_id))


@dataclass(frozen=True)
class RemoveClass:
    """Remove a class; its particles get the class `labels_to`, or lose their label if None."""

    class_id: int
    labels_to: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_id", index(self.class_id))
        if self.labels_to is not None:
            object.__setattr__(self, "labels_to", index(self.labels_to))


Act: TypeAlias = AssignClass | AddClass | RenameClass | RecolourClass | RemoveClass

_KINDS: dict[str, type[Act]] = {
    "assign_class": AssignClass,
    "add_class": AddClass,
    "rename_class": RenameClass,
    "recolour_class": RecolourClass,
    "remove_class": RemoveClass,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True)
class ActResult:
    """What an act, its undoing or its redoing changed.

    Attributes
    ----------
    act : Act
        The act itself, also when it was undone.
    way : {"do", "undo", "redo"}
        What was done with it.
    text : str
        The act for people, e.g. "label 12 particles as dimer".
    particle_ids : tuple of int
        Particles whose hand label is another one now; empty if the act changed nothing.
    class_ids : tuple of int
        Classes that were added, removed, renamed or recoloured.
    """

    act: Act
    way: Literal["do", "undo", "redo"]
    text: str
    particle_ids: tuple[int, ...]
    class_ids: tuple[int, ...]


def act_to_json(act: Act) -> str:
    """Return the act as one JSON object, {"act": kind, ...}."""
    return json.dumps({"act": _NAMES[type(act)], **asdict(act)}, ensure_ascii=False)


def act_from_json(text: str) -> Act:
    """Return the act that `act_to_json` wrote.

    Raises
    ------
    InputError
        The text is not such an act.
    """
    try:
        values = json.loads(text)
        return _KINDS[values.pop("act")](**values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"“{text[:60]}” is not an act on a particle library.") from error
