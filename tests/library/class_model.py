"""What classes and labels must be after an act: the plainest model of a library."""

from __future__ import annotations

from dataclasses import replace

from napari_ssrvae.library import (
    NONE_OF_THESE_ID,
    Act,
    AddClass,
    AddClasses,
    AssignClass,
    MoveClass,
    ParticleClass,
    RecolourClass,
    RemoveClass,
    RenameClass,
)

State = tuple[tuple[ParticleClass, ...], dict[int, int]]


def expected(state: State, act: Act, next_id: int) -> State | None:
    """The state after an act; None if the act is not allowed."""
    classes, labels = state
    known = {c.class_id: c for c in classes}
    match act:
        case AssignClass(ids, class_id):
            if not ids or (class_id is not None and class_id not in known):
                return None
            kept = {i: c for i, c in labels.items() if i not in ids}
            return classes, kept if class_id is None else kept | dict.fromkeys(ids, class_id)
        case AddClass(name, colour):
            return (
                None if _taken(name, classes) else (_with(classes, next_id, name, colour), labels)
            )
        case AddClasses(listed):
            more = classes
            for name, colour in listed:
                if not 0 < len(name) <= 64:
                    return None
                if not _taken(name, more):
                    more = _with(more, next_id, name, colour)
                    next_id += 1
            return None if more == classes else (more, labels)
        case RenameClass(class_id, name):
            allowed = class_id in known and not _taken(name, classes, class_id)
            return _change(state, class_id, name=name) if allowed else None
        case RecolourClass(class_id, colour):
            return _change(state, class_id, colour=colour) if class_id in known else None
        case MoveClass(class_id, position):
            ordinary = [c for c in classes if not c.reserved]
            if class_id not in known or known[class_id].reserved:
                return None
            if not 0 <= position < len(ordinary):
                return None
            ordinary.remove(known[class_id])
            ordinary.insert(position, known[class_id])
            return _numbered([*ordinary, *(c for c in classes if c.reserved)]), labels
        case RemoveClass(class_id, to):
            if class_id not in known or to == class_id or (to is not None and to not in known):
                return None
            if class_id == NONE_OF_THESE_ID:
                return None
            moved = {i: to if c == class_id else c for i, c in labels.items()}
            return (
                _numbered([c for c in classes if c.class_id != class_id]),
                {i: c for i, c in moved.items() if c is not None},
            )
    raise AssertionError(act)


def _taken(name: str, classes: tuple[ParticleClass, ...], but: int | None = None) -> bool:
    return not 0 < len(name) <= 64 or any(
        c.name.casefold() == name.casefold() and c.class_id != but for c in classes
    )


def _with(
    classes: tuple[ParticleClass, ...], class_id: int, name: str, colour: str | None
) -> tuple[ParticleClass, ...]:
    new = ParticleClass(class_id, name, colour or "?", len(classes))
    return _numbered([*(c for c in classes if not c.reserved), new, classes[-1]])


def _numbered(classes: list[ParticleClass]) -> tuple[ParticleClass, ...]:
    return tuple(replace(c, position=i) for i, c in enumerate(classes))


def _change(state: State, class_id: int, **values: str) -> State:
    classes, labels = state
    new = (replace(c, **values) if c.class_id == class_id else c for c in classes)
    return tuple(new), labels
