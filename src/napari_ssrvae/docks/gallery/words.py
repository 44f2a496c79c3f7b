"""What is said of a particle in the gallery: below its thumbnail and under the mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_ssrvae.session import Catalogue, Session

__all__ = ["CAPTIONS", "caption_of", "tip_of"]


def _name(session: Session, class_id: int) -> str:
    return next((c.name for c in session.classes if c.class_id == class_id), "")


def _size(session: Session, row: int) -> str:
    catalogue: Catalogue = session.catalogue
    return f"{float(catalogue.size[row]):.3g} {catalogue.size_unit}"


def _probability(session: Session, row: int) -> str:
    return _number(session.catalogue.probability[row])


def _number(value: float) -> str:
    return f"{float(value):.2f}" if np.isfinite(value) else "\u2013"


def _class(session: Session, row: int) -> str:
    return _name(session, int(session.shown(np.array([row])).class_ids[0]))


CAPTIONS: dict[str, Callable[[Session, int], str]] = {
    "size": _size,
    "probability": _probability,
    "class": _class,
    "uncertainty": lambda session, row: _number(session.catalogue.uncertainty[row]),
    "novelty": lambda session, row: _number(session.catalogue.novelty[row]),
    "number": lambda session, row: str(int(session.catalogue.particle_ids[row])),
}


def caption_of(session: Session, row: int, caption: str) -> str:
    """Return the caption of the particle in a row of the catalogue; "" if there is no such caption."""
    words = CAPTIONS.get(caption)
    return "" if words is None else words(session, row)


def tip_of(session: Session, row: int) -> str:
    """Return what is known of the particle in a row of the catalogue, in plain lines."""
    catalogue = session.catalogue
    hand, model = int(catalogue.by_hand[row]), int(catalogue.by_model[row])
    lines = [f"Particle {int(catalogue.particle_ids[row])}, {_size(session, row)}"]
    if hand:
        lines.append(f"{_name(session, hand)}, by hand")
    if model:
        lines.append(f"{_name(session, model)} with {_probability(session, row)}, by the model")
        if session.said(np.array([row]))[0] != model:
            novelty = _number(catalogue.novelty[row])
            lines.append(f"set aside as none of these: novelty {novelty}")
    if not hand and not model:
        lines.append("not labelled")
    return "\n".join(lines)
