"""The table of classes in the results: how many particles, who says so, how sure, how large."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.widgets import swatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_ssrvae.session import ClassSummary

__all__ = ["ResultsTable"]

COLUMNS = {
    "Class": "Name and colour of the class",
    "All": "Particles shown as this class, by hand or by the model; unsure ones are counted, too",
    "Hand": "Of these, labelled by hand",
    "Unsure": "Of these, predictions with a probability under the threshold: striped on the micrograph",
    "Aside": (
        "Predicted to be of this class, but set aside as \u201cnone of these\u201d because they are unlike "
        "everything the model knows; in the last row, all that were set aside"
    ),
    "Median": "Median of the equivalent diameter of all of the class",
}
ASIDE = list(COLUMNS).index("Aside")
# Rows that are shown at least, and at most without scrolling.
FEWEST, MOST = 3, 9


class ResultsTable(QTableWidget):
    """Each class in numbers; cells are made once and written where they change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setHorizontalHeaderLabels(list(COLUMNS))
        for column, tip in enumerate(COLUMNS.values()):
            self.horizontalHeaderItem(column).setToolTip(tip)
        self.verticalHeader().hide()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setAccessibleName("Particles per class")
        header = self.horizontalHeader()
        header.setMinimumSectionSize(34)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def show_rows(self, rows: Sequence[ClassSummary], *, aside: bool) -> None:
        """Write what is another now; `aside`: whether any may have been set aside."""
        self.setColumnHidden(ASIDE, not aside)
        self.setRowCount(len(rows))
        for at, entry in enumerate(rows):
            counts = (entry.particles, entry.by_hand, entry.unsure, entry.novel)
            cells = (entry.name, *(f"{count:,}" for count in counts), entry.size)
            for column, text in enumerate(cells):
                item = self.item(at, column)
                if item is None:
                    item = QTableWidgetItem()
                    if column:
                        item.setTextAlignment(
                            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                        )
                    self.setItem(at, column, item)
                if item.text() != text:
                    item.setText(text)
                    if not column:
                        item.setToolTip(plain_tip(text))
            first = self.item(at, 0)
            if first.data(Qt.ItemDataRole.UserRole) != entry.colour:
                first.setData(Qt.ItemDataRole.UserRole, entry.colour)
                first.setIcon(swatch(entry.colour))
        visible = max(FEWEST, min(len(rows), MOST))
        height = self.horizontalHeader().sizeHint().height()
        high = height + visible * self.verticalHeader().defaultSectionSize() + 4
        if self.minimumHeight() != high or self.maximumHeight() != high:
            self.setFixedHeight(high)
