"""The pixels of one micrograph's layers: which particle is filled and outlined how, all of them or a few."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.docks.features import features_of, update_features
from napari_ssrvae.docks.fills import codes_of, fill_colours, striped
from napari_ssrvae.docks.pyramid import LARGE_PX
from napari_ssrvae.docks.texture import show_part
from napari_ssrvae.session import MicrographState, Session, Shown

__all__ = ["BY_HAND", "CLASSES", "NOTHING", "PARTICLES", "Painting"]

PARTICLES, CLASSES, BY_HAND = "particles", "classes", "labels by hand"
NOTHING = (0.0, 0.0, 0.0, 0.0)
# From this many on, painting the whole picture anew is quicker than particle by particle.
MANY = 200
FEW_PARTS = 25


class Painting:
    """What the layers of a micrograph show of its particles.

    Attributes
    ----------
    drawn : dict
        The layer of each role that is in the viewer.
    """

    def __init__(self, session: Session, state: MicrographState) -> None:
        self._session = session
        self._state = state
        self.drawn: dict[str, Labels] = {}
        self._tables: dict[str, np.ndarray] = {}
        self._shown_ids = np.zeros(0, np.int64)

    @property
    def _large(self) -> bool:
        return self._state.labels is not None and self._state.labels.size > LARGE_PX

    def _colours(self, role: str) -> DirectLabelColormap:
        if role == CLASSES:
            return fill_colours(self._session.classes)
        colours: dict[int | None, Any] = {None: NOTHING, 0: NOTHING}
        colours.update({c.class_id: c.colour for c in self._session.classes})
        return DirectLabelColormap(color_dict=colours)

    def recolour(self) -> None:
        """Take the classes' names and colours as they are now."""
        for role in (CLASSES, BY_HAND):
            if role in self.drawn:
                self.drawn[role].colormap = self._colours(role)
        self.paint()

    def paint(self) -> None:
        """Colour all particles anew."""
        for role in (CLASSES, BY_HAND):
            self._fill(role)
        self.describe()

    def paint_predictions(self) -> None:
        """Fill all particles anew; labels by hand are as they were, and `describe` is left to the caller."""
        self._fill(CLASSES)

    def _fill(self, role: str) -> None:
        if self._state.labels is None or role not in self.drawn:
            return
        if self._large:
            self._look_up_again(role)
        else:
            self.drawn[role].data = self._pixels(role)

    def _pixels(self, role: str, region: tuple[slice, slice] | None = None) -> NDArray[Any]:
        """Return what a layer shows in a part of the picture; None: in all of it."""
        labels = self._state.labels
        assert labels is not None
        part = labels if region is None else labels[region]
        values = self._classes(role)[part]
        if role != CLASSES:
            return values
        top, left = (0, 0) if region is None else (region[0].start, region[1].start)
        rows, columns = np.arange(part.shape[0]) + top, np.arange(part.shape[1]) + left
        return striped(values, rows[:, None], columns[None, :])

    def paint_particles(self, label_ids: ArrayLike) -> None:
        """Colour some particles anew, touching only their pixels where they are few."""
        state = self._state
        if state.labels is None:
            return
        ids = np.asarray(label_ids, np.int64)
        for role in (CLASSES, BY_HAND):
            if role not in self.drawn:
                continue
            if self._large:
                few = len(ids) <= FEW_PARTS
                self._look_up_again(role, draw=not few)
                if few and not self._show_parts(role, ids):
                    self.drawn[role].refresh(extent=False, thumbnail=False)
            elif len(ids) > MANY:
                self.drawn[role].data = self._pixels(role)
            else:
                self._set_particles(role, ids)
        layer = self.drawn.get(PARTICLES)
        if layer is not None:
            update_features(layer, state, self._session.classes, self._shown(), ids)

    def _show_parts(self, role: str, label_ids: np.ndarray) -> bool:
        boxes = self._state.boxes[label_ids].tolist()
        return all(show_part(self.drawn[role], tuple(box)) for box in boxes)

    def _set_particles(self, role: str, label_ids: np.ndarray) -> None:
        state, classes = self._state, self._classes(role)
        assert state.labels is not None
        for label_id in label_ids.tolist():
            top, left, bottom, right = state.boxes[label_id]
            rows, columns = np.nonzero(state.labels[top:bottom, left:right] == label_id)
            at = rows + top, columns + left
            values = np.full(len(rows), classes[label_id])
            self.drawn[role].data_setitem(at, striped(values, *at) if role == CLASSES else values)

    def _set_part(self, role: str, region: tuple[slice, slice], values: np.ndarray) -> None:
        layer = self.drawn[role]
        rows, columns = np.nonzero(layer.data[region] != values)
        if len(rows):
            at = (rows + region[0].start, columns + region[1].start)
            layer.data_setitem(at, values[rows, columns])

    def _came_or_went(self) -> np.ndarray:
        """Return the label ids that stand for another particle, or none, since this was last asked."""
        old, new = self._shown_ids, self._state.particle_ids
        size = max(len(old), len(new))
        wide = [np.pad(ids, (0, size - len(ids))) for ids in (old, new)]
        self._shown_ids = new.copy()
        return np.flatnonzero(wide[0] != wide[1])

    def _look_up_again(self, role: str, *, draw: bool = True) -> None:
        """Let a layer of a large micrograph show the classes as they are now."""
        layer, table = self.drawn[role], self._classes(role)
        known = self._tables.get(role)
        if known is not None and len(known) == len(table):
            known[:] = table
        else:
            self._tables[role] = table
            for level in layer.data:
                level.table = table
        if draw:
            layer.refresh(extent=False, thumbnail=False)

    def _classes(self, role: str) -> np.ndarray:
        """Return what a layer shows of each label id: codes of fills, or classes."""
        if role != CLASSES:
            return self._state.by_hand.copy()
        return codes_of(self._shown(), self._state.probability)

    def _shown(self) -> Shown:
        return self._state.shown(self._session.unsure_below, self._session.novel_above)

    def describe(self) -> None:
        """Put into the particles layer what napari shows while the mouse is over a particle."""
        layer = self.drawn.get(PARTICLES)
        if layer is not None and self._state.table is not None:
            layer.features = features_of(self._state, self._session.classes, self._shown())
