"""What the pages of the report have in common."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.plots import SaveButtons
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError

__all__ = ["LEAST_HEIGHT_PX", "Page", "compact"]

# What is left below the micrograph in a window of 800 rows.
LEAST_HEIGHT_PX = 150


def compact(widget: QWidget, width: int, height: int = LEAST_HEIGHT_PX) -> None:
    """Let a plot or table be as small as this: it would ask for much more, and the page would scroll."""
    widget.setMinimumSize(width, height)
    widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)


class Page(QScrollArea):
    """One tab: a hint, and below it plots that are made when there is something to plot."""

    title = ""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas, self.session = canvas, canvas.session
        self.stale = True
        self.hint = Hint()
        self.body: QWidget | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(6, 6, 6, 4)
        self.column.addWidget(self.hint)
        self.column.addStretch(1)
        self.setWidget(inside)

    @property
    def savers(self) -> list[SaveButtons]:
        """The ways to files of what is shown now."""
        if self.body is None or self.body.isHidden():
            return []
        return self.body.findChildren(SaveButtons)

    def refresh(self) -> None:
        """Show the session as it is."""
        self.stale = False
        try:
            found = self.read()
        except InputError as error:
            self.hint.say(str(error))
            if self.body is not None:
                self.body.hide()
            return
        self.hint.say("")
        if self.body is None:
            self.body = self.build()
            self.column.insertWidget(self.column.count() - 1, self.body, 100)
        self.body.show()
        self.draw(found)

    def read(self) -> Any:
        """Return what is to be drawn; `InputError` says what is missing."""
        raise NotImplementedError

    def build(self) -> QWidget:
        """Return the plots, empty."""
        raise NotImplementedError

    def draw(self, found: Any) -> None:
        """Show what was read."""
        raise NotImplementedError
