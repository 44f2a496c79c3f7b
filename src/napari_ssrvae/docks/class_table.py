"""The table of classes: choose, rename in place, move by mouse or keys, drop particles on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QMimeData, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from qtpy.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from napari_ssrvae.docks.class_model import BY_HAND, BY_MODEL, KEY, NAME, ClassModel
from napari_ssrvae.docks.dragging import particles_of

__all__ = ["ClassTable"]

LONGEST_NAME = 64
FEWEST_ROWS, MOST_ROWS = 3, 10
CLASS_MIME = "application/x-napari-ssrvae-class"


class _NameDelegate(QStyledItemDelegate):
    """The editor of a name: no longer than a name may be, and says so."""

    too_long = Signal()

    def createEditor(  # noqa: N802 - Qt's name
        self, parent: QWidget | None, _option: QStyleOptionViewItem, _index: QModelIndex
    ) -> QWidget | None:
        """Return a line for the name."""
        editor = QLineEdit(parent)
        editor.setMaxLength(LONGEST_NAME)
        editor.setFrame(False)
        editor.setAccessibleName("Name of the class")
        editor.inputRejected.connect(self.too_long)
        return editor


class ClassTable(QTableView):
    """Shows a `ClassModel`; what the user wants of it is told by signals.

    Parameters
    ----------
    model : ClassModel
    origin : callable
        Gives the library's folder as text: particles of another library cannot be dropped here.

    Attributes
    ----------
    chosen : Signal
        A class id: the user chose its row.
    move_asked : Signal
        A class id and the place in the list that it shall have.
    remove_asked : Signal
        The Delete key was pressed.
    dropped : Signal
        Particle ids (n,) int64 and the class id that they were dropped on.
    name_too_long : Signal
        More was typed or pasted than a name can hold.
    """

    chosen = Signal(int)
    move_asked = Signal(int, int)
    remove_asked = Signal()
    dropped = Signal(object, int)
    name_too_long = Signal()

    def __init__(self, model: ClassModel, origin: Callable[[], str]) -> None:
        super().__init__()
        self.classes = model
        self._origin = origin
        self._showing = False
        self._particles: NDArray[np.int64] | None = None
        self._class_id: int | None = None
        self._carried: int | None = None
        self._target: int | None = None
        self.setModel(model)
        self.verticalHeader().hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Tab leaves the table: cells are reached with the arrows.
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        for column in (KEY, BY_HAND, BY_MODEL):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(False)
        self.setAccessibleName("Classes")
        self.setAccessibleDescription(
            "The chosen class is what a click on a particle gives. F2 renames, Alt with the arrows moves, "
            "Delete removes."
        )
        delegate = _NameDelegate(self)
        delegate.too_long.connect(self.name_too_long)
        self.setItemDelegateForColumn(NAME, delegate)
        self.selectionModel().currentRowChanged.connect(self._on_current)
        model.modelReset.connect(self._fit)
        self._fit()

    # --- what is shown -----------------------------------------------------------------------------

    def _fit(self) -> None:
        rows = max(FEWEST_ROWS, min(self.classes.rowCount(), MOST_ROWS))
        height = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(height + rows * self.verticalHeader().defaultSectionSize() + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Fit a narrow dock."""
        return QSize(200, self.height())

    def show_active(self, class_id: int | None) -> None:
        """Mark the row of the active class."""
        row = self.classes.row_of(class_id)
        if row >= 0 and row != self.currentIndex().row():
            self._showing = True
            self.setCurrentIndex(self.classes.index(row, NAME))
            self._showing = False

    def edit_name(self, class_id: int | None) -> None:
        """Let the user type the name of a class."""
        row = self.classes.row_of(class_id)
        if row >= 0:
            index = self.classes.index(row, NAME)
            self.setCurrentIndex(index)
            self.scrollTo(index)
            self.edit(index)

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        entry = self.classes.class_at(current.row())
        if entry is not None and not self._showing:
            self.chosen.emit(entry.class_id)

    # --- keys ----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Move and remove classes; leave the keys of labelling to the window."""
        if event is None:
            return
        entry = self.classes.class_at(self.currentIndex().row())
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if entry is not None and alt and event.key() in steps:
            self.move_asked.emit(entry.class_id, entry.position + steps[event.key()])
        elif entry is not None and event.key() == Qt.Key.Key_Delete:
            self.remove_asked.emit()
        elif event.text().isprintable() and event.text():
            # A list would search for what is typed; here 1-9, N, R and others mean something.
            event.ignore()
        else:
            super().keyPressEvent(event)

    # --- classes and particles that are dragged ------------------------------------------------------

    def startDrag(self, _actions: Qt.DropAction) -> None:  # noqa: N802 - Qt's name
        """Drag the chosen class to another place of the list."""
        entry = self.classes.class_at(self.currentIndex().row())
        if entry is None or entry.reserved:
            return
        drag, mime = QDrag(self), QMimeData()
        # The mark alone: which class it is stays here, so nothing from outside can name one.
        mime.setData(CLASS_MIME, b"")
        drag.setMimeData(mime)
        self._carried = entry.class_id
        try:
            drag.exec(Qt.DropAction.CopyAction)
        finally:
            self._carried = None

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Look once at what comes: many particles take a moment to read."""
        if event is None:
            return
        self._end_drag()
        if event.mimeData().hasFormat(CLASS_MIME):
            self._class_id = self._carried
        else:
            self._particles = particles_of(event.mimeData(), self._origin())
        if self._class_id is None and self._particles is None:
            event.ignore()
        else:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dragMoveEvent(self, event: QDragMoveEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show where it would go."""
        if event is None:
            return
        super().dragMoveEvent(event)  # Scrolls near the edges.
        self._target = self._target_at(event.position().toPoint())
        if self._target is None:
            event.ignore()
        else:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        self.viewport().update()

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:  # noqa: N802 - Qt's name
        """Forget it."""
        self._end_drag()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Tell what was dropped where."""
        if event is None:
            return
        target = self._target_at(event.position().toPoint())
        particles, class_id = self._particles, self._class_id
        self._end_drag()
        if target is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if particles is not None:
            self.dropped.emit(particles, self.classes.classes[target].class_id)
        elif class_id is not None:
            row = self.classes.row_of(class_id)
            place = target - 1 if target > row else target
            if row >= 0 and place != row:
                self.move_asked.emit(class_id, place)

    def _target_at(self, at: QPoint) -> int | None:
        """Return the row that particles go to, or the gap above a row that a class goes to."""
        row = self.rowAt(at.y())
        if self._particles is not None:
            return row if row >= 0 else None
        if self._class_id is None:
            return None
        ordinary = sum(not c.reserved for c in self.classes.classes)
        if row < 0:
            return ordinary
        rect = self.visualRect(self.classes.index(row, NAME))
        return min(row + (at.y() > rect.center().y()), ordinary)

    def _end_drag(self) -> None:
        self._particles = self._class_id = self._target = None
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the table, and a frame or a line where something would be dropped."""
        super().paintEvent(event)
        if self._target is None:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QPen(self.palette().text().color(), 2))
        if self._particles is not None:
            painter.drawRect(self._row_rect(self._target).adjusted(1, 1, -2, -2))
        else:
            last = self._target == self.classes.rowCount()
            rect = self._row_rect(self._target - last)
            y = rect.bottom() if last else max(rect.top(), 1)
            painter.drawLine(rect.left(), y, rect.right(), y)
        painter.end()

    def _row_rect(self, row: int) -> QRect:
        first = self.visualRect(self.classes.index(row, KEY))
        return first.united(self.visualRect(self.classes.index(row, BY_MODEL)))
