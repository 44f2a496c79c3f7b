"""One button for each class, to answer what a particle is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from napari_ssrvae.docks.class_model import key_of
from napari_ssrvae.docks.elided import ElidedButton
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.widgets import swatch

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass

__all__ = ["AnswerButtons"]

PER_ROW, MOST_ROWS = 2, 5


class AnswerButtons(QWidget):
    """The classes as buttons in two columns; many of them scroll.

    Attributes
    ----------
    answered : Signal
        The class id.
    """

    answered = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[int, ElidedButton] = {}
        self._shown: list[ParticleClass] | None = None
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(3)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._scroll)

    def show_classes(self, classes: Sequence[ParticleClass]) -> None:
        """Offer these classes."""
        if list(classes) == self._shown:
            return
        self._shown = list(classes)
        for button in self.buttons.values():
            self._grid.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = {}
        for row, entry in enumerate(classes):
            key = key_of(classes, row)
            button = ElidedButton(f"{key}  {entry.name}" if key else entry.name)
            button.setIcon(swatch(entry.colour))
            button.setStyleSheet("text-align: left; padding: 4px;")
            # Where the keys go shall not depend on which button was clicked last.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tip = f"It is {entry.name}: label it and go on"
            button.setToolTip(plain_tip(f"{tip} ({key})" if key else tip))
            button.setAccessibleName(f"{entry.name}, key {key}" if key else entry.name)
            button.clicked.connect(lambda _=False, c=entry.class_id: self.answered.emit(c))
            self._grid.addWidget(button, row // PER_ROW, row % PER_ROW)
            self.buttons[entry.class_id] = button
        rows = -(-len(classes) // PER_ROW)
        each = max((b.sizeHint().height() for b in self.buttons.values()), default=24) + 3
        self._scroll.setFixedHeight(min(rows, MOST_ROWS) * each + 2)

    def mark(self, class_id: int | None) -> None:
        """Make the predicted class stand out, by more than its colour."""
        for each, button in self.buttons.items():
            font = button.font()
            font.setBold(each == class_id)
            button.setFont(font)
