"""The sheet of shortcuts, made from the one registry."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.shortcuts import SHORTCUTS

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["SheetKeeper", "ShortcutSheet", "sheet_of"]

TITLES = {
    "micrograph": "On the micrograph",
    "gallery": "In the gallery",
    "review": "While a review is on",
    "everywhere": "Everywhere",
}
# Two columns of about the same height.
COLUMNS = (("micrograph",), ("review", "gallery", "everywhere"))
MOUSE: tuple[tuple[str, str], ...] = (
    ("Click", "Give the particle the chosen class; again: take it off"),
    ("Right click", "Take its label off"),
    ("Ctrl+click", "Add it to the selection, or take it out of it"),
    ("Box, lasso", "Right button: take labels off; Ctrl: add to the selection; Alt: select only"),
)


class ShortcutSheet(QDialog):
    """All keys on one sheet, which may stay open beside the work."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        inside = QWidget()
        across = QHBoxLayout(inside)
        across.setSpacing(24)
        for number, places in enumerate(COLUMNS):
            column = QVBoxLayout()
            for place in places:
                entries = [s for s in SHORTCUTS if s.where == place]
                column.addWidget(_title(TITLES[place]))
                column.addLayout(_table([(s.key, s.words) for s in entries]))
                column.addSpacing(8)
            if number == 0:
                column.addWidget(_title("With the mouse"))
                column.addLayout(_table(list(MOUSE)))
            column.addStretch(1)
            across.addLayout(column, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName("Keys and what they do")
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        whole = QVBoxLayout(self)
        whole.addWidget(scroll, 1)
        whole.addLayout(foot)
        room = self.screen().availableGeometry()
        wanted = inside.sizeHint()
        self.resize(
            min(max(wanted.width(), 820) + 40, room.width() - 40),
            min(wanted.height() + 70, room.height() - 80),
        )


def _title(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def _table(entries: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    for row, (key, words) in enumerate(entries):
        for column, text in enumerate((key, words)):
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(column == 1)
            if column == 0:
                label.setMinimumWidth(150)
            grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)
    return grid


class SheetKeeper(QObject):
    """Shows the sheet when it is asked for: one for each viewer.

    Parameters
    ----------
    canvas : Canvas
        Owns it.
    """

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._window: weakref.ref[QWidget] | None = None
        self._sheet: weakref.ref[ShortcutSheet] | None = None
        canvas.commands.sheet_asked.connect(self.show)

    def watch(self, window: QWidget) -> None:
        """Let the sheet belong to this window: it goes with it."""
        self._window = weakref.ref(window)

    @property
    def sheet(self) -> ShortcutSheet | None:
        """The sheet, once it was asked for."""
        return None if self._sheet is None else self._sheet()

    def show(self) -> None:
        """Show the sheet, or bring it to the front."""
        if self.sheet is None:
            sheet = ShortcutSheet(None if self._window is None else self._window())
            self._sheet = weakref.ref(sheet)
        sheet = self.sheet
        assert sheet is not None
        sheet.show()
        sheet.raise_()
        sheet.activateWindow()


def sheet_of(canvas: Canvas) -> SheetKeeper:
    """Return what shows the sheet of a canvas; made at the first call."""
    return canvas.findChild(SheetKeeper) or SheetKeeper(canvas)
