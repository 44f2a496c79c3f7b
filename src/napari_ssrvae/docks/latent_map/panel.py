"""The latent map: axes, filter, points, and what the latents mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QHideEvent, QKeyEvent, QPaintEvent, QShowEvent
from qtpy.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.gallery.arrangement import Arrangement, arrange
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.gallery.filters import Filters
from napari_ssrvae.docks.gallery.said import Said
from napari_ssrvae.docks.latent_map.content import Choice, Content, content_of
from napari_ssrvae.docks.latent_map.controls import MapControls
from napari_ssrvae.docks.latent_map.empty import EmptyMap
from napari_ssrvae.docks.latent_map.meaning import Meaning
from napari_ssrvae.docks.latent_map.quantities import measured, quantities, values_of
from napari_ssrvae.docks.latent_map.side import SideColumn
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.plots import tint_of

if TYPE_CHECKING:
    from typing import Any

    import napari

    from napari_ssrvae.docks.latent_map.chart import Chart

__all__ = ["LatentMapPanel"]

SELECT_FIRST = (
    "Select one or more particles, then press Compare again: "
    "the others are placed by how far they are from these."
)


class LatentMapPanel(QWidget):
    """Every particle as a point between two of its numbers; what is selected here is selected everywhere."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session
        self.controls = MapControls()
        self.filters = Filters()
        self.filters.hide()
        self.empty = EmptyMap()
        self.meaning = Meaning()
        self.meaning.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.said = Said(self.stack)
        # The plot is made when there is something to plot: its library takes half a second to load.
        self.chart: Chart | None = None
        self.content: Content | None = None
        self._filter = Arrangement()
        self._alike = np.zeros(0, np.int64)
        self._fits = True
        self._model: str | None = None

        self.side = SideColumn(self.controls, self.filters)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.side, self.stack, self.meaning):
            self.splitter.addWidget(widget)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([262, 700, 330])
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 2)
        column.addWidget(self.splitter, 1)

        self._all = Later(self._follow, self)
        self._looks = Later(self.show_points, self)
        self._picked = Later(self.show_selected, self)
        self._missed: set[Later] = {self._all}
        self._connect()
        self._on_theme()

    def _connect(self) -> None:
        session, controls = self.session, self.controls
        for signal in (
            session.catalogue_changed,
            session.predictions_changed,
            session.library_changed,
            session.classes_changed,
        ):
            signal.connect(self._on_all)
        session.labels_changed.connect(self._on_looks)
        session.novel_above_changed.connect(self._on_looks)
        session.selection.changed.connect(self._on_selection)
        session.acted.connect(self.said.say)
        self.canvas.message.connect(self.said.say)
        controls.axes_changed.connect(self._on_axes)
        controls.colour_changed.connect(self._on_colour)
        controls.drag_changed.connect(self._on_drag)
        controls.fit_asked.connect(self.fit)
        controls.again_asked.connect(self.compare_again)
        controls.filter.toggled.connect(self.filters.setVisible)
        controls.meaning.toggled.connect(self._on_meaning)
        self.filters.changed.connect(self._on_filter)
        self.empty.everything_asked.connect(self.filters.show_all)
        self.meaning.chosen.connect(lambda i, key: controls.choose_axes(f"z:{i}", key))
        self.canvas.viewer.events.theme.connect(self._on_theme)

    # --- what is asked for ---------------------------------------------------------------------

    @property
    def choice(self) -> Choice:
        """Axes, colour and filter."""
        across, up = self.controls.axes
        return Choice(across, up, self.controls.colours, self._filter, self._alike)

    def fit(self) -> None:
        """Bring all points into view, and keep them there until the user moves the map."""
        self._fits = True
        if self.chart is not None:
            self.chart.plot.fit()

    def compare_again(self) -> None:
        """Let similarity be to what is selected now."""
        if not len(self.session.selection):
            self.said.say(SELECT_FIRST)
            return
        self._alike = self.session.selection.ids.copy()
        self._fits = True
        self.show_points()

    def _on_axes(self) -> None:
        self._fits = True
        self._compare_first()
        self.show_points()

    def _on_colour(self) -> None:
        self._compare_first()
        self.show_points()

    def _compare_first(self) -> None:
        self.controls.again.setVisible(self.controls.compares)
        if self.controls.compares and not len(self._alike):
            self._alike = self.session.selection.ids.copy()
            if not len(self._alike):
                self.said.say(SELECT_FIRST)

    def _on_drag(self, drag: Any) -> None:
        if self.chart is not None:
            self.chart.plot.drag = drag

    def _on_filter(self, arrangement: Arrangement) -> None:
        self._filter = arrangement
        self.filters.show_arrangement(arrangement)
        self.controls.show_filtered(arrangement.filters)
        self.show_points()
        self._ask_meaning()

    def _on_meaning(self, on: bool) -> None:
        self.meaning.setVisible(on)
        if on:
            wide = self.splitter.width() - self.side.width()
            table = min(
                wide // 2, self.meaning.wanted_width(self.session.catalogue.latents.shape[1])
            )
            self.splitter.setSizes([self.side.width(), wide - table, table])
            self._ask_meaning()
        else:
            self.meaning.stop()

    def _ask_meaning(self) -> None:
        if not self.meaning.isVisibleTo(self) or self.content is None:
            return
        catalogue = self.session.catalogue
        rows = arrange(catalogue, self._filter)
        known = measured(catalogue)
        values = [values_of(catalogue, q.key)[rows] for q in known]
        self.meaning.ask(catalogue.latents[rows], known, values)

    # --- what the session tells ----------------------------------------------------------------

    def _on_all(self, *_: object) -> None:
        self._ask(self._all)

    def _on_looks(self, *_: object) -> None:
        self._ask(self._looks)

    def _on_selection(self) -> None:
        self._ask(self._picked)

    def _ask(self, work: Later) -> None:
        # Behind the tab of another dock a widget counts as visible, but nobody sees any of it.
        if self.isVisible() and not self.visibleRegion().isEmpty():
            work.ask()
        else:
            self._missed.add(work)

    def _catch_up(self) -> None:
        """Do what was not done while nobody saw it; the first is all there is to do."""
        for work in (self._all, self._looks, self._picked):
            if work in self._missed:
                self._missed.clear()
                work.ask()
                return

    def _follow(self) -> None:
        """Offer what there is to choose from, and show all anew."""
        session = self.session
        self._missed.clear()
        self._alike = self._alike[session.catalogue.rows(self._alike) >= 0]
        self.controls.offer(quantities(session.catalogue))
        self.controls.again.setVisible(self.controls.compares)
        self._offer_filters()
        if session.library_model != self._model:
            # Latents of another model lie elsewhere.
            self._model = session.library_model
            self._fits = True
        if self.chart is not None:
            self.chart.forget_pictures()
        self.show_points()
        self._ask_meaning()

    def _offer_filters(self) -> None:
        classes, library = self.session.classes, self.session.library
        self.filters.offer_classes(classes)
        table = None if library is None else library.micrographs()
        micrographs = (
            []
            if table is None
            else list(zip(map(int, table.index), map(str, table["name"]), strict=True))
        )
        self.filters.offer_micrographs(micrographs)
        if self._filter.class_id not in {None, *(c.class_id for c in classes)}:
            self._filter = replace(self._filter, class_id=None)
        if self._filter.micrograph_id not in {None, *(i for i, _ in micrographs)}:
            self._filter = replace(self._filter, micrograph_id=None)
        self.filters.show_arrangement(self._filter)
        self.controls.show_filtered(self._filter.filters)

    def show_points(self) -> None:
        """Show the points as they are now."""
        if not self.isVisible():
            self._missed.add(self._looks)
            return
        total = len(self.session.catalogue)
        self.content = content_of(self.session, self.choice) if total else None
        shown = 0 if self.content is None else len(self.content.marks)
        self.controls.setEnabled(total > 0)
        self.filters.setEnabled(total > 0)
        if shown and self.content is not None:
            chart = self.chart or self._make_chart()
            chart.show_content(self.content, self.choice, fits=self._fits)
            self.stack.setCurrentWidget(chart)
        else:
            across, up = (self.controls.quantity(key) for key in self.controls.axes)
            names = " and ".join(q.name for q in (across, up) if q is not None)
            passing = 0 if self.content is None else self.content.passing
            self.empty.tell(total, passing, names)
            self.stack.setCurrentWidget(self.empty)
        self.show_selected()

    def _make_chart(self) -> Chart:
        from napari_ssrvae.docks.latent_map.chart import Chart

        self.chart = chart = Chart(self.canvas, self.controls)
        chart.plot.drag = next(
            drag for drag, button in self.controls.tools.items() if button.isChecked()
        )
        chart.moved.connect(self._on_moved)
        chart.key_pressed.connect(self._on_key)
        chart.problem.connect(self.said.say)
        self.side.add(chart.save)
        self.stack.addWidget(chart)
        return chart

    def _on_moved(self) -> None:
        self._fits = False

    def show_selected(self) -> None:
        """Ring what is selected, and say how many are shown."""
        content, selection = self.content, self.session.selection
        shown = 0 if content is None else len(content.marks)
        ringed = 0
        if self.chart is not None and shown:
            ringed = self.chart.show_selected()
        total = len(self.session.catalogue)
        words = f"{shown:,} of {total:,} particles" if total else ""
        if content is not None and 0 < shown < content.passing:
            words += f", {content.passing - shown:,} lack a number"
        if len(selection):
            words += f"  \u00b7  {len(selection):,} selected"
            if ringed < len(selection):
                words += f", {len(selection) - ringed:,} of them not shown"
        self.controls.tell(words)

    # --- keys ----------------------------------------------------------------------------------

    def _on_key(self, name: str, event: QKeyEvent) -> None:
        session, commands = self.session, self.canvas.commands
        if name == "Ctrl+A" and self.content is not None:
            session.selection.select(session.catalogue.particle_ids[self.content.marks.rows])
        elif name == "F5":
            self.compare_again()
        elif name == "Esc" and self.canvas.tools.tool is not None:
            self.canvas.tools.leave()
        elif not commands.press(name, self._meant()):
            return
        event.accept()

    def _meant(self) -> NDArray[np.int64]:
        """Return the particles that a key is for: the selected ones, else the one under review."""
        selection, pick = self.session.selection, self.session.queue.current
        if not len(selection) and pick is not None:
            return np.array([pick.particle_id], np.int64)
        return selection.ids

    # --- seen or not ---------------------------------------------------------------------------

    def _on_theme(self, _event: Any = None) -> None:
        tint = tint_of(self.canvas.viewer)
        text, ground = QColor(tint.text), QColor(tint.background)
        self.said.set_tones(Tones(ground, text, text))

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the session while seen."""
        super().showEvent(event)
        if self._all in self._missed:
            self._follow()
        elif self._missed:
            self._missed.clear()
            self.show_points()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Catch up when the tab comes to the front: nothing else tells of it."""
        super().paintEvent(event)
        if self._missed:
            self._catch_up()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Cost nothing while not seen."""
        super().hideEvent(event)
        self.meaning.stop()
