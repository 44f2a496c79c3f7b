"""The sheet of shortcuts, made from the one registry."""

from __future__ import annotations

import html
import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import (
    QDialog,
    QFrame,
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
    "mouse": "With the mouse on the micrograph",
}
# Two columns of about the same height.
COLUMNS = (("micrograph", "everywhere"), ("mouse", "review", "gallery"))
WIDTH_PX = 860
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
        for places in COLUMNS:
            column = QVBoxLayout()
            for place in places:
                column.addWidget(_table(TITLES[place], entries_of(place)))
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
        width = min(WIDTH_PX, room.width() - 40)
        height = inside.layout().totalHeightForWidth(width - 60)
        self.resize(width, min(height + 80, room.height() - 80))


def entries_of(place: str) -> list[tuple[str, str]]:
    """Return keys and words of one part of the sheet."""
    if place == "mouse":
        return list(MOUSE)
    return [(s.key, s.words) for s in SHORTCUTS if s.where == place]


def _table(title: str, entries: list[tuple[str, str]]) -> QLabel:
    """Return the entries as one text: a table of labels would tear wrapped lines apart."""
    rows = "".join(
        f"<tr><td style='white-space: nowrap; padding: 1px 14px 1px 0'><b>{html.escape(key)}</b></td>"
        f"<td style='padding: 1px 0'>{html.escape(words)}</td></tr>"
        for key, words in entries
    )
    label = QLabel(f"<p><b>{html.escape(title)}</b></p><table>{rows}</table>")
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleName(title)
    return label


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
        sheet = self.sheet
        if sheet is None:
            sheet = ShortcutSheet(None if self._window is None else self._window())
            self._sheet = weakref.ref(sheet)
        sheet.show()
        sheet.raise_()
        sheet.activateWindow()


def sheet_of(canvas: Canvas) -> SheetKeeper:
    """Return what shows the sheet of a canvas; made at the first call."""
    return canvas.findChild(SheetKeeper) or SheetKeeper(canvas)
