"""Buttons whose text is shortened to the room they have: names may be long, docks are narrow."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QPushButton, QSizePolicy

from napari_ssrvae.docks.plain import button_text

__all__ = ["ElidedButton"]

AROUND_PX = 22


class ElidedButton(QPushButton):
    """Takes the width it is given, and shows as much of its text as goes in."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._whole = text
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(40)
        self._elide()

    def show_text(self, text: str) -> None:
        """Show another text."""
        if text != self._whole:
            self._whole = text
            self._elide()

    @property
    def whole_text(self) -> str:
        """The text before it is shortened."""
        return self._whole

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Shorten the text anew."""
        super().resizeEvent(event)
        self._elide()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the height of a line, not for the width of the name."""
        return QSize(80, super().sizeHint().height())

    def _elide(self) -> None:
        icon = 0 if self.icon().isNull() else self.iconSize().width() + 6
        room = max(20, self.width() - icon - AROUND_PX)
        short = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(button_text(short))
