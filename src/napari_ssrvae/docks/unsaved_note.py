"""The head of a dock says what is not saved, and offers the two ways out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.title import title_of
from napari_ssrvae.docks.unsaved_dialog import acts_words, save_elsewhere
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["UnsavedNote"]


class UnsavedNote(QWidget):
    """There only while acts are kept in memory."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._session = canvas.session
        self._keeper = title_of(canvas)
        self.words = Hint()
        self.again = QPushButton("Save now")
        self.again.setToolTip("Try once more; it is tried every few seconds anyway")
        self.again.clicked.connect(lambda: self._keeper.save())
        self.elsewhere = QPushButton("Save elsewhere \u2026")
        self.elsewhere.setToolTip("Write the library with all acts to another folder")
        self.elsewhere.clicked.connect(self._ask_where)
        row = QHBoxLayout()
        row.addWidget(self.again, 1)
        row.addWidget(self.elsewhere, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addLayout(row)
        self._session.unsaved_changed.connect(self._show)
        self._show(self._session.unsaved, self._keeper.why)

    def _show(self, number: int, why: str) -> None:
        self.words.say(
            f"{acts_words(number)}: they are kept in memory and saved as soon as that is possible. {why}"
            if number
            else "",
            error=True,
        )
        self.setVisible(bool(number))

    def _ask_where(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Save the library to an empty folder")
        if not folder:
            return
        try:
            target = save_elsewhere(self._session, Path(folder))
        except InputError as error:
            self.words.say(str(error), error=True)
            return
        self.words.say(f"A copy with all acts is in {target}. {self._keeper.why}")
