"""The question before a window with unsaved acts is closed."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import Session

__all__ = ["UnsavedDialog", "acts_words", "save_elsewhere"]


def acts_words(number: int) -> str:
    """Return how many acts are not saved."""
    return "1 act not saved" if number == 1 else f"{number:,} acts not saved"


def save_elsewhere(session: Session, folder: Path) -> Path:
    """Write the library with all acts into a new or empty folder; return it.

    Raises
    ------
    InputError
        There is no library, or the folder cannot be used.
    """
    return session.need_library().save_copy(folder)


class UnsavedDialog(QDialog):
    """Save elsewhere, close anyway, or stay. Accepted means that the window may close."""

    def __init__(self, parent: QWidget | None, session: Session, why: str) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle("Not everything is saved")
        words = QLabel(
            f"{acts_words(session.unsaved)}. {why}\n\n"
            "They are kept in memory as long as this window is open. Save the library with them to another folder, "
            "or stay and make the folder writable: then they are saved by themselves."
        )
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setMinimumWidth(420)
        self.elsewhere = QPushButton("Save elsewhere \u2026")
        self.elsewhere.setAutoDefault(False)
        self.elsewhere.clicked.connect(self._ask_where)
        self.anyway = QPushButton("Close anyway")
        self.anyway.setAutoDefault(False)
        self.anyway.setToolTip("These acts are lost then")
        self.anyway.clicked.connect(self.accept)
        self.stay = QPushButton("Stay")
        self.stay.setDefault(True)
        self.stay.clicked.connect(self.reject)
        self.problem = Hint()
        row = QHBoxLayout()
        for button in (self.elsewhere, self.anyway):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.stay)
        column = QVBoxLayout(self)
        column.addWidget(words)
        column.addWidget(self.problem)
        column.addLayout(row)
        self.stay.setFocus()

    def _ask_where(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Save the library to an empty folder")
        if folder:
            self.save_to(Path(folder))

    def save_to(self, folder: Path) -> bool:
        """Save the library to a folder and let the window close; False if it could not be done."""
        try:
            save_elsewhere(self._session, folder)
        except InputError as error:
            self.problem.say(str(error), error=True)
            return False
        self.accept()
        return True
