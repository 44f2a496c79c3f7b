"""The gallery: classes, controls, filter, grid, and what is shown of how many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPoint, QTimer
from qtpy.QtGui import QColor, QHideEvent, QShowEvent
from qtpy.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.gallery.arrangement import Arrangement, Sort
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.gallery.chips import ClassChips
from napari_ssrvae.docks.gallery.controls import Controls
from napari_ssrvae.docks.gallery.empty import EmptyState
from napari_ssrvae.docks.gallery.filters import Filters
from napari_ssrvae.docks.gallery.menu import selection_menu
from napari_ssrvae.docks.gallery.model import GalleryModel
from napari_ssrvae.docks.gallery.picking import PickingGrid
from napari_ssrvae.docks.gallery.rows import FewLines, Header
from napari_ssrvae.docks.gallery.said import Said

if TYPE_CHECKING:
    import napari

__all__ = ["GalleryPanel"]


class GalleryPanel(QWidget):
    """Every particle as a thumbnail, sorted and filtered; what is selected here is selected everywhere."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = session = self.canvas.session
        self.commands = self.canvas.commands
        self.model = GalleryModel(session, self)
        self.grid = PickingGrid(session, self.model, self.commands, self.canvas.tools)
        self.chips = ClassChips(session, lambda: self.grid.origin)
        self.controls = Controls()
        self.filters = Filters()
        self.filters.hide()
        self.empty = EmptyState()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.grid)
        self.stack.addWidget(self.empty)
        self.count = self.controls.count
        self.said = Said(self.stack)

        inside = QWidget()
        above = QVBoxLayout(inside)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(4)
        above.addWidget(FewLines(self.chips))
        above.addWidget(self.controls)
        above.addWidget(self.filters)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 2)
        column.setSpacing(4)
        column.addWidget(Header(inside))
        column.addWidget(self.stack, 1)

        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._tell)
        self._connect()
        self._offer()
        self._on_theme()

    def _connect(self) -> None:
        session, model, grid, controls = self.session, self.model, self.grid, self.controls
        model.arranged.connect(self._soon.start)
        model.looks_changed.connect(self._soon.start)
        model.stale_changed.connect(controls.show_stale)
        controls.sort_changed.connect(self._sort)
        controls.sort_asked.connect(model.sort_again)
        controls.upright_changed.connect(grid.set_upright)
        controls.edge_changed.connect(grid.set_edge)
        controls.caption_changed.connect(self._caption)
        controls.filter.toggled.connect(self.filters.setVisible)
        self.filters.changed.connect(self._arrange)
        self.empty.everything_asked.connect(self.filters.show_all)
        grid.sort_asked.connect(model.sort_again)
        grid.menu_asked.connect(self._menu)
        grid.problem.connect(self.said.say)
        grid.zoomed.connect(lambda steps: controls.edge.setValue(controls.edge.value() + 8 * steps))
        self.chips.chosen.connect(lambda class_id: self.give(class_id, session.selection.ids))
        self.chips.dropped.connect(self.give)
        self.canvas.message.connect(self.said.say)
        session.acted.connect(self.said.say)
        session.classes_changed.connect(self._offer)
        session.catalogue_changed.connect(self._offer)
        session.library_changed.connect(self._offer)
        self.canvas.viewer.events.theme.connect(self._on_theme)

    # --- what is asked for ---------------------------------------------------------------------

    def give(self, class_id: int | None, particle_ids: NDArray[np.int64]) -> None:
        """Give particles a class, or take their labels off; of none, choose the class."""
        if class_id is None:
            self.commands.clear(particle_ids)
        else:
            self.commands.assign(class_id, particle_ids)

    def _sort(self, sort: Sort, descending: bool) -> None:
        if sort is Sort.SIMILARITY and not len(self.session.selection):
            self.said.say(
                "Select one or more particles, then press Sort again: the most similar ones come first."
            )
        self._arrange(replace(self.model.arrangement, sort=sort, descending=descending))
        self.grid.show_top()

    def _arrange(self, arrangement: Arrangement) -> None:
        sort = self.model.arrangement
        # The row of filters knows nothing of the order.
        if arrangement.sort is sort.sort and arrangement.descending == sort.descending:
            arrangement = replace(arrangement, sort=sort.sort, descending=sort.descending)
        self.model.set_arrangement(arrangement)
        self.controls.show_arrangement(arrangement)
        self.filters.show_arrangement(arrangement)

    def _caption(self, caption: str) -> None:
        self.grid.set_captions(bool(caption))
        self.model.set_caption(caption)

    def _menu(self, at: QPoint) -> None:
        menu = selection_menu(self.session, self.give, self._sort_alike, self)
        if menu is not None:
            menu.popup(at)

    def show_selected(self) -> None:
        """Put the selected particles first, those most like them after them."""
        self._sort_alike()

    def _sort_alike(self) -> None:
        if self.model.arrangement.sort is Sort.SIMILARITY:
            self.model.sort_again()
            self.grid.show_top()
        else:
            self._sort(Sort.SIMILARITY, False)

    # --- what is told --------------------------------------------------------------------------

    def _offer(self) -> None:
        """Let the classes and micrographs of the library be chosen from."""
        if not self.isVisible():
            return
        classes, library = self.session.classes, self.session.library
        self.filters.offer_classes(classes)
        table = None if library is None else library.micrographs()
        micrographs = (
            []
            if table is None
            else list(zip(map(int, table.index), map(str, table["name"]), strict=True))
        )
        self.filters.offer_micrographs(micrographs)
        arrangement = self.model.arrangement
        if arrangement.class_id not in {None, *(c.class_id for c in classes)}:
            arrangement = replace(arrangement, class_id=None)
        if arrangement.micrograph_id not in {None, *(i for i, _ in micrographs)}:
            arrangement = replace(arrangement, micrograph_id=None)
        self._arrange(arrangement)

    def _tell(self) -> None:
        """Say how many are shown, or what to do when there are none."""
        shown, total, selection = len(self.model.ids), self.model.total, self.session.selection
        words = f"{shown:,} of {total:,} particles" if total else ""
        if len(selection):
            hidden = len(selection) - self.model.shown(selection.ids)
            words += f"  \u00b7  {len(selection):,} selected"
            if hidden:
                few = "" if hidden == len(selection) else f"{hidden:,} of them "
                words += f", {few}not shown"
        self.controls.tell(words)
        self.empty.tell(total)
        self.stack.setCurrentWidget(self.grid if shown else self.empty)
        self.controls.set_usable(total > 0)
        self.filters.setEnabled(total > 0)

    def _on_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self.canvas.viewer.theme)
        tones = Tones(
            *(QColor(c.as_hex("long")) for c in (theme.primary, theme.text, theme.current))
        )
        self.grid.set_tones(tones)
        self.chips.set_tones(tones)
        self.said.set_tones(tones)

    # --- seen or not ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the session while seen."""
        super().showEvent(event)
        self._offer()
        self.model.wake()
        self._tell()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Cost nothing while not seen."""
        super().hideEvent(event)
        self.model.sleep()
