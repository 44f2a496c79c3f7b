"""From a particle's id to its place on the screen, opening its micrograph where needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["jump", "open_again", "open_all"]


def jump(canvas: Canvas, particle_id: int) -> None:
    """Make a particle's micrograph the current one and bring the particle into view.

    Raises
    ------
    InputError
        There is no such particle, or its micrograph is not where it was.
    """
    session = canvas.session
    at = session.locate(particle_id)
    if at is None:
        row = int(session.catalogue.rows([particle_id])[0])
        if row < 0:
            raise InputError(
                "This particle is there no more: it was deleted, or its micrograph was segmented again."
            )
        micrographs = session.need_library().micrographs().to_dict("index")
        found = micrographs[int(session.catalogue.micrograph_ids[row])]
        if not open_again(canvas, found):
            raise InputError(
                f"{found['name']} is not found where it was: open this micrograph yourself to see the particle."
            )
        at = session.locate(particle_id)
    if at is None:
        return
    state, label_id = at
    image = canvas.image_layer(state)
    if image is None:
        canvas.redraw(state)
        image = canvas.image_layer(state)
    session.set_current(state)
    if image is not None:
        top, left, bottom, right = state.boxes[label_id].tolist()
        canvas.view.centre(image, np.array([(top, left), (bottom - 1, right - 1)], float))


def open_again(canvas: Canvas, row: dict[Any, Any]) -> bool:
    """Open a micrograph of the library from its path; False if it is not there or another picture."""
    from napari_ssrvae.micrographs import read_micrograph

    try:
        micrograph = read_micrograph(str(row["path"])) if row["path"] else None
    except InputError:
        micrograph = None
    if micrograph is None or micrograph.sha256 != row["sha256"]:
        return False
    canvas.redraw(canvas.session.add_micrograph(micrograph))
    return True


def open_all(canvas: Canvas) -> list[str]:
    """Open the library's micrographs that are not open yet; return the names of those not found."""
    open_already = {state.micrograph.sha256 for state in canvas.session.micrographs}
    rows = canvas.session.need_library().micrographs().to_dict("records")
    return [
        str(row["name"])
        for row in rows
        if row["sha256"] not in open_already and not open_again(canvas, row)
    ]
