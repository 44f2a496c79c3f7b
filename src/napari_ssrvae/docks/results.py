"""Step 4: what the model says: counts per class, how sure it must be, the latent traversals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.widgets import Hint, swatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import napari

    from napari_ssrvae.session import ClassSummary

__all__ = ["ResultsPanel"]


class ResultsPanel(QWidget):
    """Counts per class with the threshold below which a prediction is shown as unsure."""

    title = "Results"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session

        self.threshold = QSlider(Qt.Orientation.Horizontal)
        self.threshold.setRange(0, 100)
        self.threshold.setAccessibleName("Unsure below")
        self.threshold.setToolTip(
            "Predictions with a lower probability are not filled in on the micrograph"
        )
        self.threshold.valueChanged.connect(
            lambda value: self.session.set_unsure_below(value / 100)
        )
        self.value = QLabel()
        row = QHBoxLayout()
        row.addWidget(QLabel("Unsure below"))
        row.addWidget(self.threshold, 1)
        row.addWidget(self.value)

        self.table = QTableWidget(0, 4)
        self.table.setHorizontalHeaderLabels(["Class", "Particles", "Unsure", "Median size"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setAccessibleName("Particles per class")
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.look = QPushButton("Traversals")
        self.look.setToolTip(
            "Move the view to the pictures of what the model has learnt: one strip for each class and latent"
        )
        self.look.clicked.connect(self._look)
        self.back = QPushButton("Micrograph")
        self.back.setToolTip("Move the view back to the micrograph")
        self.back.clicked.connect(self._back)
        self.hint = Hint()

        views = QHBoxLayout()
        views.addWidget(QLabel("Look at"))
        views.addWidget(self.look)
        views.addWidget(self.back)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.addLayout(row)
        column_layout.addWidget(self.table)
        column_layout.addLayout(views)
        column_layout.addWidget(self.hint)

        session = self.session
        self._later = Later(self.refresh, self)
        for signal in (
            session.predictions_changed,
            session.labels_changed,
            session.classes_changed,
            session.particles_changed,
            session.unsure_below_changed,
            session.traversals_changed,
            session.library_changed,
        ):
            signal.connect(self._later.ask)
        self.canvas.layers_changed.connect(self._later.ask)
        self.refresh()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        total = sum(model for _, model in self.session.counts().values())
        return f"{total:,} classified" if total else "none yet"

    def refresh(self, *_: object) -> None:
        """Show the session as it is."""
        session = self.session
        percent = round(100 * session.unsure_below)
        self.threshold.blockSignals(True)
        self.threshold.setValue(percent)
        self.threshold.blockSignals(False)
        self.value.setText(f"{percent / 100:.2f}")
        predicted = any(model for _, model in session.counts().values())
        if predicted:
            # As much work as there are particles: not while nothing is there to be summed up.
            self._show_rows(session.summary())
        self.table.setVisible(predicted)
        self.threshold.setEnabled(predicted)
        self.look.setEnabled(bool(self.canvas.traversals.shown()))
        self.back.setEnabled(bool(self.canvas.traversals.shown()))
        self.hint.say(
            ""
            if predicted
            else "Train first: the classes of all particles appear here and on the micrograph."
        )
        self.status_changed.emit(self.status)

    def _show_rows(self, rows: Sequence[ClassSummary]) -> None:
        """Write what is another now; cells are made once."""
        self.table.setRowCount(len(rows))
        for at, entry in enumerate(rows):
            cells = (entry.name, f"{entry.particles:,}", f"{entry.unsure:,}", entry.size)
            for column, text in enumerate(cells):
                item = self.table.item(at, column)
                if item is None:
                    item = QTableWidgetItem()
                    if column:
                        item.setTextAlignment(
                            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                        )
                    self.table.setItem(at, column, item)
                if item.text() != text:
                    item.setText(text)
            first = self.table.item(at, 0)
            if first.data(Qt.ItemDataRole.UserRole) != entry.colour:
                first.setData(Qt.ItemDataRole.UserRole, entry.colour)
                first.setIcon(swatch(entry.colour))
        visible = max(3, min(len(rows), 9))
        height = self.table.horizontalHeader().sizeHint().height()
        self.table.setFixedHeight(
            height + visible * self.table.verticalHeader().defaultSectionSize() + 4
        )

    def _look(self) -> None:
        self.canvas.show_layers(self.canvas.traversals.shown())

    def _back(self) -> None:
        image = self.canvas.image_layer(self.session.current)
        if image is not None:
            self.canvas.show_layers([image])
