"""The plot of the map: mouse and keys over the points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_ssrvae.docks.keys import key_of
from napari_ssrvae.docks.latent_map.drag import Drag
from napari_ssrvae.docks.latent_map.key_item import KeyItem
from napari_ssrvae.docks.latent_map.picking import inside, nearest
from napari_ssrvae.docks.latent_map.points_item import PointsItem
from napari_ssrvae.docks.rubber import Rubber
from napari_ssrvae.docks.shortcuts import keys_for

if TYPE_CHECKING:
    from napari_ssrvae.docks.latent_map.marks import Marks
    from napari_ssrvae.docks.plots import Tint

__all__ = ["MapPlot"]

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
STEP_PX = 4
# How often what is under the mouse is looked up, at most.
FOLLOW_MS = 15
AROUND = 0.04


class MapPlot(pg.PlotWidget):
    """Axes, points and legend.

    A drag selects or moves the plot, a click selects, the wheel zooms, the middle button always moves.

    Attributes
    ----------
    picked : Signal
        Places of marks (n,) that a box or a loop holds, and whether they come to what is selected.
    clicked : Signal
        The place that was clicked, -1 for none, and whether it is to be taken in or out beside the others.
    jumped : Signal
        The place of a double click.
    hovered : Signal
        The place under the mouse, -1 for none, and where that is.
    key_pressed : Signal
        Name of a key and the event, which its taker accepts.
    moved : Signal
        The user has moved or zoomed the plot.
    """

    picked = Signal(object, bool)
    clicked = Signal(int, bool)
    jumped = Signal(int)
    hovered = Signal(int, object)
    key_pressed = Signal(str, object)
    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.drag = Drag.LASSO
        self.points = PointsItem()
        self.key = KeyItem()
        box = self.plotItem.getViewBox()
        box.addItem(self.points, ignoreBounds=True)
        box.disableAutoRange()
        box.setMenuEnabled(False)
        box.sigRangeChangedManually.connect(lambda *_: self.moved.emit())
        self.plotItem.hideButtons()
        self.plotItem.setMenuEnabled(False)
        self.plotItem.layout.addItem(self.key, 1, 3, 3, 1)
        self.rubber = Rubber(self.viewport())
        self._outline: list[tuple[float, float]] = []
        self._pressed: QPoint | None = None
        self._panned: QPointF | None = None
        self._dragged = False
        self._places: tuple[Any, NDArray[np.float32], NDArray[np.float32]] | None = None
        self._at = QPoint()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(FOLLOW_MS)
        self._soon.timeout.connect(self._hover)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # --- what is shown -------------------------------------------------------------------------

    def show_marks(self, marks: Marks) -> None:
        """Show these points."""
        self.points.set_marks(marks)
        self._places = None

    def fit(self) -> None:
        """Bring all points into view."""
        bounds = self.points.marks.bounds()
        if bounds is None:
            return
        (left, right), (low, high) = (_apart(*pair) for pair in bounds)
        self.plotItem.getViewBox().setRange(
            xRange=(left, right), yRange=(low, high), padding=AROUND
        )

    def set_tint(self, tint: Tint) -> None:
        """Take the colours of a theme, or of paper; axes and ground follow by themselves."""
        text = QColor(tint.text)
        self.points.set_ring(text.getRgb()[:3])
        self.key.set_tones(text, QColor(tint.faint))

    def on_screen(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where the points are in the viewport, in pixels."""
        # pyqtgraph moves what it shows only when it paints.
        self.plotItem.getViewBox().updateMatrix()
        transform = self.points.sceneTransform() * self.viewportTransform()
        key = (transform.m11(), transform.m22(), transform.dx(), transform.dy())
        if self._places is None or self._places[0] != key:
            self._places = (key, *self.points.on_screen(transform))
        return self._places[1], self._places[2]

    def position_of(self, place: int) -> QPoint:
        """Return where a point is in the viewport."""
        x, y = self.on_screen()
        return QPoint(round(float(x[place])), round(float(y[place])))

    def area(self) -> Any:
        """Return the rectangle of the viewport in which points are drawn."""
        box = self.plotItem.getViewBox()
        return self.mapFromScene(box.sceneBoundingRect()).boundingRect()

    # --- mouse ---------------------------------------------------------------------------------

    def _place_at(self, at: QPoint) -> int:
        if not self.area().contains(at):
            return -1
        return nearest(*self.on_screen(), (at.x(), at.y()))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Begin a click, a box, a loop or a move; outside the points it is pyqtgraph's."""
        if event is None:
            return
        self._leave_hover()
        if event.button() not in (LEFT, MIDDLE) or not self.area().contains(event.pos()):
            super().mousePressEvent(event)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed, self._dragged = event.pos(), False
        self._outline = [(event.pos().x(), event.pos().y())]
        moves = event.button() == MIDDLE or self.drag is Drag.PAN
        self._panned = QPointF(event.pos()) if moves else None
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the box or the loop, move the plot, or look what is under the mouse."""
        if event is None:
            return
        if self._pressed is None:
            if event.buttons() == Qt.MouseButton.NoButton:
                self._at = event.pos()
                if not self._soon.isActive():
                    self._soon.start()
            super().mouseMoveEvent(event)
            return
        at = event.pos()
        far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        self._dragged = self._dragged or far
        if self._panned is not None:
            self._pan(QPointF(at))
        else:
            last = self._outline[-1]
            if abs(at.x() - last[0]) + abs(at.y() - last[1]) >= STEP_PX:
                self._outline.append((at.x(), at.y()))
            if self._dragged:
                self.rubber.show_outline(self._drawn())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select what was clicked, or what the box or the loop holds."""
        if event is None or self._pressed is None:
            super().mouseReleaseEvent(event)
            return
        self.rubber.hide()
        pressed, self._pressed = self._pressed, None
        add = bool(event.modifiers() & (CTRL | SHIFT))
        event.accept()
        if not self._dragged:
            if event.button() == LEFT:
                self.clicked.emit(self._place_at(pressed), add)
        elif self._panned is None:
            self._outline.append((event.pos().x(), event.pos().y()))
            self.picked.emit(inside(*self.on_screen(), self._drawn()), add)
        else:
            self._pan(QPointF(event.pos()))
        self._panned = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Go to the particle on its micrograph."""
        place = -1 if event is None else self._place_at(event.pos())
        if place >= 0:
            self.jumped.emit(place)

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the mouse any more."""
        super().leaveEvent(event)
        self._leave_hover()

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Zoom about the mouse."""
        self._leave_hover()
        super().wheelEvent(event)

    def _pan(self, at: QPointF) -> None:
        assert self._panned is not None
        box = self.plotItem.getViewBox()
        before = box.mapSceneToView(self.mapToScene(self._panned.toPoint()))
        after = box.mapSceneToView(self.mapToScene(at.toPoint()))
        if before != after:
            box.translateBy(x=before.x() - after.x(), y=before.y() - after.y())
            self._panned = at
            self.moved.emit()

    def _drawn(self) -> list[tuple[float, float]]:
        """Return the corners of the box, or the points of the loop."""
        if self.drag is not Drag.BOX:
            return self._outline
        (a, b), (c, d) = self._outline[0], self._outline[-1]
        return [(a, b), (c, b), (c, d), (a, d)]

    def _hover(self) -> None:
        place = self._place_at(self._at) if self.isVisible() else -1
        self.hovered.emit(place, self.position_of(place) if place >= 0 else QPoint())

    def _leave_hover(self) -> None:
        self._soon.stop()
        self.hovered.emit(-1, QPoint())

    # --- keys ----------------------------------------------------------------------------------

    def event(self, event: QEvent | None) -> bool:
        """Take keys that are ours before menus and napari's own do, and Tab while it answers."""
        if isinstance(event, QKeyEvent):
            name = key_of(event)
            ours = name in ("F5", *keys_for("gallery", "review"))
            if event.type() == QEvent.Type.ShortcutOverride and ours:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab:
                event.ignore()
                self.key_pressed.emit("Tab", event)
                if event.isAccepted():
                    return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hand keys on to where all keys go."""
        if event is not None:
            event.ignore()
            self.key_pressed.emit(key_of(event), event)

    def keyReleaseEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Leave it to others."""
        if event is not None:
            event.ignore()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for little: the plot fills what is left."""
        return QSize(420, 160)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be able to show something."""
        return QSize(280, 110)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Return a range that is one, where all numbers are equal."""
    return (low, high) if high > low else (low - 0.5, high + 0.5)
