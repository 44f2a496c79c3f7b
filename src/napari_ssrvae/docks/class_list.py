"""The list of classes with all that can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.class_dialogs import MergeDialog, RemoveDialog
from napari_ssrvae.docks.class_model import ClassModel
from napari_ssrvae.docks.class_table import LONGEST_NAME, ClassTable
from napari_ssrvae.docks.colour_dialog import ColourDialog
from napari_ssrvae.docks.later import Later
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.library import Act, ParticleClass
    from napari_ssrvae.session import Session

__all__ = ["ClassList"]

LISTS = "Lists of classes (*.csv *.txt *.json);;All files (*)"


class ClassList(QWidget):
    """The table of classes, its buttons and its menu.

    Attributes
    ----------
    said : Signal
        One sentence: why something was not done; or empty, when something was.
    """

    said = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.model = ClassModel(self._rename, self)
        self.table = ClassTable(self.model, self._origin)
        self.table.chosen.connect(self._choose)
        self.table.move_asked.connect(self._move)
        self.table.remove_asked.connect(self.remove_class)
        self.table.dropped.connect(self._assign)
        self.table.name_too_long.connect(
            lambda: self.said.emit(f"A class name has at most {LONGEST_NAME} characters.")
        )
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

        self.add = _button("+", "Add a class", self.add_class)
        self.remove = _button(
            "\u2212",
            "Remove the chosen class; asks what becomes of its labels (Delete)",
            self.remove_class,
        )
        self.recolour = _button(
            "Colour", "Change the colour of the chosen class", self.recolour_class
        )
        self.menu = QMenu(self)
        self.rename = self._action("Rename", "F2", lambda: self.table.edit_name(self._active_id))
        self.up = self._action("Move up", "Alt+Up", lambda: self._shift(-1))
        self.down = self._action("Move down", "Alt+Down", lambda: self._shift(1))
        self.merge = self._action("Merge into \u2026", "", self.merge_class)
        self.menu.addSeparator()
        self.load = self._action("Import a list \u2026", "", self._ask_and_import)
        self.save = self._action("Export the list \u2026", "", self._ask_and_export)
        self.more = QPushButton("More")
        self.more.setMenu(self.menu)
        self.more.setToolTip("Rename, move, merge; import or export the list")
        self.more.setAccessibleName("More about classes")
        self.table.customContextMenuRequested.connect(
            lambda at: self.menu.popup(self.table.viewport().mapToGlobal(at))
        )

        self.row = QHBoxLayout()
        self.row.setSpacing(4)
        for button in (self.add, self.remove, self.recolour, self.more):
            self.row.addWidget(button)
        self.row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        column.addLayout(self.row)

        self._count = Later(self.refresh_counts, self)
        for signal in (
            session.labels_changed,
            session.particles_changed,
            session.predictions_changed,
            session.novel_above_changed,
        ):
            signal.connect(self._count.ask)
        session.classes_changed.connect(self.refresh)
        session.library_changed.connect(self.refresh)
        session.active_class_changed.connect(self._show_active)
        self.refresh()

    def _action(self, text: str, key: str, act: Callable[[], None]) -> QAction:
        action = self.menu.addAction(f"{text}\t{key}" if key else text)
        action.triggered.connect(lambda _=False: act())
        return action

    # --- what is shown ---------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the classes as they are."""
        self.model.show_classes(self.session.classes)
        self._show_active()
        self.refresh_counts()

    def refresh_counts(self) -> None:
        """Show how many particles each class has."""
        self.model.show_counts(self.session.counts())

    def _show_active(self) -> None:
        self.table.show_active(self._active_id)
        entry, library = self._active, self.session.library
        ordinary = sum(not c.reserved for c in self.model.classes)
        free = entry is not None and not entry.reserved
        for widget in (self.add, self.more, self.load):
            widget.setEnabled(library is not None)
        for widget in (self.recolour, self.rename):
            widget.setEnabled(entry is not None)
        for widget in (self.remove, self.merge):
            widget.setEnabled(free)
        self.up.setEnabled(free and entry is not None and entry.position > 0)
        self.down.setEnabled(free and entry is not None and entry.position < ordinary - 1)
        self.save.setEnabled(ordinary > 0)

    @property
    def _active_id(self) -> int | None:
        return self.session.active_class_id

    @property
    def _active(self) -> ParticleClass | None:
        return self.model.class_at(self.model.row_of(self._active_id))

    def _origin(self) -> str:
        library = self.session.library
        return "" if library is None else str(library.folder)

    # --- what is done ----------------------------------------------------------------------------

    def _do(self, act: Act) -> bool:
        return self._try(lambda: self.session.do(act))

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except InputError as error:
            self.said.emit(str(error))
            return False
        self.said.emit("")
        return True

    def _choose(self, class_id: int) -> None:
        self._try(lambda: self.session.set_active_class(class_id))

    def _assign(self, particle_ids: NDArray[np.int64], class_id: int) -> None:
        self._try(lambda: self.session.assign(particle_ids, class_id))

    def _rename(self, class_id: int, name: str) -> bool:
        from napari_ssrvae.library import RenameClass

        return self._do(RenameClass(class_id, name))

    def add_class(self) -> None:
        """Add a class with a free name and let the user type another."""
        from napari_ssrvae.library import AddClass

        taken = {c.name.casefold() for c in self.model.classes}
        before = {c.class_id for c in self.model.classes}
        number = sum(not c.reserved for c in self.model.classes) + 1
        while f"class {number}" in taken:
            number += 1
        if self._do(AddClass(f"class {number}")):
            self.table.edit_name(
                next((c.class_id for c in self.model.classes if c.class_id not in before), None)
            )

    def _shift(self, step: int) -> None:
        if self._active is not None:
            self._move(self._active.class_id, self._active.position + step)

    def _move(self, class_id: int, position: int) -> None:
        from napari_ssrvae.library import MoveClass

        entry = self.model.class_at(self.model.row_of(class_id))
        ordinary = sum(not c.reserved for c in self.model.classes)
        if entry is not None and not entry.reserved and 0 <= position < ordinary:
            self._do(MoveClass(class_id, position))
            self.table.show_active(self._active_id)

    def recolour_class(self) -> None:
        """Offer colours for the chosen class."""
        from napari_ssrvae.library import RecolourClass

        entry = self._active
        if entry is None:
            return
        used = {c.colour: c.name for c in reversed(self.model.classes)}
        dialog = ColourDialog(self, entry.name, entry.colour, used)
        dialog.chosen.connect(lambda colour: self._do(RecolourClass(entry.class_id, colour)))
        _open(dialog)

    def remove_class(self) -> None:
        """Remove the chosen class; where it has labels, ask what becomes of them."""
        from napari_ssrvae.library import RemoveClass

        entry = self._active
        if entry is None:
            return
        by_hand = self.session.counts().get(entry.class_id, (0, 0))[0]
        if entry.reserved or not by_hand:
            # The library says in a sentence why the reserved one stays.
            self._do(RemoveClass(entry.class_id, None))
            return
        dialog = RemoveDialog(self, entry, by_hand, self._others(entry))
        dialog.answered.connect(lambda to: self._do(RemoveClass(entry.class_id, to)))
        _open(dialog)

    def merge_class(self) -> None:
        """Ask which class the chosen one is merged into."""
        from napari_ssrvae.library import RemoveClass

        entry = self._active
        if entry is None or entry.reserved:
            return
        dialog = MergeDialog(self, entry, self._others(entry))
        dialog.answered.connect(lambda to: self._do(RemoveClass(entry.class_id, to)))
        _open(dialog)

    def _others(self, entry: ParticleClass) -> list[ParticleClass]:
        return [c for c in self.model.classes if c.class_id != entry.class_id]

    # --- lists in files ----------------------------------------------------------------------------

    def _ask_and_import(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Import a list of classes", "", LISTS)
        if name:
            self.import_from(Path(name))

    def _ask_and_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export the list of classes", "classes.csv", "Table (*.csv)"
        )
        if name:
            self.export_to(Path(name))

    def import_from(self, path: Path) -> bool:
        """Add the classes of a file (.csv, .txt, .json); False if it could not be done."""
        from napari_ssrvae.library import AddClasses
        from napari_ssrvae.library.class_lists import read_class_list

        return self._try(lambda: self.session.do(AddClasses(read_class_list(path))))

    def export_to(self, path: Path) -> bool:
        """Write names and colours of the ordinary classes as .csv; False if it could not be done."""
        from napari_ssrvae.library.class_lists import write_class_list

        path = path if path.suffix else path.with_suffix(".csv")
        ordinary = tuple((c.name, c.colour) for c in self.model.classes if not c.reserved)
        return self._try(lambda: write_class_list(path, ordinary))


def _open(dialog: QDialog) -> None:
    """Show a question in front of the window; nothing of it stays afterwards."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda: act())
    return button
