"""Small pieces that the panels share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtGui import QColor, QIcon, QPixmap, QShowEvent
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QLabel,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from napari_ssrvae.docks.canvas import Canvas

__all__ = ["Fold", "Hint", "Progress", "ScrollDock", "primary_button", "swatch"]


def primary_button(text: str, tip: str) -> QPushButton:
    """Return the one main button of a step."""
    button = QPushButton(text)
    button.setToolTip(tip)
    font = button.font()
    font.setBold(True)
    button.setFont(font)
    button.setMinimumHeight(32)
    return button


def swatch(colour: str, size: int = 14) -> QIcon:
    """Return a filled square of a colour."""
    pixmap = QPixmap(size, size)
    pixmap.fill(QColor(colour))
    icon = QIcon()
    for mode in QIcon.Mode:
        # The style would tint it where a row is chosen: the colour of a class is the same everywhere.
        icon.addPixmap(pixmap, mode)
    return icon


OPEN, CLOSED = "\u25be", "\u25b8"


class Fold(QWidget):
    """Widgets under a header that opens and closes at once; what is inside may grow and shrink freely."""

    def __init__(self, title: str, *contents: QWidget, expanded: bool = False) -> None:
        super().__init__()
        self._title = title
        self._header = QPushButton()
        self._header.setCheckable(True)
        self._header.setStyleSheet("QPushButton { text-align: left; padding: 4px; }")
        self._inside = QWidget()
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(2, 4, 2, 4)
        for widget in contents:
            inside.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._header)
        column.addWidget(self._inside)
        self._header.toggled.connect(self._show)
        self._header.setChecked(expanded)
        self._show(expanded)

    def setText(self, title: str) -> None:  # noqa: N802 - as Qt names it
        """Change the header's text."""
        self._title = title
        mark = OPEN if self._header.isChecked() else CLOSED
        self._header.setText(f"{mark}  {title}")

    def _show(self, expanded: bool) -> None:
        self._inside.setVisible(expanded)
        self.setText(self._title)


class Hint(QLabel):
    """A sentence that says what to do next, or what went wrong; hidden while empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Text may hold file and class names: never read as markup.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def say(self, text: str, *, error: bool = False) -> None:
        """Show a sentence; an error is marked by a sign, not by colour alone."""
        self.setText(f"\u26a0 {text}" if error and text else text)
        self.setProperty("error", error)
        self.setVisible(bool(text))


class Progress(QProgressBar):
    """How far a step is; hidden while nothing runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, 1000)
        self.setTextVisible(False)
        self.setMaximumHeight(8)
        self.hide()

    def show_fraction(self, running: bool, fraction: float) -> None:
        """Show the fraction in [0, 1] while running."""
        self.setValue(round(1000 * fraction))
        self.setVisible(running)


class ScrollDock(QScrollArea):
    """What napari docks: a column of widgets that scrolls, so that no dock is taller than the screen."""

    def __init__(self, canvas: Canvas, *contents: QWidget) -> None:
        super().__init__()
        self._canvas = canvas
        self._placed = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 6, 6)
        for widget in contents:
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(inside)
        inside.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Never be narrower than the contents: what is cut off cannot be clicked."""
        inside, bar = self.widget(), self.verticalScrollBar()
        laid_out = event is not None and event.type() == QEvent.Type.LayoutRequest
        if laid_out and watched is inside and inside is not None and bar is not None:
            self.setMinimumWidth(inside.minimumSizeHint().width() + bar.sizeHint().width())
        return bool(super().eventFilter(watched, event))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave most of the window to the micrograph."""
        return QSize(350, 640)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Learn which window the dock is in; take no more of its width than needed, the first time."""
        super().showEvent(event)
        # A floating dock is a window of its own, whose closing ends nothing.
        window: QObject | None = self.window()
        while window is not None and not isinstance(window, QMainWindow):
            window = window.parent()
        self._canvas.watch_window(window)
        self._canvas.open_docks.watch(self)
        if not self._placed:
            self._placed = True
            # After the first layout: only then are long rows wrapped and the least width is known.
            QTimer.singleShot(0, self._take_little)

    def _take_little(self) -> None:
        window, dock = self.window(), self.parent()
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parent()
        if isinstance(dock, QDockWidget) and isinstance(window, QMainWindow):
            dock.setMinimumWidth(0)
            window.resizeDocks([dock], [self.sizeHint().width()], Qt.Orientation.Horizontal)
