"""A fixed endless list of steps on the library of `made_up.new_library`, and what they lead to."""

from __future__ import annotations

from typing import Any

from napari_ssrvae.library import AddClass, AddClasses, AssignClass, MoveClass, RenameClass


def step(number: int) -> tuple[str, Any]:
    if number % 23 == 22:
        return "segment", (number // 23 + 1) % 2
    if number % 7 == 6:
        return "undo", None
    if number % 31 == 30:
        return "do", RenameClass(1, f"name {number}")
    if number % 61 == 60:
        return "do", AddClass(f"class {number}")
    if number % 37 == 36:
        return "do", MoveClass(number % 4 + 1, number % 3)
    if number % 59 == 58:
        return "do", AddClasses(((f"one {number}", None), (f"two {number}", "#010203")))
    first = number * 5 % 12 + 1
    return "do", AssignClass((first, first % 12 + 1), number * 3 % 4 + 1)


def state_after(steps: int) -> tuple[dict[int, int], list[str], int]:
    """Labels, names of the ordinary classes and the first row of the mask after so many steps from 0."""
    labels: dict[int, int] = {}
    # Numbers matter only of those that were there from the start.
    classes: list[tuple[int, str]] = [(1, "single"), (2, "dimer"), (3, "trimer"), (4, "cluster")]
    past: list[tuple[dict[int, int], list[tuple[int, str]]]] = []
    top = 5
    for number in range(steps):
        kind, act = step(number)
        if kind == "segment":
            top = 5 + act
        elif kind == "undo":
            if past:
                labels, classes = past.pop()
        else:
            before = dict(labels), list(classes)
            match act:
                case AssignClass():
                    labels = labels | dict.fromkeys(act.particle_ids, act.class_id)
                case RenameClass():
                    classes = [(i, act.name if i == act.class_id else n) for i, n in classes]
                case MoveClass():
                    moved = next(entry for entry in classes if entry[0] == act.class_id)
                    classes = [entry for entry in classes if entry != moved]
                    classes.insert(act.position, moved)
                case AddClasses():
                    classes = [*classes, *((0, name) for name, _ in act.classes)]
                case AddClass():
                    classes = [*classes, (0, act.name)]
            if (labels, classes) != before:
                past.append(before)
    return labels, [name for _, name in classes], top
