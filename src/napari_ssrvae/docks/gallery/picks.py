"""What clicks, bands and arrow keys in the gallery select: rules over places, without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ssrvae.docks.gallery.model import GalleryModel
    from napari_ssrvae.session import Session

__all__ = ["Picks"]


class Picks:
    """Moves the session's selection as lists everywhere do.

    Anchor and cursor are particles, not places: they stay when the order is another.

    Attributes
    ----------
    cursor_id : int or None
        The particle that keys start from.
    """

    def __init__(self, session: Session, model: GalleryModel) -> None:
        self._session = session
        self._model = model
        self._anchor_id: int | None = None
        self._before_band = np.zeros(0, np.int64)
        self.cursor_id: int | None = None

    @property
    def cursor(self) -> int:
        """Where the cursor is, -1 if it is not shown."""
        return self._model.place_of(self.cursor_id)

    def follow(self) -> bool:
        """Go where something else selected; whether the cursor has moved."""
        focus = self._session.selection.focus
        moved = focus is not None and focus != self.cursor_id
        if moved:
            self.cursor_id = self._anchor_id = focus
        return moved

    def is_selected(self, place: int) -> bool:
        """Whether the particle at a place is selected."""
        return int(self._model.ids[place]) in self._session.selection

    def only(self, place: int) -> None:
        """Select this one and begin ranges here."""
        self.cursor_id = self._anchor_id = int(self._model.ids[place])
        self._session.selection.select([self.cursor_id], focus=self.cursor_id)

    def toggle(self, place: int) -> None:
        """Take this one in, or out, and begin ranges here."""
        self.cursor_id = self._anchor_id = int(self._model.ids[place])
        self._session.selection.toggle([self.cursor_id])

    def reach(self, place: int, *, add: bool = False) -> None:
        """Select from the anchor to here; `add`: beside what is selected already."""
        anchor = self._model.place_of(self._anchor_id)
        if anchor < 0:
            anchor = place
            self._anchor_id = int(self._model.ids[place])
        self.cursor_id = int(self._model.ids[place])
        ids = self._model.ids[min(anchor, place) : max(anchor, place) + 1]
        if add:
            ids = np.union1d(self._session.selection.ids, ids)
        self._session.selection.select(ids, focus=self.cursor_id)

    def move(self, place: int) -> None:
        """Put the cursor here and select nothing else than before."""
        self.cursor_id = int(self._model.ids[place])

    def every(self) -> None:
        """Select all that is shown."""
        focus = self.cursor_id if self.cursor >= 0 else None
        self._session.selection.select(self._model.ids, focus=focus)

    def press(self, *, add: bool) -> None:
        """Remember what a band that may follow adds to: what is selected now, or nothing."""
        nothing = np.zeros(0, np.int64)
        self._before_band = self._session.selection.ids if add else nothing

    def band(self, places: list[range]) -> None:
        """Select what the band touches now."""
        parts: list[NDArray[np.int64]] = [self._model.ids[r.start : r.stop] for r in places]
        ids = np.unique(np.concatenate([self._before_band, *parts]))
        if not np.array_equal(ids, self._session.selection.ids):
            if parts:
                self.cursor_id = int(parts[-1][-1])
            self._session.selection.select(ids, focus=self.cursor_id if parts else None)
