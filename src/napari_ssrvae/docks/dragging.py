"""Particles that are dragged with the mouse from one place of the window to another."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtCore import QMimeData

__all__ = ["MIME_TYPE", "particles_mime", "particles_of"]

MIME_TYPE = "application/x-napari-ssrvae-particles+json"

# Far above any library that is worked on by hand; what is longer was not made here.
MOST_PARTICLES = 2_000_000
MOST_BYTES = 22 * MOST_PARTICLES


def particles_mime(particle_ids: ArrayLike, origin: str = "") -> QMimeData:
    """Return what a drag of these particles carries.

    Parameters
    ----------
    particle_ids : (n,) int
    origin : str
        The library they are of, by its folder: another library has other particles under the same ids.
    """
    ids = np.unique(np.asarray(particle_ids, np.int64))
    mime = QMimeData()
    text = json.dumps({"origin": origin, "particle_ids": ids.tolist()})
    mime.setData(MIME_TYPE, text.encode())
    return mime


def particles_of(mime: QMimeData | None, origin: str | None = None) -> NDArray[np.int64] | None:
    """Return the particles that a drag carries, rising, (n,) int64; None if it carries none.

    What is dropped may come from any program, so nothing in it is believed; whether the particles exist is
    for the session to say.

    Parameters
    ----------
    mime : QMimeData or None
    origin : str or None
        The library that is dropped on; particles of another are none. None: of any.
    """
    if mime is None or not mime.hasFormat(MIME_TYPE):
        return None
    data = bytes(mime.data(MIME_TYPE).data())
    if len(data) > MOST_BYTES:
        return None
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not isinstance(content.get("particle_ids"), list):
        return None
    if origin is not None and content.get("origin") != origin:
        return None
    ids = content["particle_ids"]
    if not ids or len(ids) > MOST_PARTICLES:
        return None
    if not all(type(i) is int and 0 < i < 2**63 for i in ids):
        return None
    return np.unique(np.asarray(ids, np.int64))
