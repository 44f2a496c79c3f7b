"""A user whose every action is counted: a click, a key, a choice in a menu."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QFileDialog
from tests.conftest import Bench

__all__ = ["User"]


class User:
    """Does everything through the mouse and the keyboard, and counts it.

    Attributes
    ----------
    actions : list of str
        What was done, one entry for each click, key or choice in a menu.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.actions: list[str] = []

    def choose(self, menu: Any, *path: str) -> None:
        """Choose an entry of a menu, through its submenus: one action, as a press, a drag and a release are."""
        self.actions.append(f"menu {' > '.join(path)}")
        for text in path:
            menu.aboutToShow.emit()
            entry = next(a for a in menu.actions() if a.text().replace("&", "") == text)
            if entry.menu() is not None:
                menu = entry.menu()
            else:
                window = self.bench.viewer.window._qt_window
                menu.popup(window.mapToGlobal(window.rect().topLeft()))
                self.bench.qtbot.mouseClick(
                    menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center()
                )

    def press(self, button: Any) -> None:
        """Click a button."""
        self.actions.append(f"click {button.text()}")
        self.bench.press(button)
        QApplication.processEvents()

    def key(self, key: str) -> None:
        """Press a key with the canvas in focus."""
        self.actions.append(f"key {key}")
        self.bench.key(key)
        # A person is slower than a panel that looks once per turn of the event loop.
        QApplication.processEvents()

    def key_at(self, row: float, column: float, key: str) -> None:
        """Move the mouse to a place of the micrograph and press a key there."""
        self.bench.hover(row, column)
        self.key(key)

    def press_and_confirm_file(self, button: Any) -> str:
        """Click a button that asks for a file, and take the one that is offered with Enter: two actions."""
        self.actions.append("key Enter in the file dialog")
        offered: list[str] = []
        timer = QTimer()
        timer.setInterval(20)

        def confirm() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QFileDialog) and dialog.isVisible():
                timer.stop()
                offered.extend(dialog.selectedFiles())
                self.bench.qtbot.keyClick(dialog, Qt.Key.Key_Return)

        timer.timeout.connect(confirm)
        timer.start()
        self.press(button)
        timer.stop()
        assert offered, "no file was asked for"
        return offered[0]
