"""What the map shows of a session: positions and colours of the particles that pass the filter; nothing of Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.docks.gallery.arrangement import Arrangement, arrange
from napari_ssrvae.docks.latent_map.marks import (
    FIRST,
    GREY,
    Marks,
    NumberScale,
    marks_of,
    number_levels,
)
from napari_ssrvae.docks.latent_map.quantities import FULL_TURN, is_cyclic, values_of
from napari_ssrvae.session import Why

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.docks.latent_map.quantities import Quantity
    from napari_ssrvae.session import Session

__all__ = ["Choice", "Content", "content_of", "table_of"]


@dataclass(frozen=True, eq=False)
class Choice:
    """What is asked for.

    Attributes
    ----------
    across, up, colour : str
        Keys of quantities; of the colour "" is the class.
    filter : Arrangement
        Only its filter counts.
    alike : (M,) int64
        Particles that similarity is to.
    """

    across: str
    up: str
    colour: str
    filter: Arrangement
    alike: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Content:
    """What is shown.

    Attributes
    ----------
    marks : Marks
    passing : int
        Particles that pass the filter, whether they have both numbers or not.
    counts : dict
        Class id to how many marks are of it by hand and by the model.
    grey : int
        Marks without a class, or without the number that the colours stand for.
    scale : NumberScale or None
        Of the number that the colours stand for.
    """

    marks: Marks
    passing: int
    counts: dict[int, tuple[int, int]]
    grey: int
    scale: NumberScale | None


def content_of(session: Session, choice: Choice) -> Content:
    """Return what the map shows; 100,000 particles take some 20 ms."""
    catalogue = session.catalogue
    rows = arrange(catalogue, choice.filter)
    x = values_of(catalogue, choice.across, choice.alike)[rows]
    y = values_of(catalogue, choice.up, choice.alike)[rows]
    shown = session.shown(rows)
    hand = shown.why == Why.HAND
    scale = None
    if choice.colour:
        values = values_of(catalogue, choice.colour, choice.alike)[rows]
        levels, scale = number_levels(values, FULL_TURN if is_cyclic(choice.colour) else None)
    else:
        levels = np.where(shown.class_ids > 0, shown.class_ids.astype(np.uint16) + FIRST, GREY)
        levels = levels.astype(np.uint16)
    marks = marks_of(rows, x, y, levels, hand)
    filled, outlined = (
        np.bincount(part, minlength=FIRST + 256)
        for part in (marks.levels[: marks.n_filled], marks.levels[marks.n_filled :])
    )
    counts = {}
    if not choice.colour:
        ids = np.flatnonzero((filled + outlined)[FIRST:])
        counts = {int(i): (int(outlined[FIRST + i]), int(filled[FIRST + i])) for i in ids}
    return Content(marks, len(rows), counts, int(filled[GREY] + outlined[GREY]), scale)


def table_of(
    session: Session,
    content: Content,
    across: Quantity,
    up: Quantity,
    colour: Quantity | None,
    alike: NDArray[np.int64],
) -> pd.DataFrame:
    """Return the points as a table: one row a particle, in the order of their ids; units in the headers."""
    import pandas as pd

    catalogue = session.catalogue
    rows = np.sort(content.marks.rows)
    shown = session.shown(rows)
    names = {c.class_id: c.name for c in session.classes}
    said = {Why.HAND: "hand", Why.SURE: "model", Why.UNSURE: "model, unsure", Why.NOVEL: "novelty"}
    library = session.library
    micrographs = {} if library is None else library.micrographs()["name"].to_dict()
    columns: dict[str, object] = {
        "particle_id": catalogue.particle_ids[rows],
        "micrograph": [micrographs.get(i, "") for i in catalogue.micrograph_ids[rows].tolist()],
        "class": [names.get(i, "") for i in shown.class_ids.tolist()],
        "class_by": [said.get(Why(w), "") for w in shown.why.tolist()],
        "probability": catalogue.probability[rows],
    }
    for quantity in (across, up, colour):
        if quantity is not None and quantity.label not in columns:
            columns[quantity.label] = values_of(catalogue, quantity.key, alike)[rows]
    return pd.DataFrame(columns)
