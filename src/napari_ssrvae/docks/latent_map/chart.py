"""The plot of the map and the session: colours, legend, selection both ways, the card under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from qtpy.QtCore import QPoint, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ssrvae.docks.gallery.thumbnails import Style, Thumbnails
from napari_ssrvae.docks.gallery.words import tip_of
from napari_ssrvae.docks.latent_map.colours import number_colours
from napari_ssrvae.docks.latent_map.content import Choice, Content, table_of
from napari_ssrvae.docks.latent_map.hover import HoverCard
from napari_ssrvae.docks.latent_map.key_item import ClassEntry
from napari_ssrvae.docks.latent_map.marks import palette_of
from napari_ssrvae.docks.latent_map.plot import MapPlot
from napari_ssrvae.docks.latent_map.quantities import Quantity, values_of
from napari_ssrvae.docks.plots import SaveButtons, Tint, name_axis, themed, tint_of

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas
    from napari_ssrvae.docks.latent_map.controls import MapControls

__all__ = ["Chart"]


class Chart(QWidget):
    """Draws contents, and brings what is done with the mouse to the session.

    Attributes
    ----------
    moved : Signal
        The user moved or zoomed.
    key_pressed : Signal
        Name of a key, and the event.
    problem : Signal
        One sentence: why a thumbnail cannot be shown.
    """

    moved = Signal()
    key_pressed = Signal(str, object)
    problem = Signal(str)

    def __init__(self, canvas: Canvas, controls: MapControls) -> None:
        super().__init__()
        self.session = session = canvas.session
        self._canvas, self._controls = canvas, controls
        self.plot = plot = MapPlot()
        self.card = HoverCard(plot.viewport())
        self.thumbnails = Thumbnails(session.patches)
        self._content: Content | None = None
        self._choice: Choice | None = None
        self._places = np.zeros(0, np.int64)
        self._tint = tint_of(canvas.viewer)
        self.save = SaveButtons("latent map", plot, self.table, session)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(plot)
        plot.moved.connect(self.moved)
        plot.key_pressed.connect(self.key_pressed)
        plot.clicked.connect(self._on_click)
        plot.picked.connect(self._on_pick)
        plot.jumped.connect(self._on_jump)
        plot.hovered.connect(self._on_hover)
        themed(plot, canvas.viewer, self._repaint)

    # --- what is shown -------------------------------------------------------------------------

    def show_content(self, content: Content, choice: Choice, *, fits: bool) -> None:
        """Show these points; `fits`: bring all of them into view."""
        self._content, self._choice = content, choice
        self._places = np.full(len(self.session.catalogue), -1, np.int64)
        self._places[content.marks.rows] = np.arange(len(content.marks))
        self.card.hide()
        across, up = self._quantity(choice.across), self._quantity(choice.up)
        name_axis(self.plot, "bottom", across.name, across.unit)
        name_axis(self.plot, "left", up.name, up.unit)
        self.plot.show_marks(content.marks)
        self._repaint(self._tint)
        if fits:
            self.plot.fit()

    def _quantity(self, key: str) -> Quantity:
        return self._controls.quantity(key) or Quantity(key, key, "", "measurement")

    def _repaint(self, tint: Tint) -> None:
        """Draw in the colours of a theme, or of paper."""
        self._tint = tint
        self.plot.set_tint(tint)
        content, choice = self._content, self._choice
        if content is None or choice is None:
            return
        hole, grey = _rgb(tint.background), _rgb(tint.faint)
        if choice.colour:
            quantity = self._quantity(choice.colour)
            ramp = number_colours(tint.background, cyclic=quantity.cyclic)
            palette = palette_of(ramp, hole, grey)
            self.plot.key.show_scale(quantity.label, content.scale, palette, content.grey)
        else:
            classes = self.session.classes
            palette = palette_of({c.class_id: _rgb(c.colour) for c in classes}, hole, grey)
            entries = [
                ClassEntry(c.name, c.colour, *content.counts[c.class_id])
                for c in classes
                if c.class_id in content.counts
            ]
            self.plot.key.show_classes(entries, content.grey)
        self.plot.points.set_palette(palette)

    def show_selected(self) -> int:
        """Ring what is selected; return how many of these are shown."""
        selection, catalogue = self.session.selection, self.session.catalogue
        rows = catalogue.rows(selection.ids)
        rows = rows[(rows >= 0) & (rows < len(self._places))]
        places = self._places[rows]
        places = places[places >= 0]
        focus = -1
        if selection.focus is not None:
            row = int(catalogue.rows([selection.focus])[0])
            focus = int(self._places[row]) if 0 <= row < len(self._places) else -1
        self.plot.points.set_selected(places, focus)
        return len(places)

    def forget_pictures(self) -> None:
        """Read thumbnails anew: patches or poses may be others."""
        self.thumbnails.clear()
        self.card.hide()

    def table(self) -> pd.DataFrame:
        """Return the points as numbers."""
        content, choice = self._content, self._choice
        if content is None or choice is None:
            return pd.DataFrame()
        colour = self._quantity(choice.colour) if choice.colour else None
        return table_of(
            self.session,
            content,
            self._quantity(choice.across),
            self._quantity(choice.up),
            colour,
            choice.alike,
        )

    # --- what is done here ---------------------------------------------------------------------

    def _ids(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the particles at places; those that have gone meanwhile drop out of every selection."""
        assert self._content is not None
        rows = self._content.marks.rows[places]
        ids = self.session.catalogue.particle_ids
        return ids[rows[rows < len(ids)]]

    def _on_click(self, place: int, beside: bool) -> None:
        selection = self.session.selection
        if place < 0:
            if not beside:
                selection.clear()
            return
        ids = self._ids(np.array([place]))
        if beside:
            selection.toggle(ids)
        elif len(ids):
            selection.select(ids, focus=int(ids[0]))

    def _on_pick(self, places: NDArray[np.int64], add: bool) -> None:
        ids, selection = self._ids(places), self.session.selection
        if add:
            selection.add(ids)
        else:
            selection.select(ids)

    def _on_jump(self, place: int) -> None:
        ids = self._ids(np.array([place]))
        if len(ids):
            self.session.selection.jump(int(ids[0]))

    # --- under the mouse -----------------------------------------------------------------------

    def _on_hover(self, place: int, at: QPoint) -> None:
        content, catalogue = self._content, self.session.catalogue
        if place < 0 or content is None or place >= len(content.marks):
            self.card.hide()
            return
        row = int(content.marks.rows[place])
        if row >= len(catalogue):
            self.card.hide()
            return
        particle_id = int(catalogue.particle_ids[row])
        ratio = self.devicePixelRatioF()
        self.thumbnails.set_style(Style(HoverCard.EDGE_PX, ratio, upright=True))
        if particle_id not in self.thumbnails:
            at_row = slice(row, row + 1)
            self.thumbnails.load(
                catalogue.particle_ids[at_row],
                catalogue.angle_rad[at_row],
                catalogue.offset_px[at_row],
            )
            if self.thumbnails.problem:
                self.problem.emit(self.thumbnails.problem)
        lines = [*tip_of(self.session, row).split("\n"), *self._numbers(row)]
        self.card.tell(at, self.thumbnails.get(particle_id), lines)

    def _numbers(self, row: int) -> list[str]:
        choice, catalogue = self._choice, self.session.catalogue
        if choice is None:
            return []
        lines = []
        for key in dict.fromkeys(k for k in (choice.across, choice.up, choice.colour) if k):
            quantity = self._quantity(key)
            value = float(values_of(catalogue, key, choice.alike)[row])
            lines.append(
                f"{quantity.name} {value:.3g}"
                + (f" {quantity.unit}" if quantity.kind in ("measurement", "position") else "")
            )
        return lines


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue, _ = QColor(colour).getRgb()
    return red, green, blue
