"""The buttons of box and lasso in the Labels step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.shortcuts import with_key
from napari_ssrvae.docks.tools import Tool
from napari_ssrvae.docks.widgets import Hint

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["SelectRow"]

NAMES = {Tool.BOX: "Box", Tool.LASSO: "Lasso"}
TIPS = {
    Tool.BOX: "Drag a box: all particles with their middle in it get the chosen class, as one act",
    Tool.LASSO: "Draw a loop: all particles with their middle in it get the chosen class, as one act",
}
DOING = {
    Tool.BOX: "Drag a box around particles to label them.",
    Tool.LASSO: "Draw a loop around particles to label them.",
}
REST = " Right button: takes labels off. Ctrl: adds to the selection. Alt: only selects. Esc: done."


class SelectRow(QWidget):
    """One button for each tool that selects, and a sentence on what to do while one is in the hand.

    Parameters
    ----------
    canvas : Canvas
    """

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas = canvas
        self.buttons: dict[Tool, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(3)
        label = QLabel("Many at once")
        label.setToolTip("Label all particles in an area; Ctrl+Z takes it back")
        row.addWidget(label)
        for tool, name in NAMES.items():
            button = QPushButton(name)
            button.setCheckable(True)
            button.setMinimumWidth(10)
            button.setToolTip(with_key(TIPS[tool], tool.value))
            button.setAccessibleName(f"{name}: label many particles at once")
            button.clicked.connect(lambda _checked=False, t=tool: canvas.tools.toggle(t))
            row.addWidget(button, 1)
            self.buttons[tool] = button
        self.hint = Hint()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.hint)
        canvas.tools.chosen.connect(self._on_chosen)
        session = canvas.session
        session.current_changed.connect(self.refresh)
        session.particles_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Offer the tools only where there are particles to select."""
        for button in self.buttons.values():
            button.setEnabled(self.canvas.tools.can_edit())
        self._on_chosen(self.canvas.tools.tool)

    def _on_chosen(self, tool: Tool | None) -> None:
        for each, button in self.buttons.items():
            button.setChecked(each is tool)
        self.hint.say(DOING[tool] + REST if tool in DOING else "")
