"""A fixed endless list of steps on the library of `made_up.new_library`, and what they lead to."""

from __future__ import annotations

from typing import Any

from napari_ssrvae.library import AddClass, AssignClass, RenameClass


def step(number: int) -> tuple[str, Any]:
    if number % 23 == 22:
        return "segment", (number // 23 + 1) % 2
    if number % 7 == 6:
        return "undo", None
    if number % 31 == 30:
        return "do", RenameClass(1, f"name {number}")
    if number % 61 == 60:
        return "do", AddClass(f"class {number}")
    first = number * 5 % 12 + 1
    return "do", AssignClass((first, first % 12 + 1), number * 3 % 4 + 1)


def state_after(steps: int) -> tuple[dict[int, int], list[str], int]:
    """Labels, class names and the first row of the mask after so many steps from 0."""
    labels: dict[int, int] = {}
    classes = ["single", "dimer", "trimer", "cluster"]
    past: list[tuple[dict[int, int], list[str]]] = []
    top = 5
    for number in range(steps):
        kind, argument = step(number)
        if kind == "segment":
            top = 5 + argument
        elif kind == "undo":
            if past:
                labels, classes = past.pop()
        else:
            before = dict(labels), list(classes)
            if isinstance(argument, AssignClass):
                labels = labels | dict.fromkeys(argument.particle_ids, argument.class_id)
            elif isinstance(argument, RenameClass):
                classes = [argument.name, *classes[1:]]
            else:
                classes = [*classes, argument.name]
            if (labels, classes) != before:
                past.append(before)
    return labels, classes, top
