"""Wide docks: below the micrograph the first time, tabbed with each other, later where the user put them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QSize, Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QMainWindow,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of, canvas_widget

if TYPE_CHECKING:
    import napari

__all__ = ["PLUGIN", "WideDock", "open_dock"]

PLUGIN = "napari-ssrvae"
HEIGHT_PX = 270


class WideDock(QWidget):
    """Holds a panel that is wide rather than high, such as the gallery.

    Parameters
    ----------
    napari_viewer : napari.Viewer
    panel : QWidget
        What the dock shows.
    scrolls : bool
        Whether the panel is to be scrolled where there is too little room; False for one that does so itself.

    Attributes
    ----------
    NAME : str
        The name in the manifest.
    HEIGHT_PX : int
        How high the dock is at first.
    """

    NAME = ""
    HEIGHT_PX = HEIGHT_PX

    def __init__(
        self, napari_viewer: napari.Viewer, panel: QWidget, *, scrolls: bool = False
    ) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self._remembered = _remembered(self.NAME)
        self._placed = False
        self._beside = _widths_beside(self.canvas.viewer)
        # Otherwise napari puts a stretch below, which grows from dock to dock.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(_scrolled(panel) if scrolls else panel, 1)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave most of the window to the micrograph."""
        return QSize(600, self.HEIGHT_PX)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Learn which window the dock is in, and find its place the first time."""
        super().showEvent(event)
        window: QObject | None = self.window()
        while window is not None and not isinstance(window, QMainWindow):
            window = window.parent()
        self.canvas.watch_window(window)
        self.canvas.open_docks.watch(self)
        if not self._placed:
            self._placed = True
            # After napari has put it to the right: it asks nobody where.
            QTimer.singleShot(0, self._find_place)

    def _find_place(self) -> None:
        window, dock = self.window(), _dock_of(self)
        if dock is None or not isinstance(window, QMainWindow) or dock.isFloating():
            return
        below = Qt.DockWidgetArea.BottomDockWidgetArea
        if not self._remembered:
            window.addDockWidget(below, dock)
        if window.dockWidgetArea(dock) != below:
            return
        others = [other for other in _others(window, self) if window.dockWidgetArea(other) == below]
        if others:
            window.tabifyDockWidget(others[0], dock)
            dock.raise_()
        else:
            window.resizeDocks([dock], [self.HEIGHT_PX], Qt.Orientation.Vertical)
        self._give_back(window)

    def _give_back(self, window: QMainWindow) -> None:
        """Make the docks at the right as wide as they were before this one was beside them for a moment."""
        widths = {dock: width for dock, width in self._beside if not dock.isFloating()}
        self._beside = []
        if widths:
            window.resizeDocks(list(widths), list(widths.values()), Qt.Orientation.Horizontal)


def open_dock(viewer: napari.Viewer, name: str) -> QWidget:
    """Show a dock of ours in a viewer, docked once, and bring it to the front.

    Parameters
    ----------
    viewer : napari.Viewer
    name : str
        As the manifest calls it: "Gallery", "Latent map", "Latents", "Report".

    Returns
    -------
    QWidget
        What the manifest names: the same as long as it is not closed.
    """
    dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, name)
    dock.show()
    dock.raise_()
    found: QWidget = widget
    return found


def _widths_beside(viewer: napari.Viewer) -> list[tuple[QDockWidget, int]]:
    """Return the docks at the right of a viewer's window, and how wide they are."""
    widget = canvas_widget(viewer)
    window = None if widget is None else widget.window()
    if not isinstance(window, QMainWindow):
        return []
    right = Qt.DockWidgetArea.RightDockWidgetArea
    docks = window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [
        (dock, dock.width())
        for dock in docks
        if dock.isVisible() and not dock.isFloating() and window.dockWidgetArea(dock) == right
    ]


def _dock_of(widget: QWidget) -> QDockWidget | None:
    dock = widget.parent()
    while dock is not None and not isinstance(dock, QDockWidget):
        dock = dock.parent()
    return dock


def _others(window: QMainWindow, me: WideDock) -> list[QDockWidget]:
    """Return the wide docks of ours that are docked in a window, apart from this one."""
    docks = [_dock_of(wide) for wide in window.findChildren(WideDock) if wide is not me]
    return [
        dock
        for dock in docks
        if dock is not None and not dock.isFloating() and dock.toggleViewAction().isChecked()
    ]


def _scrolled(panel: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(panel)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def _remembered(name: str) -> bool:
    """Whether napari knows where the user wants a dock."""
    from napari.settings import get_settings

    places = get_settings().application.plugin_widget_positions
    return any(place.startswith(f"{name} ") and PLUGIN in place for place in places)
