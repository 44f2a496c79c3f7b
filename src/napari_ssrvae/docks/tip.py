"""A small tip at the mouse: what a particle is, how large, and who says so."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QLabel, QWidget

from napari_ssrvae.session.showing import NOVEL_ABOVE

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass
    from napari_ssrvae.session import MicrographState

__all__ = ["Tip", "tip_text"]

# How often the tip follows the mouse, at most.
FOLLOW_MS = 15
BESIDE = QPoint(18, 20)
# Its own colours: it lies on the micrograph, which is the same in a light and in a dark theme.
STYLE = """QLabel { background: #262930; color: #f0f1f2; border: 1px solid #868e93; padding: 3px 6px; }"""


def tip_text(
    state: MicrographState,
    label_id: int,
    classes: Sequence[ParticleClass],
    *,
    novel_above: float = NOVEL_ABOVE,
) -> str:
    """Return what the tip says of a particle: class and who says so, how sure, how large.

    A prediction of a particle with a novelty above `novel_above` is said to be set aside.
    """
    names = {c.class_id: c.name for c in classes}
    hand, model = int(state.by_hand[label_id]), int(state.by_model[label_id])
    sure = float(state.probability[label_id])
    said = [f"model: {names[model]} {sure:.2f}"] if model in names and np.isfinite(sure) else []
    if hand in names:
        lines = [f"{names[hand]}, by hand", *said]
    elif said:
        lines = [f"{names[model]} {sure:.2f}, by the model"]
    else:
        lines = ["not labelled"]
    if hand not in names and said and state.novelty[label_id] > novel_above:
        lines.append(f"set aside as none of these: novelty {state.novelty[label_id]:.2f}")
    size = _size(state, label_id)
    return "\n".join([*lines, size] if size else lines)


def _size(state: MicrographState, label_id: int) -> str:
    """Return the equivalent diameter with its unit."""
    unit = "nm" if state.micrograph.pixel_size_nm is not None else "px"
    column = f"equivalent_diameter_{unit}"
    table, particle_id = state.table, int(state.particle_ids[label_id])
    if table is None or column not in table or particle_id not in table.index:
        return ""
    return f"{float(table[column].loc[particle_id]):.3g} {unit} across"


class Tip(QObject):
    """Shows the text for what is under the mouse, and hides when the mouse leaves, rests on nothing or presses.

    Parameters
    ----------
    widget : QWidget
        Over which the mouse moves.
    text : callable
        Gives the text for the mouse's present position, "" for none.
    """

    def __init__(self, widget: QWidget, text: Callable[[], str]) -> None:
        super().__init__(widget)
        # Weakly: a canvas, which owns this, must not hold its window.
        self._widget = weakref.ref(widget)
        self._text = text
        self._at = QPoint()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(FOLLOW_MS)
        self._soon.timeout.connect(self._follow)
        self.label = QLabel(widget, Qt.WindowType.ToolTip | Qt.WindowType.WindowTransparentForInput)
        # Names of classes are data: never read as markup.
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.label.setStyleSheet(STYLE)
        self.label.hide()
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Follow the mouse; nothing is kept from anybody."""
        if event is None:
            return False
        kind = event.type()
        if kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            if event.buttons() != Qt.MouseButton.NoButton:
                self.hide()
            else:
                self._at = event.globalPosition().toPoint()
                if not self._soon.isActive():
                    self._soon.start()
        elif kind in (
            QEvent.Type.Leave,
            QEvent.Type.MouseButtonPress,
            QEvent.Type.Wheel,
            QEvent.Type.Hide,
            QEvent.Type.WindowDeactivate,
        ):
            self.hide()
        return False

    def hide(self, *_: object) -> None:
        """Show nothing."""
        self._soon.stop()
        if self.label.isVisible():
            self.label.hide()

    def _follow(self) -> None:
        text = self._text()
        if not text:
            self.hide()
            return
        if text != self.label.text():
            self.label.setText(text)
            self.label.adjustSize()
        self.label.move(self._fitting(self._at + BESIDE))
        if not self.label.isVisible():
            self.label.show()

    def _fitting(self, at: QPoint) -> QPoint:
        """Keep the tip on the screen."""
        widget = self._widget()
        screen = None if widget is None else widget.screen()
        if screen is None:
            return at
        room = screen.availableGeometry()
        size = self.label.size()
        x = min(at.x(), room.right() - size.width())
        y = at.y() if at.y() + size.height() <= room.bottom() else self._at.y() - size.height() - 6
        return QPoint(max(room.left(), x), max(room.top(), y))
