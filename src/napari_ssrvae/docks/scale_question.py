"""Two places in a file say different pixel sizes: the user is asked."""

from __future__ import annotations

import textwrap
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

__all__ = ["ScaleQuestion"]

WIDTH = 40


class ScaleQuestion(QWidget):
    """One button for each pixel size that the file states; hidden while nothing contradicts.

    Attributes
    ----------
    answered : Signal
        The `PixelSize` that the user chose.
    """

    answered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[Any, ...] = ()
        self.buttons: list[QPushButton] = []
        self._text = QLabel("\u26a0 The file contradicts itself. Which pixel size is right?")
        self._text.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._text)
        self.hide()

    def ask(self, choices: tuple[Any, ...]) -> None:
        """Ask which of these is right; with none there is no question."""
        self.setVisible(bool(choices))
        if choices == self._choices:
            return
        self._choices = choices
        for button in self.buttons:
            self._column.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for choice in choices:
            button = QPushButton(_words(choice))
            button.setToolTip(
                f"Take {choice.nm:.6g} nm per pixel, as {choice.source} says; or type another value above"
            )
            button.setAccessibleName(f"{choice.nm:.4g} nm per pixel, {choice.source}")
            button.setStyleSheet("QPushButton { text-align: left; padding: 4px 8px; }")
            button.clicked.connect(lambda _checked=False, c=choice: self.answered.emit(c))
            self._column.addWidget(button)
            self.buttons.append(button)


def _words(choice: Any) -> str:
    """Return number and source, in lines so short that a long source does not widen the dock."""
    whole = f"{choice.nm:.4g} nm/px   {choice.source}"
    return "\n".join(textwrap.wrap(whole, WIDTH)) if len(whole) > WIDTH else whole
