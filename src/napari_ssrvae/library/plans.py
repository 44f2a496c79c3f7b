"""What an act means now: the change of rows that it is, and the words for it. Nothing is written here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import class_plans
from napari_ssrvae.library.acts import (
    Act,
    AddClass,
    AddClasses,
    AssignClass,
    EditMask,
    ForgetLostLabels,
    MoveClass,
    RecolourClass,
    RemoveClass,
    RenameClass,
)
from napari_ssrvae.library.changes import Change
from napari_ssrvae.library.class_rows import live_class
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.mask_edits import plan_edit

__all__ = ["plan"]


def plan(act: Act, database: Database) -> tuple[Change, str]:
    """Return the change that `act` means now, and the act in words.

    Raises
    ------
    InputError
        The act cannot be done: unknown particle or class, bad or taken name, bad colour.
    """
    match act:
        case AssignClass():
            return _assign(act, database)
        case AddClass():
            return class_plans.add_class(act, database)
        case AddClasses():
            return class_plans.add_classes(act, database)
        case RenameClass():
            return class_plans.rename_class(act, database)
        case RecolourClass():
            return class_plans.recolour_class(act, database)
        case MoveClass():
            return class_plans.move_class(act, database)
        case RemoveClass():
            return class_plans.remove_class(act, database)
        case ForgetLostLabels():
            return _forget(act, database)
        case EditMask():
            edit, text = plan_edit(act, database)
            return Change(edit=edit), text
    raise InputError(f"{act!r} is not an act on a particle library.")


def _assign(act: AssignClass, database: Database) -> tuple[Change, str]:
    if not act.particle_ids:
        raise InputError("No particle is selected: select at least one to label.")
    asked = set(act.particle_ids)
    before = _labels(database, asked, "retired = 0")
    if missing := sorted(asked - before.keys()):
        raise InputError(
            f"There is no particle {missing[0]} in the library: it was never there or went with "
            "a new segmentation or an edit by hand; select particles that are shown."
        )
    count = f"{len(asked)} particle{'s' if len(asked) > 1 else ''}"
    if act.class_id is None:
        text = f"take the label off {count}"
    else:
        text = f"label {count} as {live_class(act.class_id, database)[0]}"
    return Change(_grouped(before, act.class_id), act.class_id), text


def _forget(act: ForgetLostLabels, database: Database) -> tuple[Change, str]:
    if not act.particle_ids:
        raise InputError("No lost label is selected: select at least one to forget.")
    asked = set(act.particle_ids)
    before = _labels(database, asked, "retired = 1")
    before = {i: class_id for i, class_id in before.items() if class_id is not None}
    if missing := sorted(asked - before.keys()):
        raise InputError(
            f"Particle {missing[0]} has no lost label: its label was forgotten already, or it is there "
            "again; select labels of the list."
        )
    text = f"forget {len(asked)} lost label{'s' if len(asked) > 1 else ''}"
    return Change(_grouped(before, None), None), text


def _labels(database: Database, asked: Iterable[int], where: str) -> dict[int, int | None]:
    """Return the present label, None without one, of those of the particles that fulfil `where`."""
    # json_each rather than (?, ?, ...): no limit on the number of particles.
    return dict(
        database.rows(
            "SELECT particles.particle_id, labels.class_id FROM particles "
            f"LEFT JOIN labels USING (particle_id) WHERE particles.{where} "
            "AND particles.particle_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(asked)),),
        )
    )


def _grouped(
    before: dict[int, int | None], after: int | None
) -> list[tuple[int | None, Sequence[int]]]:
    groups: dict[int | None, list[int]] = defaultdict(list)
    for particle_id, class_id in before.items():
        if class_id != after:
            groups[class_id].append(particle_id)
    return list(groups.items())
