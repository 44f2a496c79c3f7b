"""Keys with the mouse on the micrograph, and those that are heard in the whole window."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence, QShortcut

from napari_ssrvae.docks.commands import ANSWERS
from napari_ssrvae.docks.shortcuts import keys_for
from napari_ssrvae.docks.tools import Tool

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer
    from qtpy.QtWidgets import QWidget

    from napari_ssrvae.docks.commands import Commands
    from napari_ssrvae.docks.hand import Find, Hand
    from napari_ssrvae.docks.tools import Tools
    from napari_ssrvae.session import Session

__all__ = ["Keys", "key_of"]

NAPARI_NAMES = {"Esc": "Escape", "Del": "Delete", "Enter": "Enter"}
LABELS = (*"1234567890", "X")
SHIFTED = (*"0123456789", "?")
CTRL_OR_ALT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
DRAWING = ("paint", "erase", "fill", "polygon")


def key_of(event: QKeyEvent) -> str:
    """Return a key that was pressed as the registry names it: "1", "Shift+N", "Ctrl+Z", "Enter", "?"."""
    if event.text() in SHIFTED and not event.modifiers() & CTRL_OR_ALT:
        # With or without Shift: that depends on the keyboard.
        return event.text()
    # The number pad and the arrows' keys are the same keys to the user.
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    name = QKeySequence(modifiers.value | event.key()).toString(
        QKeySequence.SequenceFormat.PortableText
    )
    return {"Return": "Enter", "Backtab": "Shift+Tab"}.get(name, name)


class Keys(QObject):
    """Brings keys to the commands and the tools, with the particles that they are meant for.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    commands : Commands
    hand : Hand
    tools : Tools
    find : callable
        Gives the micrograph and the label id at a position in world coordinates.
    widget : QWidget or None
        The canvas; None without a window.
    show_now : callable
        Shows what was drawn, before anything else is done.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        commands: Commands,
        hand: Hand,
        tools: Tools,
        find: Find,
        widget: QWidget | None,
        show_now: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._commands = commands
        self._hand = hand
        self._tools = tools
        self._find = find
        self._show_now = show_now
        self._everywhere: dict[str, Callable[[], object]] = {
            "Ctrl+Z": self.undo,
            "Ctrl+Shift+Z": self.redo,
            "Ctrl+Y": self.redo,
            "F1": commands.sheet_asked.emit,
            "?": commands.sheet_asked.emit,
        }
        self.bind(viewer)
        if widget is not None:
            widget.installEventFilter(self)
            self._hear_everywhere(widget.window())

    # --- which particles -----------------------------------------------------------------------

    def meant(self) -> list[int]:
        """Return the particles that a key on the micrograph is meant for; none, if it only chooses a class."""
        under_review = self._session.queue.current
        if under_review is not None:
            return [under_review.particle_id]
        selection = self._session.selection
        tool = self._tools.tool
        if tool is not None and tool.selects:
            return [int(i) for i in selection.ids]
        viewer = self._viewer()
        if viewer is None or not self._hand.labelling or not viewer.mouse_over_canvas:
            return []
        at = self._find(tuple(viewer.cursor.position))
        particle_id = int(at[0].particle_ids[at[1]]) if at is not None and at[1] else 0
        if not particle_id:
            return []
        if len(selection) > 1 and particle_id in selection:
            return [int(i) for i in selection.ids]
        return [particle_id]

    def press(self, key: str) -> None:
        """Do what a key of the registry means on the micrograph."""
        tools = {tool.value: tool for tool in Tool}
        if key in tools:
            self._tools.toggle(tools[key])
        elif key == "Esc":
            if self._tools.tool is not None:
                self._tools.leave()
            else:
                self._commands.leave()
        elif key in ("Del", "Backspace"):
            self._tools.delete_under_mouse()
        elif key in "[]":
            self._tools.scale_radius(0.8 if key == "[" else 1.25)
        elif key == "Ctrl+Z":
            self.undo()
        elif key in ("Ctrl+Shift+Z", "Ctrl+Y"):
            self.redo()
        else:
            self._commands.press(key, self.meant() if key in LABELS else ())
            if key in LABELS:
                self._show_now()

    def undo(self) -> None:
        """Undo; while the user draws in a layer of their own, it is napari's undo."""
        own = self._drawn_by_user()
        if own is not None:
            own.undo()
        else:
            self._commands.undo()
            self._show_now()

    def redo(self) -> None:
        """Redo; while the user draws in a layer of their own, it is napari's redo."""
        own = self._drawn_by_user()
        if own is not None:
            own.redo()
        else:
            self._commands.redo()
            self._show_now()

    def _drawn_by_user(self) -> Labels | None:
        viewer = self._viewer()
        active = None if viewer is None else viewer.layers.selection.active
        # Layers of ours cannot be edited, so none of them is ever in such a mode.
        drawing = isinstance(active, Labels) and str(active.mode) in DRAWING
        return active if drawing else None

    # --- where they are heard ------------------------------------------------------------------

    def bind(self, owner: napari.Viewer | Layer) -> None:
        """Give a viewer or a layer the keys: a layer's own tools take a key before the viewer sees it."""
        for key in keys_for("everywhere", "micrograph", "review"):
            if key in ("F1", "?", *ANSWERS) and key != "Shift+N":
                # The first two are the window's, the others are heard only while particles are under review.
                continue
            owner.bind_key(_napari_name(key), self._pressed(key), overwrite=True)

    def _pressed(self, key: str) -> Callable[[Any], None]:
        me = weakref.ref(self)

        def press(_owner: Any) -> None:
            keys = me()
            if keys is not None:
                keys.press(key)

        return press

    def _hear_everywhere(self, window: QWidget) -> None:
        for key in keys_for("everywhere"):
            # Text fields keep their own undo: they claim the key before a shortcut is looked for.
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.activated.connect(self._everywhere[key])

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Take from the canvas what is heard everywhere, and the answers to a review.

        A layer's own keys would come first, and on Tab Qt would go to the next widget.
        """
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False
        key = key_of(event)
        pressed = event.type() == QEvent.Type.KeyPress
        if pressed and key in self._everywhere:
            self._everywhere[key]()
            return True
        if pressed and key in LABELS and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            # Digits that need Shift, as on French keyboards; napari would look for Shift and the digit.
            self.press(key)
            return True
        answers = key in ANSWERS and self._commands.reviewing and self._drawn_by_user() is None
        if not answers:
            return False
        if not pressed:
            event.accept()
            return True
        # A key held down answers once.
        return event.isAutoRepeat() or self._commands.press(key)


def _napari_name(key: str) -> str:
    """Return a key of the registry as napari writes it: "Ctrl+Shift+Z" is "Control-Shift-Z"."""
    parts = key.split("+")
    names = [{"Ctrl": "Control", **NAPARI_NAMES}.get(part, part) for part in parts]
    return "-".join(names)
