"""Step 2: the classes, and labels given by clicking on the micrograph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.widgets import Hint, swatch
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.library import Act

__all__ = ["LabelPanel"]

KEY, NAME, BY_HAND, BY_MODEL = range(4)


class LabelPanel(QWidget):
    """The list of classes with their counts; the chosen row is what a click assigns."""

    title = "Labels"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session
        self._filling = False

        self.table = QTableWidget(0, 4)
        self.table.setHorizontalHeaderLabels(["Key", "Class", "By hand", "By model"])
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        header = self.table.horizontalHeader()
        for column in (KEY, BY_HAND, BY_MODEL):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.table.setToolTip(
            "The chosen class is what a click assigns; double-click a name to change it"
        )
        self.table.setAccessibleName("Classes")
        self.table.currentCellChanged.connect(self._choose)
        self.table.itemChanged.connect(self._rename)

        self.click = QPushButton("Label by clicking")
        self.click.setCheckable(True)
        self.click.setToolTip(
            "Click: give the particle the chosen class. Click again or right click: take it off. "
            "Keys 1-9 choose and assign under the mouse, 0 takes off."
        )
        self.click.toggled.connect(self.canvas.hand.switch)
        self.add = self._button("+", "Add a class", self.add_class)
        self.recolour = self._button(
            "Colour", "Change the colour of the chosen class", self._recolour
        )
        self.remove = self._button("\u2212", "Remove the chosen class", self._remove)
        self.undo = self._button("Undo", "Take the last act back (Ctrl+Z)", self.canvas.hand.undo)
        self.redo = self._button("Redo", "Do it again (Ctrl+Shift+Z)", self.canvas.hand.redo)
        self.hint = Hint()

        first, second = QHBoxLayout(), QHBoxLayout()
        for button in (self.add, self.remove, self.recolour):
            first.addWidget(button)
        first.addStretch(1)
        for button in (self.undo, self.redo):
            first.addWidget(button)
        second.addWidget(self.click)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.hint)

        session = self.session
        session.classes_changed.connect(self.refresh)
        session.active_class_changed.connect(self._show_active)
        session.labels_changed.connect(self._on_labels)
        session.particles_changed.connect(self._on_labels)
        session.predictions_changed.connect(self._on_labels)
        session.library_changed.connect(self.refresh)
        self.canvas.hand.switched.connect(self.click.setChecked)
        self.click.setChecked(self.canvas.hand.labelling)
        self.refresh()

    def _button(self, text: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: act())
        return button

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        return f"{sum(hand for hand, _ in self.session.counts().values()):,} by hand"

    def refresh(self) -> None:
        """Show the classes as they are."""
        classes = self.session.classes
        self._filling = True
        self.table.setRowCount(len(classes))
        for row, entry in enumerate(classes):
            for column in range(4):
                item = QTableWidgetItem()
                if column != NAME:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                if column in (BY_HAND, BY_MODEL):
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.table.setItem(row, column, item)
            self.table.item(row, KEY).setText(str(row + 1) if row < 9 else "")
            self.table.item(row, NAME).setText(entry.name)
            self.table.item(row, NAME).setIcon(swatch(entry.colour))
            self.table.item(row, NAME).setData(Qt.ItemDataRole.UserRole, entry.class_id)
        rows = max(3, min(len(classes), 9))
        self.table.setFixedHeight(
            self.table.horizontalHeader().sizeHint().height()
            + rows * self.table.verticalHeader().defaultSectionSize()
            + 4
        )
        self._filling = False
        self._show_active()
        self._on_labels()

    def _on_labels(self, *_: object) -> None:
        counts = self.session.counts()
        self._filling = True
        for row, entry in enumerate(self.session.classes):
            if row < self.table.rowCount() and self.table.item(row, BY_HAND) is not None:
                hand, model = counts.get(entry.class_id, (0, 0))
                self.table.item(row, BY_HAND).setText(f"{hand:,}")
                self.table.item(row, BY_MODEL).setText(f"{model:,}")
        self._filling = False
        library = self.session.library
        self.undo.setEnabled(library is not None and library.can_undo)
        self.redo.setEnabled(library is not None and library.can_redo)
        if library is not None:
            self.undo.setToolTip(
                f"Undo: {library.undo_text} (Ctrl+Z)" if library.can_undo else "Nothing to undo"
            )
            self.redo.setToolTip(
                f"Redo: {library.redo_text} (Ctrl+Shift+Z)"
                if library.can_redo
                else "Nothing to redo"
            )
        for button in (self.add, self.recolour, self.remove, self.click):
            button.setEnabled(library is not None)
        labelled = sum(hand > 0 for hand, _ in counts.values())
        if library is None:
            self.hint.say("Find particles first; then choose a class and click on particles of it.")
        elif library.read_only:
            self.hint.say(f"Open read-only: {library.read_only_reason}", error=True)
        elif labelled < 2:
            self.hint.say(
                "Choose a class and click on a few particles of it, then the next class. About 15 each is good."
            )
        else:
            self.hint.say("")
        self.status_changed.emit(self.status)

    def _show_active(self) -> None:
        self._filling = True
        for row, entry in enumerate(self.session.classes):
            if entry.class_id == self.session.active_class_id:
                self.table.setCurrentCell(row, NAME)
        self._filling = False

    def _class_at(self, row: int) -> int | None:
        item = self.table.item(row, NAME)
        return None if item is None else int(item.data(Qt.ItemDataRole.UserRole))

    def _choose(self, row: int, *_: int) -> None:
        class_id = self._class_at(row) if row >= 0 and not self._filling else None
        if class_id is not None:
            self.session.set_active_class(class_id)

    def _do(self, act: Act) -> None:
        try:
            self.session.do(act)
        except InputError as error:
            self.refresh()
            self.hint.say(str(error), error=True)

    def _rename(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != NAME:
            return
        from napari_ssrvae.library import RenameClass

        class_id = self._class_at(item.row())
        names = {c.class_id: c.name for c in self.session.classes}
        if class_id is not None and item.text().strip() != names.get(class_id):
            self._do(RenameClass(class_id, item.text()))

    def add_class(self) -> None:
        """Add a class with a free name and let the user type another."""
        from napari_ssrvae.library import AddClass

        taken = {c.name for c in self.session.classes}
        number = len(taken) + 1
        while f"class {number}" in taken:
            number += 1
        self._do(AddClass(f"class {number}"))
        row = self.table.rowCount() - 1
        self.table.setCurrentCell(row, NAME)
        self.table.editItem(self.table.item(row, NAME))

    def _recolour(self) -> None:
        from napari_ssrvae.library import RecolourClass

        class_id = self.session.active_class_id
        entry = next((c for c in self.session.classes if c.class_id == class_id), None)
        if entry is None:
            return
        colour = QColorDialog.getColor(QColor(entry.colour), self, f"Colour of {entry.name}")
        if colour.isValid():
            self._do(RecolourClass(entry.class_id, colour.name()))

    def _remove(self) -> None:
        from napari_ssrvae.library import RemoveClass

        class_id = self.session.active_class_id
        entry = next((c for c in self.session.classes if c.class_id == class_id), None)
        if entry is None:
            return
        hand, _ = self.session.counts()[entry.class_id]
        if hand:
            text = (
                f'{hand:,} particles carry the label "{entry.name}". '
                "Removing the class takes their labels off; undo brings both back."
            )
            answer = QMessageBox.question(self, "Remove a class", text)
            if answer != QMessageBox.StandardButton.Yes:
                return
        self._do(RemoveClass(entry.class_id, None))
