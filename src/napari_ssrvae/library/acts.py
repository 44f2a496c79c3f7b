"""What a user can do to labels, classes and masks. Each act is data: it can be stored and undone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from operator import index
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library.particle_change import ParticleChange
    from napari_ssrvae.library.pixel_runs import PixelRuns
    from napari_ssrvae.particles import Patches

__all__ = [
    "Act",
    "ActResult",
    "AddClass",
    "AddClasses",
    "AssignClass",
    "EditKind",
    "EditMask",
    "ForgetLostLabels",
    "MaskChange",
    "MoveClass",
    "RecolourClass",
    "RemoveClass",
    "RenameClass",
    "act_from_json",
    "act_to_json",
]


@dataclass(frozen=True)
class AssignClass:
    """Label particles by hand; `class_id` None takes their label off.

    `check` names the model that picked the particles at random to be judged: what it predicted is kept
    beside the answer (`ParticleLibrary.checks`).
    """

    particle_ids: tuple[int, ...]
    class_id: int | None
    check: str | None = None

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
class AddClasses:
    """Add a list of classes, (name, colour or None), at the end; names that are there are left out."""

    classes: tuple[tuple[str, str | None], ...]

    def __post_init__(self) -> None:
        # JSON has lists only.
        listed = tuple((name, colour) for name, colour in self.classes)
        object.__setattr__(self, "classes", listed)


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
class MoveClass:
    """Give a class another place in the list, from 0, before the reserved one."""

    class_id: int
    position: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_id", index(self.class_id))
        object.__setattr__(self, "position", index(self.position))


@dataclass(frozen=True)
class RemoveClass:
    """Remove a class; its particles get the class `labels_to`, or lose their label if None.

    With `labels_to` it is a merge: what models predict of the class counts for the other one.
    """

    class_id: int
    labels_to: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_id", index(self.class_id))
        if self.labels_to is not None:
            object.__setattr__(self, "labels_to", index(self.labels_to))


@dataclass(frozen=True)
class ForgetLostLabels:
    """Take the labels off particles that a new segmentation has retired (`lost_labels`)."""

    particle_ids: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "particle_ids", tuple(map(index, self.particle_ids)))


EditKind: TypeAlias = Literal["delete", "merge", "split", "paint"]


@dataclass(frozen=True, eq=False)
class EditMask:
    """Change a micrograph's mask by hand: particles go, new ones without a label come.

    Attributes
    ----------
    micrograph_id : int
    kind : {"delete", "merge", "split", "paint"}
        For the words in which it is told.
    removed : tuple of int
        Particle ids that go; their labels stay with them, and come back with them.
    pixels : PixelRuns
        All pixels of what goes and of what comes, and no others.
    table : DataFrame
        Measurements of what comes, index label_id.
    patches : Patches
        The same particles cut out, in the order of `table`.

    An edit read back from the history has no `pixels`, `table` and `patches`: only `redo` does it again.
    """

    micrograph_id: int
    kind: EditKind
    removed: tuple[int, ...]
    pixels: PixelRuns | None = field(default=None, repr=False)
    table: pd.DataFrame | None = field(default=None, repr=False)
    patches: Patches | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "micrograph_id", index(self.micrograph_id))
        object.__setattr__(self, "removed", tuple(map(index, self.removed)))


Act: TypeAlias = (
    AssignClass
    | AddClass
    | AddClasses
    | RenameClass
    | RecolourClass
    | MoveClass
    | RemoveClass
    | ForgetLostLabels
    | EditMask
)

_KINDS: dict[str, type[Act]] = {
    "edit_mask": EditMask,
    "assign_class": AssignClass,
    "add_class": AddClass,
    "add_classes": AddClasses,
    "move_class": MoveClass,
    "forget_lost_labels": ForgetLostLabels,
    "rename_class": RenameClass,
    "recolour_class": RecolourClass,
    "remove_class": RemoveClass,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, eq=False)
class MaskChange:
    """What became of a mask and its particles.

    Attributes
    ----------
    micrograph_id : int
    pixels : PixelRuns
        To be written into the mask as it was just before.
    particles : ParticleChange
    """

    micrograph_id: int
    pixels: PixelRuns
    particles: ParticleChange


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
    mask : MaskChange or None
        What an edit by hand, its undoing or its redoing changed.
    """

    act: Act
    way: Literal["do", "undo", "redo"]
    text: str
    particle_ids: tuple[int, ...]
    class_ids: tuple[int, ...]
    mask: MaskChange | None = None


def act_to_json(act: Act) -> str:
    """Return the act as one JSON object, {"act": kind, ...}; of an edit without its pixels."""
    if isinstance(act, EditMask):
        names = ("micrograph_id", "kind", "removed")
        values: dict[str, Any] = {name: getattr(act, name) for name in names}
    else:
        values = asdict(act)
    return json.dumps({"act": _NAMES[type(act)], **values}, ensure_ascii=False)


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
