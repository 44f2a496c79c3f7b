"""The user's hand on the canvas: clicks and keys become acts of the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.errors import InputError
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

__all__ = ["Hand"]

CLICK_SLACK_PX = 4
LEFT, RIGHT = 1, 2

Find = Callable[[tuple[float, ...]], "tuple[MicrographState, int] | None"]


class Hand(QObject):
    """Labels particles by mouse and keyboard.

    Parameters
    ----------
    session : Session
    find : callable
        Gives the micrograph and the label id at a position in world coordinates, None off every micrograph.
    """

    switched = Signal(bool)
    message = Signal(str)

    def __init__(self, session: Session, find: Find, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._find = find
        self._labelling = True

    @property
    def labelling(self) -> bool:
        """Whether a click on a particle labels it."""
        return self._labelling

    def switch(self, on: bool) -> None:
        """Let clicks label, or leave them to napari."""
        if on != self._labelling:
            self._labelling = on
            self.switched.emit(on)

    def on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        """Label on a click; a press that moves is napari's pan or zoom."""
        active = viewer.layers.selection.active
        other_tool = active is not None and str(active.mode) not in ("pan_zoom", "transform")
        if (
            not self._labelling
            or other_tool
            or event.button not in (LEFT, RIGHT)
            or event.modifiers
        ):
            return
        start = np.asarray(event.pos, float)
        yield
        while event.type == "mouse_move":
            if np.abs(np.asarray(event.pos, float) - start).max() > CLICK_SLACK_PX:
                return
            yield
        at = self._find(tuple(event.position))
        if at is not None and at[1]:
            self._act(*at, "click" if event.button == LEFT else None)

    def _act(
        self, state: MicrographState, label_id: int, class_id: int | Literal["click"] | None
    ) -> None:
        try:
            if class_id == "click":
                self._session.click(state, label_id)
            elif class_id is not None or state.by_hand[label_id]:
                self._session.assign([int(state.particle_ids[label_id])], class_id)
        except InputError as error:
            self.message.emit(str(error))

    def press_class_key(self, viewer: napari.Viewer, number: int) -> None:
        """Choose the class at a place of the list and give it to the particle under the mouse; 0 clears."""
        classes = self._session.classes
        # Without the hand, or with the mouse elsewhere, a key only chooses.
        pointing = self._labelling and viewer.mouse_over_canvas
        at = self._find(tuple(viewer.cursor.position)) if pointing else None
        state, label_id = at if at is not None else (None, 0)
        if number == 0:
            if state is not None and label_id:
                self._act(state, label_id, None)
        elif number <= len(classes):
            class_id = classes[number - 1].class_id
            self._session.set_active_class(class_id)
            if state is not None and label_id and state.by_hand[label_id] != class_id:
                self._act(state, label_id, class_id)

    def undo(self) -> None:
        """Take the last act back; say so if there is none."""
        try:
            if not self._session.undo():
                self.message.emit("There is nothing to undo.")
        except InputError as error:
            self.message.emit(str(error))

    def redo(self) -> None:
        """Do again what was taken back last."""
        try:
            if not self._session.redo():
                self.message.emit("There is nothing to redo.")
        except InputError as error:
            self.message.emit(str(error))

    def bind(self, viewer: napari.Viewer, owner: napari.Viewer | Layer) -> None:
        """Give a viewer or a layer the keys: a layer's own tools take the digits before the viewer sees them."""
        import weakref

        weak = weakref.ref(viewer)

        def digit(number: int) -> Callable[[Any], None]:
            def press(_owner: Any) -> None:
                alive = weak()
                if alive is not None:
                    self.press_class_key(alive, number)

            return press

        for number in range(10):
            owner.bind_key(str(number), digit(number), overwrite=True)
        owner.bind_key("Control-Z", lambda _owner: self.undo(), overwrite=True)
        owner.bind_key("Control-Shift-Z", lambda _owner: self.redo(), overwrite=True)
