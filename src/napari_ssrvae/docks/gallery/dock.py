"""The gallery as napari docks it: wide, below the micrograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QSize, Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from napari_ssrvae.docks.gallery.panel import GalleryPanel

if TYPE_CHECKING:
    import napari

__all__ = ["GalleryDock", "open_gallery"]

PLUGIN, NAME = "napari-ssrvae", "Gallery"
HEIGHT_PX = 270


class GalleryDock(QWidget):
    """Holds the gallery; at its first opening it goes below the micrograph, later where the user put it."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.panel = GalleryPanel(napari_viewer)
        self._placed = _remembered()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel, 1)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave most of the window to the micrograph."""
        return QSize(600, HEIGHT_PX)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Learn which window the dock is in, and find its place the first time."""
        super().showEvent(event)
        window: QObject | None = self.window()
        while window is not None and not isinstance(window, QMainWindow):
            window = window.parent()
        self.panel.canvas.watch_window(window)
        if not self._placed:
            self._placed = True
            # After napari has put it to the right: it asks nobody where.
            QTimer.singleShot(0, self._go_below)

    def _go_below(self) -> None:
        window, dock = self.window(), self.parent()
        while dock is not None and not isinstance(dock, QDockWidget):
            dock = dock.parent()
        if (
            isinstance(dock, QDockWidget)
            and isinstance(window, QMainWindow)
            and not dock.isFloating()
        ):
            window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
            window.resizeDocks([dock], [HEIGHT_PX], Qt.Orientation.Vertical)


def _remembered() -> bool:
    """Whether napari knows where the user wants the gallery."""
    from napari.settings import get_settings

    places = get_settings().application.plugin_widget_positions
    return any(name.startswith(NAME) and PLUGIN in name for name in places)


def open_gallery(viewer: napari.Viewer) -> GalleryDock:
    """Show the gallery of a viewer, docked once, and bring it to the front."""
    dock, widget = viewer.window.add_plugin_dock_widget(PLUGIN, NAME)
    dock.show()
    dock.raise_()
    return widget
