"""The grid of thumbnails: a Qt item view that lays nothing out, and paints what is in view.

Every cell is as large as the others, so where a particle is follows from its place in the list, and a hundred
thousand of them cost what the visible ones cost. Patches are read a few at a time, between frames.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QModelIndex, QPoint, QRect, QSize, Qt, Signal
from qtpy.QtGui import (
    QColor,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QAbstractItemView, QWidget

from napari_ssrvae.docks.gallery.cells import CellPainter, Geometry, Tones
from napari_ssrvae.docks.gallery.loading import Loader
from napari_ssrvae.docks.gallery.thumbnails import Style, Thumbnails

if TYPE_CHECKING:
    from napari_ssrvae.docks.gallery.model import GalleryModel
    from napari_ssrvae.session import Session

__all__ = ["Grid"]


class Grid(QAbstractItemView):
    """Shows the gallery's model as a grid that follows its width.

    Attributes
    ----------
    loaded : Signal
        All thumbnails in view are there.
    problem : Signal
        One sentence: why patches cannot be read.
    zoomed : Signal
        Larger or smaller thumbnails are wanted, in steps.
    """

    loaded = Signal()
    problem = Signal(str)
    zoomed = Signal(int)

    def __init__(
        self, session: Session, model: GalleryModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._gallery = model
        self.thumbnails = Thumbnails(session.patches)
        self.cells = Geometry()
        self._tones = Tones()
        self._colours: dict[int, QColor] | None = None
        self.cursor_id: int | None = None
        self.band: QRect | None = None
        self._loader = Loader(self.thumbnails, model, self.in_view, self)
        self._loader.came.connect(self._on_came)
        self._loader.loaded.connect(self.loaded)
        self._loader.problem.connect(self.problem)
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there, or the columns would change with the number of particles and change it back.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAccessibleName("Particles")
        model.arranged.connect(self._on_arranged)
        model.looks_changed.connect(self.viewport().update)
        model.patches_changed.connect(self._on_patches)
        session.classes_changed.connect(self._on_classes)

    # --- how it looks --------------------------------------------------------------------------

    @property
    def upright(self) -> bool:
        """Whether particles are turned as the model's pose says."""
        return self.thumbnails.style.upright

    def set_upright(self, on: bool) -> None:
        """Turn particles upright, or show them as they lie."""
        self._restyle(upright=on)

    def set_edge(self, edge_px: int) -> None:
        """Make thumbnails so large; what was at the top stays in view."""
        self._regrid(edge_px=edge_px)

    def set_captions(self, on: bool) -> None:
        """Leave room for a line below each thumbnail."""
        self._regrid(caption_px=QFontMetrics(self.font()).height() if on else 0)

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of another theme."""
        self._tones = tones
        self.viewport().update()

    def _restyle(self, *, upright: bool | None = None) -> None:
        upright = self.upright if upright is None else upright
        self.thumbnails.set_style(Style(self.cells.edge_px, self.devicePixelRatioF(), upright))
        self.viewport().update()

    def _regrid(self, *, edge_px: int | None = None, caption_px: int | None = None) -> None:
        old, focus = self.cells, self._gallery.place_of(self._session.selection.focus)
        anchor = focus if focus in self.in_view() else self.first_in_view()
        cells = replace(
            old,
            edge_px=old.edge_px if edge_px is None else edge_px,
            caption_px=old.caption_px if caption_px is None else caption_px,
        )
        self.cells = replace(cells, columns=cells.columns_in(self.viewport().width()))
        if self.cells == old:
            return
        self.updateGeometries()
        self.verticalScrollBar().setValue(self.cells.cell(anchor).top())
        self._restyle()

    # --- places --------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """How many cells there are."""
        return len(self._gallery.ids)

    def first_in_view(self) -> int:
        """Return the place at the top left of what is seen."""
        row = self.verticalOffset() // self.cells.height
        return min(row * self.cells.columns, max(0, self.n - 1))

    def in_view(self, beyond: float = 0.0) -> range:
        """Return the places that are seen, and those that many screens beyond on both sides."""
        height = self.viewport().height()
        top = self.verticalOffset() - beyond * height
        bottom = self.verticalOffset() + (1 + beyond) * height - 1
        first = max(0, int(top // self.cells.height)) * self.cells.columns
        last = (int(bottom // self.cells.height) + 1) * self.cells.columns
        return range(min(first, self.n), min(last, self.n))

    def place_at(self, point: QPoint) -> int:
        """Return the place at a point of the viewport, -1 beside all thumbnails."""
        return self.cells.place_at(point.x(), point.y() + self.verticalOffset(), self.n)

    def rect_of(self, place: int) -> QRect:
        """Return a cell in the viewport's coordinates."""
        return self.cells.cell(place).translated(0, -self.verticalOffset())

    def show_place(self, place: int) -> None:
        """Scroll no further than needed for this place to be seen."""
        if not 0 <= place < self.n:
            return
        rect, height, bar = self.rect_of(place), self.viewport().height(), self.verticalScrollBar()
        if rect.top() < 0 or rect.height() > height:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() >= height:
            bar.setValue(bar.value() + rect.bottom() - height + 1)

    def show_top(self) -> None:
        """Scroll to the beginning."""
        self.verticalScrollBar().setValue(0)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the cells in the region; what is not read yet follows."""
        if event is None:
            return
        if self.thumbnails.style.ratio != self.devicePixelRatioF():
            # On another screen now.
            self._restyle()
        painter = QPainter(self.viewport())
        geometry, offset = self.cells, self.verticalOffset()
        draw = CellPainter(
            painter, geometry, self._tones, self._class_colours(), self._session.unsure_below
        )
        ranges = geometry.places_in(event.rect().translated(0, offset), self.n)
        places = (
            np.concatenate([np.arange(r.start, r.stop) for r in ranges])
            if ranges
            else np.zeros(0, np.int64)
        )
        page = self._gallery.at(places)
        focus = self._session.selection.focus if not self.hasFocus() else self.cursor_id
        waiting = False
        rows = zip(
            places.tolist(), page.ids.tolist(), page.by_hand.tolist(), page.by_model.tolist(),
            page.probability.tolist(), page.selected.tolist(), strict=True,
        )  # fmt: skip
        for at, (place, particle_id, hand, model, probability, selected) in enumerate(rows):
            row, column = divmod(place, geometry.columns)
            x, y = column * geometry.width, row * geometry.height - offset
            if selected or particle_id == focus:
                draw.background(x, y, selected, particle_id == focus)
            pixmap = self.thumbnails.get(particle_id)
            waiting = waiting or pixmap is None
            draw.thumbnail(x, y, pixmap)
            if hand or model:
                draw.classes(x, y, hand, model, probability)
            if page.captions:
                draw.caption(x, y, page.captions[at])
        if self.band is not None:
            self._paint_band(painter)
        painter.end()
        if waiting:
            self._loader.start()

    def _paint_band(self, painter: QPainter) -> None:
        assert self.band is not None
        band = self.band.translated(0, -self.verticalOffset())
        fill = QColor(self._tones.selected)
        fill.setAlpha(70)
        painter.fillRect(band, fill)
        painter.setPen(self._tones.text)
        painter.drawRect(band)

    def _class_colours(self) -> dict[int, QColor]:
        if self._colours is None:
            self._colours = {c.class_id: QColor(c.colour) for c in self._session.classes}
        return self._colours

    # --- reading patches -----------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether the grid is seen and every thumbnail in view is there."""
        return self.isVisible() and not self._loader.missing(self.in_view())

    def _on_came(self, places: list[int]) -> None:
        first, last = self.rect_of(places[0]), self.rect_of(places[-1])
        width = self.viewport().width()
        self.viewport().update(0, first.top(), width, last.bottom() - first.top() + 1)

    # --- what the model and the session tell ---------------------------------------------------

    def _on_arranged(self) -> None:
        self.updateGeometries()
        self.viewport().update()

    def _on_patches(self) -> None:
        self.thumbnails.clear()
        self.viewport().update()

    def _on_classes(self) -> None:
        self._colours = None

    # --- Qt's side of it -----------------------------------------------------------------------

    def updateGeometries(self) -> None:  # noqa: N802 - Qt's name
        """Fit the scroll bar to the number of rows."""
        height, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setRange(0, max(0, self.cells.rows(self.n) * self.cells.height - height))
        bar.setPageStep(max(1, height))
        bar.setSingleStep(max(1, self.cells.height // 3))
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let the columns follow the width."""
        self._regrid()
        self.updateGeometries()
        super().resizeEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 - Qt's name
        """Move what is painted; only what comes into view is painted anew."""
        if self.band is not None:
            self.viewport().update()
        else:
            self.viewport().scroll(dx, dy)

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802 - Qt's name
        """Scroll; with Ctrl ask for another size."""
        if event is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            steps = event.angleDelta().y() / 120
            self.zoomed.emit(round(steps) or (1 if steps > 0 else -1))
            event.accept()
        else:
            super().wheelEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for little: the grid fills what is left."""
        return QSize(6 * self.cells.width, 2 * self.cells.height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be able to show one thumbnail."""
        return QSize(100, 76)

    def verticalOffset(self) -> int:  # noqa: N802 - Qt's name
        """Return how far the grid is scrolled down, in pixels."""
        return int(self.verticalScrollBar().value())

    def horizontalOffset(self) -> int:  # noqa: N802 - Qt's name
        """Return 0: the grid is never wider than its view."""
        return 0

    def visualRect(self, index: QModelIndex) -> QRect:  # noqa: N802 - Qt's name
        """Return the cell of an index in the viewport's coordinates."""
        return self.rect_of(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802 - Qt's name
        """Return the index at a point of the viewport."""
        place = self.place_at(point)
        return self._gallery.index(place) if place >= 0 else QModelIndex()

    def scrollTo(  # noqa: N802 - Qt's name
        self,
        index: QModelIndex,
        _hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll so that an index is seen."""
        if index.isValid():
            self.show_place(index.row())

    def moveCursor(  # noqa: N802 - Qt's name
        self, _action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Return no index: `picking` moves, for the session's selection."""
        return QModelIndex()

    def isIndexHidden(self, _index: QModelIndex) -> bool:  # noqa: N802 - Qt's name
        """Return False: what is in the model is shown."""
        return False

    def setSelection(self, _rect: QRect, _flags: object) -> None:  # noqa: N802 - Qt's name
        """Do nothing: what is selected is the session's."""

    def visualRegionForSelection(self, _selection: object) -> QRegion:  # noqa: N802 - Qt's name
        """Return nothing: what is selected is the session's."""
        return QRegion()
