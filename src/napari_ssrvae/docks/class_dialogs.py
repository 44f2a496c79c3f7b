"""Questions about classes: what becomes of the labels of one that goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.widgets import swatch

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass

__all__ = ["MergeDialog", "RemoveDialog"]


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(340)
    return label


def _chooser(classes: Sequence[ParticleClass]) -> QComboBox:
    chooser = QComboBox()
    chooser.setAccessibleName("The class that gets the labels")
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    chooser.setMinimumContentsLength(14)
    chooser.setIconSize(QSize(14, 14))
    for entry in classes:
        chooser.addItem(swatch(entry.colour), entry.name, entry.class_id)
    return chooser


def _particles(number: int) -> str:
    return "1 particle carries" if number == 1 else f"{number:,} particles carry"


class RemoveDialog(QDialog):
    """Asks what becomes of the labels of a class that is removed: taken off, given to another, or all kept.

    Attributes
    ----------
    answered : Signal
        The class id that gets the labels, None: they are taken off. Not sent when the class is kept.
    """

    answered = Signal(object)

    def __init__(
        self, parent: QWidget, entry: ParticleClass, by_hand: int, others: Sequence[ParticleClass]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Remove a class")
        self.others = _chooser(others)
        self.off = QPushButton("Take the labels off")
        self.off.setAutoDefault(False)
        self.off.clicked.connect(lambda: self._answer(None))
        self.give = QPushButton("Give them to")
        self.give.setAutoDefault(False)
        self.give.clicked.connect(lambda: self._answer(int(self.others.currentData())))
        self.keep = QPushButton("Keep the class")
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.reject)
        for button in (self.off, self.give, self.keep):
            button.setMinimumHeight(28)
        giving = QHBoxLayout()
        giving.addWidget(self.give)
        giving.addWidget(self.others, 1)
        column = QVBoxLayout(self)
        column.addWidget(
            _words(
                f"{_particles(by_hand)} the label \u201c{entry.name}\u201d by hand. "
                "What shall become of these labels? Undo (Ctrl+Z) brings class and labels back."
            )
        )
        column.addWidget(self.off)
        column.addLayout(giving)
        column.addWidget(self.keep)
        self.give.setEnabled(self.others.count() > 0)
        self.others.setEnabled(self.others.count() > 0)
        self.keep.setFocus()

    def _answer(self, labels_to: int | None) -> None:
        self.accept()
        self.answered.emit(labels_to)


class MergeDialog(QDialog):
    """Asks which class another one is merged into.

    Attributes
    ----------
    answered : Signal
        The class id that stays.
    """

    answered = Signal(int)

    def __init__(
        self, parent: QWidget, entry: ParticleClass, others: Sequence[ParticleClass]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Merge classes")
        self.others = _chooser(others)
        self.merge = QPushButton("Merge")
        self.merge.clicked.connect(self._answer)
        self.merge.setDefault(True)
        self.keep = QPushButton("Keep both")
        self.keep.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.merge)
        column = QVBoxLayout(self)
        column.addWidget(_words(f"Merge \u201c{entry.name}\u201d into"))
        column.addWidget(self.others)
        column.addWidget(
            _words(
                "Its labels by hand and what the model says of it go over; then it leaves the list. "
                "Undo (Ctrl+Z) parts them again."
            )
        )
        column.addLayout(buttons)
        self.others.setFocus()

    def _answer(self) -> None:
        self.accept()
        self.answered.emit(int(self.others.currentData()))
