"""The column beside the map: wide docks are low, so what is asked for stands at the side and scrolls."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

__all__ = ["SideColumn"]

WIDTH_PX = 262


class SideColumn(QScrollArea):
    """Widgets below each other, which scroll where there is too little height, and are never cut at the side."""

    def __init__(self, *contents: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(4)
        for widget in contents:
            self._column.addWidget(widget)
        self._column.addStretch(1)
        self.setWidget(inside)
        inside.installEventFilter(self)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the end."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave the room to the map."""
        return QSize(WIDTH_PX, 160)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Scroll where there is little height."""
        return QSize(120, 60)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Never be narrower than the contents: what is cut off cannot be clicked."""
        inside, bar = self.widget(), self.verticalScrollBar()
        laid_out = event is not None and event.type() == QEvent.Type.LayoutRequest
        if laid_out and watched is inside and inside is not None and bar is not None:
            self.setMinimumWidth(inside.minimumSizeHint().width() + bar.sizeHint().width())
        return bool(super().eventFilter(watched, event))
