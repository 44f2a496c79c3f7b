"""The colour of a class: those first that people with any colour vision tell apart."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QColorDialog,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.widgets import swatch

__all__ = ["PALETTE", "ColourDialog"]

# Okabe and Ito (jfly.uni-koeln.de/color), then Tol's muted scheme (personal.sron.nl/~pault): both were made
# to be told apart with every kind of colour vision.
PALETTE: tuple[tuple[str, str], ...] = (
    ("#e69f00", "orange"),
    ("#56b4e9", "sky blue"),
    ("#009e73", "bluish green"),
    ("#f0e442", "yellow"),
    ("#0072b2", "blue"),
    ("#d55e00", "vermilion"),
    ("#cc79a7", "reddish purple"),
    ("#882255", "wine"),
    ("#332288", "indigo"),
    ("#44aa99", "teal"),
    ("#117733", "green"),
    ("#999933", "olive"),
    ("#ddcc77", "sand"),
    ("#cc6677", "rose"),
    ("#aa4499", "purple"),
    ("#999999", "grey"),
)
PER_ROW = 4
IN_USE = "\u2713"


class ColourDialog(QDialog):
    """A palette of colours; "Other" for any.

    Parameters
    ----------
    name : str
        The class.
    used : mapping
        Colours "#rrggbb" that classes have, with the classes' names.

    Attributes
    ----------
    chosen : Signal
        The colour, "#rrggbb".
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget, name: str, colour: str, used: Mapping[str, str]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Colour of a class")
        self._colour, self._name = colour, name
        words = QLabel(f"Colour of \u201c{name}\u201d")
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        note = QLabel(f"Told apart with every kind of colour vision. {IN_USE} is in use.")
        note.setWordWrap(True)
        self.buttons: dict[str, QPushButton] = {}
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, (value, called) in enumerate(PALETTE):
            button = QPushButton(swatch(value, 20), called)
            button.setIconSize(QSize(20, 20))
            button.setStyleSheet("text-align: left; padding: 5px;")
            button.setAutoDefault(False)
            user = used.get(value)
            if user is not None:
                button.setText(f"{called} {IN_USE}")
                button.setToolTip(plain_tip(f"the colour of {user}"))
            button.setAccessibleName(called if user is None else f"{called}, in use")
            button.clicked.connect(lambda _=False, c=value: self._take(c))
            grid.addWidget(button, number // PER_ROW, number % PER_ROW)
            self.buttons[value] = button
        self.other = QPushButton("Other \u2026")
        self.other.setToolTip("Any colour; others may not be able to tell it from those in use")
        self.other.setAutoDefault(False)
        self.other.clicked.connect(self._ask)
        self.leave = QPushButton("Keep the colour")
        self.leave.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.other)
        row.addStretch(1)
        row.addWidget(self.leave)
        column = QVBoxLayout(self)
        column.addWidget(words)
        column.addLayout(grid)
        column.addWidget(note)
        column.addLayout(row)
        if colour in self.buttons:
            self.buttons[colour].setFocus()

    def _take(self, colour: str) -> None:
        self.accept()
        if colour != self._colour:
            self.chosen.emit(colour)

    def _ask(self) -> None:
        colour = QColorDialog.getColor(QColor(self._colour), self, f"Colour of {self._name}")
        if colour.isValid():
            self._take(colour.name())
