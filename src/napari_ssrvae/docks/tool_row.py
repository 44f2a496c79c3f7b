"""The hand tools' buttons in the Particles step."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.tools import MOST_RADIUS_PX, Tool
from napari_ssrvae.docks.widgets import Hint

__all__ = ["ToolRow"]

WORDS = {
    Tool.DELETE: (
        "Delete",
        "Click a particle, or draw a stroke across several, to delete them. "
        "The Delete key deletes the one under the mouse at any time.",
        "Click a particle or draw across several to delete them. Esc: done.",
    ),
    Tool.MERGE: (
        "Merge",
        "Draw a stroke across particles that are one: all it crosses become one particle.",
        "Draw across the particles that belong together. Esc: done.",
    ),
    Tool.SPLIT: (
        "Split",
        "Draw a stroke across a particle from side to side: it is cut along the stroke.",
        "Draw across a particle, from outside to outside, where it is to be cut. Esc: done.",
    ),
    Tool.PAINT: (
        "Paint",
        "Paint a particle that was missed with the brush; [ and ] change its radius.",
        "Paint over a particle that was missed. [ and ] change the brush. Esc: done.",
    ),
}


class ToolRow(QWidget):
    """One button for each tool, the radius of the brush, and a sentence on what to do."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas = canvas
        self.tools = canvas.tools
        self.buttons: dict[Tool, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(3)
        label = QLabel("Correct")
        label.setToolTip("Correct particles by hand; everything can be undone with Ctrl+Z")
        row.addWidget(label)
        for tool, (name, tip, _) in WORDS.items():
            button = QPushButton(name)
            button.setCheckable(True)
            button.setMinimumWidth(10)
            button.setToolTip(f"{tip} (key {tool.value})")
            button.setAccessibleName(f"{name} particles by hand")
            button.clicked.connect(lambda _checked=False, t=tool: self.tools.toggle(t))
            row.addWidget(button, 1)
            self.buttons[tool] = button
        self.radius = QSpinBox()
        self.radius.setRange(1, MOST_RADIUS_PX)
        self.radius.setPrefix("brush ")
        self.radius.setSuffix(" px")
        self.radius.setToolTip("Radius of the brush in pixels of the micrograph ([ and ])")
        self.radius.setAccessibleName("Radius of the brush")
        self.radius.setValue(self.tools.radius_px)
        self.radius.valueChanged.connect(self.tools.set_radius)
        self.hint = Hint()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.radius)
        column.addWidget(self.hint)

        self.tools.chosen.connect(self._on_chosen)
        self.tools.radius_changed.connect(self._on_radius)
        self.tools.acted.connect(self._on_acted)
        canvas.session.current_changed.connect(self.refresh)
        canvas.session.particles_changed.connect(self.refresh)
        canvas.segmentation.changed.connect(self.refresh)
        canvas.training.started.connect(self.refresh)
        canvas.training.ended.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show the tools only where there is something to correct."""
        self.setVisible(self.tools.can_edit())
        busy = self.canvas.training.running or self.canvas.segmentation.running
        for button in self.buttons.values():
            button.setEnabled(not busy)
        if busy and self.tools.tool in WORDS:
            self.tools.leave()
        self._on_chosen(self.tools.tool)

    def _on_chosen(self, tool: Tool | None) -> None:
        for each, button in self.buttons.items():
            button.setChecked(each is tool)
        self.radius.setVisible(tool is Tool.PAINT)
        self.hint.say(WORDS[tool][2] if tool in WORDS else "")

    def _on_radius(self, radius: int) -> None:
        self.radius.blockSignals(True)
        self.radius.setValue(radius)
        self.radius.blockSignals(False)

    def _on_acted(self, problem: str) -> None:
        if problem:
            self.hint.say(problem, error=True)
        else:
            tool = self.tools.tool
            self.hint.say(WORDS[tool][2] if tool in WORDS else "")
