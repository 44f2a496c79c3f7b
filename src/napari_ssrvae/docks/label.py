"""Step 2: the classes, and labels given by clicking on the micrograph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.class_list import ClassList
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.lost_labels import LostLabels
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.review_panel import ReviewPanel
from napari_ssrvae.docks.select_row import SelectRow
from napari_ssrvae.docks.widgets import Hint

if TYPE_CHECKING:
    import napari

__all__ = ["LabelPanel"]


class LabelPanel(QWidget):
    """The list of classes with their counts; the chosen row is what a click assigns."""

    title = "Labels"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session

        self.classes = ClassList(self.session)
        self.classes.said.connect(self._on_said)
        self.table = self.classes.table
        self.add, self.remove = self.classes.add, self.classes.remove
        self.recolour, self.more = self.classes.recolour, self.classes.more
        self.undo = _button("Undo", "Take the last act back (Ctrl+Z)", self.canvas.commands.undo)
        self.redo = _button("Redo", "Do it again (Ctrl+Shift+Z)", self.canvas.commands.redo)
        for button in (self.undo, self.redo):
            self.classes.row.addWidget(button)

        self.click = QPushButton("Label by clicking")
        self.click.setCheckable(True)
        self.click.setToolTip(
            "Click: give the particle the chosen class. Click again or right click: take it off. "
            "Off: a click selects only."
        )
        self.click.toggled.connect(self.canvas.hand.switch)
        self.gallery = _button(
            "Gallery", "Every particle as a thumbnail: sort, select, label many", self._open_gallery
        )
        self.keys = _button("Keys", "All keys on one sheet (F1 or ?)", self._ask_sheet)
        self.many = SelectRow(self.canvas)
        self.told, self.hint = Hint(), Hint()
        self.review = ReviewPanel(self.canvas)
        self.lost = LostLabels(self.canvas)

        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.click, 2)
        row.addWidget(self.gallery, 1)
        row.addWidget(self.keys, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.classes)
        column.addLayout(row)
        for widget in (self.many, self.told, self.hint, self.review, self.lost):
            column.addWidget(widget)

        session = self.session
        session.acted.connect(self._on_acted)
        self._later = Later(self.refresh, self)
        for signal in (
            session.labels_changed,
            session.particles_changed,
            session.predictions_changed,
            session.classes_changed,
        ):
            signal.connect(self._later.ask)
            signal.connect(self._show_history)
        session.unsaved_changed.connect(self._later.ask)
        session.library_changed.connect(self._on_library)
        self.canvas.hand.switched.connect(self.click.setChecked)
        self.click.setChecked(self.canvas.hand.labelling)
        self.refresh()
        self._show_history()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        return f"{sum(hand for hand, _ in self.session.counts().values()):,} by hand"

    def refresh(self) -> None:
        """Say what to do next."""
        library, counts = self.session.library, self.session.counts()
        self.click.setEnabled(library is not None)
        labelled = sum(hand > 0 for hand, _ in counts.values())
        if library is None:
            self.hint.say("Find particles first; then choose a class and click on particles of it.")
        elif library.read_only:
            kept = " Labels are kept in memory meanwhile." if library.takes_acts else ""
            self.hint.say(f"Open read-only: {library.read_only_reason}{kept}", error=True)
        elif labelled < 2:
            self.hint.say(
                "Choose a class and click on a few particles of it, then the next class. "
                "About 15 each is good."
            )
        else:
            self.hint.say("")
        for button, text, key in (
            (self.undo, None if library is None else library.undo_text, "Ctrl+Z"),
            (self.redo, None if library is None else library.redo_text, "Ctrl+Shift+Z"),
        ):
            word = button.text()
            tip = f"{word}: {text} ({key})" if text else f"Nothing to {word.lower()}"
            button.setToolTip(plain_tip(tip))
        self.status_changed.emit(self.status)

    def _show_history(self, *_: object) -> None:
        """Let the buttons follow at once: they may be pressed faster than the panel is drawn."""
        library = self.session.library
        self.undo.setEnabled(library is not None and library.can_undo)
        self.redo.setEnabled(library is not None and library.can_redo)

    def _on_library(self) -> None:
        self.told.say("")
        self.refresh()
        self._show_history()

    def _on_acted(self, sentence: str) -> None:
        self.told.say(sentence)

    def _open_gallery(self) -> None:
        self.canvas.open_gallery()

    def _ask_sheet(self) -> None:
        self.canvas.commands.sheet_asked.emit()

    def _on_said(self, problem: str) -> None:
        if problem:
            self.hint.say(problem, error=True)
        else:
            self._later.ask()


def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda: act())
    return button
