"""The user's hand on the canvas: clicks become labels and the selection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.docks.commands import Commands
    from napari_ssrvae.session import MicrographState, Session

__all__ = ["CLICK_SLACK_PX", "Hand"]

CLICK_SLACK_PX = 4
LEFT, RIGHT = 1, 2
BACKGROUND = "There is no particle here: click inside the outline of one."

Find = Callable[[tuple[float, ...]], "tuple[MicrographState, int] | None"]


class Hand(QObject):
    """Labels and selects particles by the mouse.

    Parameters
    ----------
    session : Session
    find : callable
        Gives the micrograph and the label id at a position in world coordinates, None off every micrograph.
    commands : Commands
        Whose `undo` and `redo` are the hand's.
    correcting : callable
        Tells whether a tool is in the hand that corrects particles: then clicks are the tool's.
    show_now : callable
        Shows what was drawn, before anything else is done.

    Attributes
    ----------
    switched : Signal
        Clicks label from now on, or do not.
    message : Signal
        One sentence.
    """

    switched = Signal(bool)
    message = Signal(str)

    def __init__(
        self,
        session: Session,
        find: Find,
        commands: Commands,
        correcting: Callable[[], bool],
        show_now: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._find = find
        self._commands = commands
        self._correcting = correcting
        self._show_now = show_now
        self._labelling = True

    @property
    def labelling(self) -> bool:
        """Whether a click on a particle labels it."""
        return self._labelling

    def switch(self, on: bool) -> None:
        """Let clicks label, or only select."""
        if on != self._labelling:
            self._labelling = on
            self.switched.emit(on)

    def undo(self) -> None:
        """Take the last act back; say so if there is none."""
        self._commands.undo()

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._commands.redo()

    def takes(self, viewer: napari.Viewer) -> bool:
        """Whether clicks are the hand's: neither a tool of ours is in it, nor one of napari's."""
        active = viewer.layers.selection.active
        return not self._correcting() and (
            active is None or str(active.mode) in ("pan_zoom", "transform")
        )

    def on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        """Label or select on a click; a press that moves is napari's pan or zoom."""
        toggles = "Control" in event.modifiers
        if event.button not in (LEFT, RIGHT) or (event.modifiers and not toggles):
            return
        if not self.takes(viewer):
            return
        start = np.asarray(event.pos, float)
        yield
        while event.type == "mouse_move":
            if np.abs(np.asarray(event.pos, float) - start).max() > CLICK_SLACK_PX:
                return
            yield
        # A quick drag may end before any move of it was told.
        if np.abs(np.asarray(event.pos, float) - start).max() > CLICK_SLACK_PX:
            return
        at = self._find(tuple(event.position))
        if at is not None:
            self.click(*at, right=event.button == RIGHT, toggles=toggles)

    def on_double_click(self, viewer: napari.Viewer, event: Any) -> bool:
        """Take the second of two quick clicks for a click too; False if it hit no particle."""
        if event.modifiers or event.button not in (LEFT, RIGHT) or not self.takes(viewer):
            return False
        at = self._find(tuple(event.position))
        if at is None or not at[1]:
            return False
        self.click(*at, right=event.button == RIGHT)
        return True

    def click(
        self, state: MicrographState, label_id: int, *, right: bool = False, toggles: bool = False
    ) -> None:
        """Do what a click on a label id means; 0 is the background.

        Parameters
        ----------
        right : bool
            With the right button: takes the label off.
        toggles : bool
            With Ctrl: selects it too, or no more, and labels nothing.
        """
        particle_id = int(state.particle_ids[label_id]) if label_id else 0
        if not particle_id:
            if self._labelling and not right and not toggles:
                self.message.emit(BACKGROUND)
            return
        if toggles:
            if not right:
                self._session.selection.toggle([particle_id])
            return
        try:
            if self._labelling:
                if not right:
                    self._session.click(state, label_id)
                elif state.by_hand[label_id]:
                    self._session.assign([particle_id], None)
                self._show_now()
        except InputError as error:
            self.message.emit(str(error))
        if not right:
            # After the label, which is seen first.
            self._session.selection.select([particle_id], particle_id)
