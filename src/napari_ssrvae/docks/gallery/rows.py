"""Rows of widgets that wrap, and the place above the grid that never takes all the room."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget
from superqt import QFlowLayout

__all__ = ["ROW_PX", "FewLines", "FlowRow", "Header"]

ROW_PX = 28
# Two lines of classes and a bit, so that one sees that there are more; two hundred must leave some room.
MOST_LINES_PX = 62


class FlowRow(QWidget):
    """Widgets side by side, on as many lines as the width asks for, and exactly as high as these.

    Attributes
    ----------
    fitted : Signal
        It has another height.
    """

    fitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.row = QFlowLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setHorizontalSpacing(6)
        self.row.setVerticalSpacing(4)

    def event(self, event: QEvent | None) -> bool:
        """Fit the height again when a widget came, went or grew."""
        done = bool(super().event(event))
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Fit the height to the width."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be no narrower than the widest piece: what is cut off cannot be clicked."""
        return QSize(self.row.minimumSize().width(), self.minimumHeight())

    def _fit(self) -> None:
        height = self.row.heightForWidth(self.width()) if self.row.count() else 0
        if height != self.maximumHeight():
            self.setFixedHeight(height)
            self.fitted.emit()


class FewLines(QScrollArea):
    """A row that wraps to a few lines at most; the others are scrolled to."""

    def __init__(self, row: FlowRow) -> None:
        super().__init__()
        self._flow = row
        _without_frame(self, row)
        row.fitted.connect(self._fit)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be no narrower than the widest piece: what is cut off cannot be clicked."""
        return QSize(self._flow.minimumSizeHint().width(), 0)

    def _fit(self) -> None:
        self.setFixedHeight(min(self._flow.maximumHeight() + 2 * self.frameWidth(), MOST_LINES_PX))


class Header(QScrollArea):
    """Holds what stands above the grid: as high as needed where there is room, else it scrolls."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        _without_frame(self, inside)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setMinimumHeight(ROW_PX)
        inside.installEventFilter(self)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the height of what is inside."""
        inside = self.widget()
        assert inside is not None
        hint = inside.sizeHint()
        # A style may frame what was asked to have no frame.
        return QSize(hint.width(), hint.height() + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be no narrower than the widest piece."""
        inside = self.widget()
        assert inside is not None
        return QSize(inside.minimumSizeHint().width(), ROW_PX)

    def eventFilter(self, watched: object, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Follow what is inside."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))


def _without_frame(area: QScrollArea, inside: QWidget) -> None:
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
