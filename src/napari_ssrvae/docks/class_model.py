"""The classes with their counts as a Qt model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QIcon

from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.widgets import swatch

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass

__all__ = ["BY_HAND", "BY_MODEL", "KEY", "NAME", "ClassModel", "key_of"]

KEY, NAME, BY_HAND, BY_MODEL = range(4)
HEADERS = ("Key", "Class", "By hand", "By model")
HEADER_TIPS = (
    "The key that chooses the class and gives it to the particle under the mouse",
    "Double-click a name, or press F2, to change it",
    "How many particles of the whole library carry a label by hand",
    "How many particles of the whole library the model puts into the class",
)
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


def key_of(classes: Sequence[ParticleClass], row: int) -> str:
    """Return the key of the class in a row: 1-9, X for the reserved one, empty for those that have none."""
    if classes[row].reserved:
        return "X"
    return str(row + 1) if row < 9 else ""


class ClassModel(QAbstractTableModel):
    """One row for each class: key, name with its colour, labels by hand, predictions by the model.

    Parameters
    ----------
    rename : callable
        Is given class id and new name; returns whether it could be done.
    """

    def __init__(self, rename: Callable[[int, str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rename = rename
        self._classes: list[ParticleClass] = []
        self._counts: dict[int, tuple[int, int]] = {}
        self._icons: dict[str, QIcon] = {}

    @property
    def classes(self) -> list[ParticleClass]:
        """The classes as shown."""
        return list(self._classes)

    def show_classes(self, classes: Sequence[ParticleClass]) -> None:
        """Show these classes; only what is another is told to the views."""
        old, new = self._classes, list(classes)
        if [c.class_id for c in old] != [c.class_id for c in new]:
            self.beginResetModel()
            self._classes = new
            self.endResetModel()
            return
        self._classes = new
        for row, (before, after) in enumerate(zip(old, new, strict=True)):
            if before != after:
                self.dataChanged.emit(self.index(row, KEY), self.index(row, NAME))

    def show_counts(self, counts: Mapping[int, tuple[int, int]]) -> None:
        """Show these numbers by hand and by the model; only cells that are others are told."""
        old, self._counts = self._counts, dict(counts)
        for row, entry in enumerate(self._classes):
            before = old.get(entry.class_id, (0, 0))
            after = self._counts.get(entry.class_id, (0, 0))
            for column in (BY_HAND, BY_MODEL):
                if before[column - BY_HAND] != after[column - BY_HAND]:
                    cell = self.index(row, column)
                    self.dataChanged.emit(cell, cell)

    def class_at(self, row: int) -> ParticleClass | None:
        """Return the class in a row, None outside."""
        return self._classes[row] if 0 <= row < len(self._classes) else None

    def row_of(self, class_id: int | None) -> int:
        """Return the row of a class, -1 if it is not there."""
        return next((i for i, c in enumerate(self._classes) if c.class_id == class_id), -1)

    # --- Qt's names ------------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return how many classes there are."""
        return 0 if parent is not None and parent.isValid() else len(self._classes)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(HEADERS)

    def headerData(  # noqa: N802
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(HEADERS):
            if role == Qt.ItemDataRole.DisplayRole:
                return HEADERS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return HEADER_TIPS[section]
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Return what can be done with a cell: names are edited, ordinary classes dragged."""
        entry = self.class_at(index.row()) if index.isValid() else None
        if entry is None:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsEditable
        if not entry.reserved:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        entry = self.class_at(index.row()) if index.isValid() else None
        if entry is None:
            return None
        row, column = index.row(), index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(row, column)
        if role == Qt.ItemDataRole.DecorationRole and column == NAME:
            return self._icons.setdefault(entry.colour, swatch(entry.colour))
        if role == Qt.ItemDataRole.TextAlignmentRole and column != NAME:
            return CENTRE if column == KEY else RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{HEADERS[column]}: {self._text(row, column)}"
        return None

    def _text(self, row: int, column: int) -> str:
        entry = self._classes[row]
        if column == KEY:
            return key_of(self._classes, row)
        if column == NAME:
            return entry.name
        return f"{self._counts.get(entry.class_id, (0, 0))[column - BY_HAND]:,}"

    def _tip(self, row: int) -> str:
        entry = self._classes[row]
        if entry.reserved:
            return f"{entry.name}: for what belongs to no other class, such as dirt and half particles (X)"
        key = key_of(self._classes, row)
        return f"{entry.name} ({key})" if key else entry.name

    def setData(  # noqa: N802
        self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Rename a class; False if that cannot be, and nothing has changed."""
        entry = self.class_at(index.row()) if index.isValid() else None
        if entry is None or index.column() != NAME or role != Qt.ItemDataRole.EditRole:
            return False
        name = str(value)
        return name.strip() == entry.name or self._rename(entry.class_id, name)
