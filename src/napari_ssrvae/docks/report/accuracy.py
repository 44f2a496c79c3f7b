"""Which class is taken for which, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.gallery.dock import GalleryDock
from napari_ssrvae.docks.plots import SaveButtons
from napari_ssrvae.docks.report.judged import SourceChoice, judgement_of
from napari_ssrvae.docks.report.matrix import Matrix
from napari_ssrvae.docks.report.page import Page, compact
from napari_ssrvae.docks.report.words import (
    class_table,
    confusion_table,
    headline,
    names_of,
    with_interval,
)
from napari_ssrvae.docks.widgets import Hint, swatch
from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.judging import Judgement

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AccuracyPage"]

HEADS = ("class", "labels", "recall", "precision")


class AccuracyPage(Page):
    """Confusion matrix, recall and precision, with what may be concluded from them."""

    title = "Accuracy"

    def __init__(self, canvas: Canvas, source: SourceChoice) -> None:
        super().__init__(canvas)
        self.source = source
        self.judgement: Judgement | None = None
        self.names: list[str] = []

    def read(self) -> Judgement:
        """Judge the model."""
        self.judgement = None
        return judgement_of(self.session, self.source.source)

    def build(self) -> QWidget:
        """Return the words, the matrix and the table."""
        self.headline, self.words, self.cell = Hint(), Hint(), Hint()
        self.gallery = QPushButton("Show in the gallery")
        self.gallery.setToolTip("Open the gallery with these particles first, then those like them")
        self.gallery.setEnabled(False)
        self.gallery.clicked.connect(self._open_gallery)
        self.matrix = Matrix(self.canvas.viewer)
        self.matrix.clicked.connect(self.choose)
        self.table = QTableWidget(0, len(HEADS))
        self.table.setHorizontalHeaderLabels(list(HEADS))
        self.table.setAccessibleName("Recall and precision")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        compact(self.table, 330)
        if (numbers := self.table.verticalHeader()) is not None:
            numbers.hide()
        if (heads := self.table.horizontalHeader()) is not None:
            heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        large: set[QWidget] = {self.matrix.plot, self.table}
        for stretch, widgets in (
            (3, (self.headline, self.words, self.cell, self.gallery)),
            (5, (self.matrix.plot, self._saver("confusion matrix", self.matrix.plot))),
            (3, (self.table, self._saver("recall and precision", self.table, "csv"))),
        ):
            column = QVBoxLayout()
            for widget in widgets:
                column.addWidget(widget, 1 if widget in large else 0)
            if not large.intersection(widgets):
                column.addStretch(1)
            row.addLayout(column, stretch)
        self.headline.setMinimumWidth(170)
        return body

    def _saver(self, name: str, widget: QWidget, *endings: str) -> SaveButtons:
        make = class_table if widget is self.table else confusion_table

        def table() -> pd.DataFrame:
            return make(self.need(), self.names)

        return SaveButtons(
            name, widget, table, self.session, endings=endings or ("png", "svg", "csv")
        )

    def need(self) -> Judgement:
        """Return what is shown; `InputError` if nothing is."""
        if self.judgement is None:
            raise InputError("There is nothing to save yet: the model was not judged.")
        return self.judgement

    def draw(self, judgement: Judgement) -> None:
        """Show how good the model is."""
        self.judgement = judgement
        self.names = names_of(self.session, judgement.class_ids)
        self.headline.say(headline(judgement))
        self.words.say(" ".join(judgement.words))
        self.cell.say("Click a cell to see its particles.")
        self.gallery.setEnabled(False)
        self.matrix.show(judgement, self.names)
        colours = {c.class_id: c.colour for c in self.session.classes}
        j = judgement
        self.table.setRowCount(len(j.class_ids))
        for k, class_id in enumerate(j.class_ids):
            few = bool(j.few[k])
            cells = (
                self.names[k],
                f"{int(j.support[k])}" + (" \u26a0" if few else ""),
                with_interval(j.recall[k], j.recall_low[k], j.recall_high[k]),
                with_interval(j.precision[k], j.precision_low[k], j.precision_high[k]),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                elif class_id in colours:
                    item.setIcon(QIcon(swatch(QColor(colours[class_id]).name())))
                if few:
                    item.setToolTip("Too few labels of this class to say anything")
                self.table.setItem(k, column, item)

    def _open_gallery(self) -> None:
        gallery = self.canvas.open_dock("Gallery")
        if isinstance(gallery, GalleryDock):
            gallery.panel.show_selected()

    def choose(self, row: int, column: int) -> None:
        """Select the particles of a cell."""
        j = self.judgement
        if j is None:
            return
        ids = j.particles(j.class_ids[row], j.class_ids[column])
        self.session.selection.select(ids)
        self.matrix.mark((row, column))
        self.gallery.setEnabled(len(ids) > 0)
        n = len(ids)
        said = f"{n} {'particle' if n == 1 else 'particles'} of \u201c{self.names[row]}\u201d"
        what = "taken for" if row != column else "rightly taken for"
        self.cell.say(
            f"{said} {what} \u201c{self.names[column]}\u201d{', selected' if np.any(n) else ''}."
        )
