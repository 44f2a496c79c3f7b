"""What the gallery shows, as a Qt list model over the session's catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, Signal

from napari_ssrvae.docks.gallery.arrangement import Arrangement, Sort, arrange
from napari_ssrvae.docks.gallery.words import caption_of, tip_of

if TYPE_CHECKING:
    from napari_ssrvae.session import Session

__all__ = ["PARTICLE_ID", "GalleryModel", "Page"]

PARTICLE_ID = Qt.ItemDataRole.UserRole
NO_INDEX = QModelIndex()
# How long after a label the order is compared with what it would be: not while clicks come one after another.
COMPARE_AFTER_MS = 120


@dataclass(frozen=True, eq=False)
class Page:
    """What is known of the particles at some places, arrays of (n,) or (n, 2)."""

    ids: NDArray[np.int64]
    by_hand: NDArray[np.uint8]
    by_model: NDArray[np.uint8]
    probability: NDArray[np.float32]
    selected: NDArray[np.bool_]
    angle_rad: NDArray[np.float32]
    offset_px: NDArray[np.float32]
    captions: list[str]


class GalleryModel(QAbstractListModel):
    """The particles that pass the filter, in their order.

    The order stays while labels are given, so that nothing jumps away under the hand: `stale` says that
    `sort_again` would change something. Particles that are gone leave at once, new ones come in at the end.

    Attributes
    ----------
    ids : (n,) int64
        Particles in the order shown.
    arranged : Signal
        Other particles, or another order.
    looks_changed : Signal
        The same ones, with other labels, colours or selection.
    patches_changed : Signal
        What is drawn of the particles may be another picture.
    stale_changed : Signal
        Whether sorting again would change something.
    """

    arranged = Signal()
    looks_changed = Signal()
    patches_changed = Signal()
    stale_changed = Signal(bool)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._arrangement = Arrangement()
        self._similar_to = np.zeros(0, np.int64)
        self._caption = ""
        self._stale = False
        self._awake = False
        self._missed = True
        self.ids = np.zeros(0, np.int64)
        self._rows = np.zeros(0, np.int64)
        self._places = np.zeros(0, np.int64)
        self._known = np.zeros(0, np.int64)
        self._compare = QTimer(self)
        self._compare.setSingleShot(True)
        self._compare.setInterval(COMPARE_AFTER_MS)
        self._compare.timeout.connect(self._compare_now)
        session.catalogue_changed.connect(self._on_catalogue)
        session.labels_changed.connect(self._on_labels)
        session.classes_changed.connect(self._on_looks)
        session.unsure_below_changed.connect(self._on_looks)
        session.novel_above_changed.connect(self._on_looks)
        session.selection.changed.connect(self._on_selection)

    # --- awake or asleep -----------------------------------------------------------------------

    def wake(self) -> None:
        """Follow the session from now on; a gallery that nobody sees costs nothing."""
        self._awake = True
        if self._missed:
            self._missed = False
            self._follow()

    def sleep(self) -> None:
        """Take note of changes only."""
        self._awake = False
        self._compare.stop()

    # --- order and filter ----------------------------------------------------------------------

    @property
    def total(self) -> int:
        """How many particles there are, shown or not."""
        return len(self._session.catalogue.particle_ids)

    @property
    def arrangement(self) -> Arrangement:
        """Order and filter."""
        return self._arrangement

    def set_arrangement(self, arrangement: Arrangement) -> None:
        """Sort and filter so, at once."""
        if arrangement != self._arrangement:
            self._arrangement = arrangement
            self.sort_again()

    @property
    def stale(self) -> bool:
        """Whether sorting again would change what is shown."""
        return self._stale

    def sort_again(self) -> None:
        """Sort and filter by what is known now; by similarity to what is selected now."""
        if self._arrangement.sort is Sort.SIMILARITY and len(self._session.selection):
            self._similar_to = self._session.selection.ids.copy()
        self._take(self._fresh())
        self._tell_stale(False)

    def set_caption(self, caption: str) -> None:
        """Write this below the thumbnails: a key of `words.CAPTIONS`."""
        self._caption = caption
        self.looks_changed.emit()

    def _fresh(self) -> NDArray[np.int64]:
        catalogue = self._session.catalogue
        order = [c.class_id for c in self._session.classes]
        known = self._similar_to[catalogue.rows(self._similar_to) >= 0]
        return catalogue.particle_ids[arrange(catalogue, self._arrangement, order, known)]

    def _take(self, ids: NDArray[np.int64]) -> None:
        self.beginResetModel()
        self.ids = ids
        catalogue = self._session.catalogue
        self._rows = catalogue.rows(ids)
        self._places = np.full(len(catalogue.particle_ids), -1, np.int64)
        self._places[self._rows] = np.arange(len(ids))
        self.endResetModel()
        self.arranged.emit()

    def _tell_stale(self, stale: bool) -> None:
        if not stale:
            self._compare.stop()
        if stale != self._stale:
            self._stale = stale
            self.stale_changed.emit(stale)

    # --- what the session tells ----------------------------------------------------------------

    def _on_catalogue(self) -> None:
        if self._awake:
            self._follow()
        else:
            self._missed = True

    def _follow(self) -> None:
        """Keep the order of what is still there; what is new to the library comes in at the end."""
        catalogue = self._session.catalogue
        left = self.ids[catalogue.rows(self.ids) >= 0]
        fresh = self._fresh()
        came = fresh[~np.isin(fresh, self._known)]
        self._known = catalogue.particle_ids.copy()
        self._take(np.concatenate([left, came]) if len(left) else fresh)
        self._compare_with(fresh)
        self.patches_changed.emit()

    def _on_labels(self, _particle_ids: object) -> None:
        self._on_looks()
        if self._arrangement.follows_labels:
            self._compare.start()

    def _on_looks(self, *_: object) -> None:
        if self._awake:
            self.looks_changed.emit()

    def _on_selection(self) -> None:
        self._on_looks()
        if self._arrangement.sort is Sort.SIMILARITY and len(self._session.selection):
            self._compare.start()

    def _compare_now(self) -> None:
        self._compare_with(self._fresh())

    def _compare_with(self, fresh: NDArray[np.int64]) -> None:
        selected = self._session.selection.ids
        alike = self._arrangement.sort is Sort.SIMILARITY and len(selected)
        others = alike and not np.array_equal(selected, self._similar_to)
        self._tell_stale(bool(others) or not np.array_equal(fresh, self.ids))

    # --- places --------------------------------------------------------------------------------

    def place_of(self, particle_id: int | None) -> int:
        """Return where a particle is shown, -1 if it is not."""
        if particle_id is None:
            return -1
        row = int(self._session.catalogue.rows(np.array([particle_id], np.int64))[0])
        return -1 if row < 0 or row >= len(self._places) else int(self._places[row])

    def shown(self, particle_ids: ArrayLike) -> int:
        """Return how many of these particles are shown."""
        rows = self._session.catalogue.rows(np.asarray(particle_ids, np.int64))
        rows = rows[(rows >= 0) & (rows < len(self._places))]
        return int(np.count_nonzero(self._places[rows] >= 0))

    def page(self, first: int, last: int) -> Page:
        """Return what is known of the places from `first` up to, not including, `last`."""
        return self.at(np.arange(max(0, first), min(last, len(self.ids))))

    def at(self, places: NDArray[np.int64]) -> Page:
        """Return what is known of the particles at these places."""
        catalogue, rows, ids = self._session.catalogue, self._rows[places], self.ids[places]
        return Page(
            ids,
            catalogue.by_hand[rows],
            self._session.said(rows),
            catalogue.probability[rows],
            self._session.selection.contains(ids),
            catalogue.angle_rad[rows],
            catalogue.offset_px[rows],
            [caption_of(self._session, int(row), self._caption) for row in rows]
            if self._caption
            else [],
        )

    # --- Qt's side of it -----------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return how many particles are shown."""
        return 0 if parent.isValid() else len(self.ids)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the id of a particle, or what is told of it."""
        if not index.isValid() or index.row() >= len(self.ids):
            return None
        if role == PARTICLE_ID:
            return int(self.ids[index.row()])
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return tip_of(self._session, int(self._rows[index.row()]))
        return None
