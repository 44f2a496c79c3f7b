"""What keys and buttons do, wherever they are pressed: on the micrograph, in the gallery, in a panel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.session import Session
    from napari_ssrvae.session.queue import Order

__all__ = ["Commands"]

# Keys that are only heard while a particle is under review.
ANSWERS = ("Enter", "Return", "Space", "Tab", "Shift+N")


class Commands(QObject):
    """Each command of the registry of shortcuts as one method.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    message : Signal
        One sentence: why something was not done.
    sheet_asked : Signal
        The sheet of shortcuts is wanted.
    """

    message = Signal(str)
    sheet_asked = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    @property
    def reviewing(self) -> bool:
        """Whether particles are under review: then answers go to the one that is shown."""
        return self._session.queue.order is not None

    # --- keys ----------------------------------------------------------------------------------

    def press(self, key: str, particle_ids: Iterable[int] = ()) -> bool:
        """Do what a key stands for; False if it stands for nothing here and is left to others.

        Parameters
        ----------
        key : str
            A single key of the registry: "1", "X", "Shift+N", "Ctrl+Z", "Enter", "Esc".
        particle_ids : iterable of int
            The particles that the key is meant for; of none, 1-9 and X only choose the class.
        """
        if len(key) == 1 and key in "123456789":
            self.assign_class_number(int(key), particle_ids)
            return True
        if key.upper() == "X":
            self.none_of_these(particle_ids)
            return True
        if key == "0":
            self.clear(particle_ids)
            return True
        if key in ANSWERS and not self.reviewing:
            return False
        act = self._plain().get(key)
        if act is None:
            return False
        act()
        return True

    def _plain(self) -> dict[str, Callable[[], object]]:
        return {
            "Enter": self.accept,
            "Return": self.accept,
            "Space": self.accept,
            "Tab": self.next,
            "N": self.next,
            "Shift+N": self.back,
            "R": self.review,
            "J": self.jump,
            "Esc": self.leave,
            "Ctrl+Z": self.undo,
            "Ctrl+Shift+Z": self.redo,
            "Ctrl+Y": self.redo,
            "F1": self.sheet_asked.emit,
            "?": self.sheet_asked.emit,
        }

    # --- labels --------------------------------------------------------------------------------

    def assign_class_number(self, number: int, particle_ids: Iterable[int] = ()) -> None:
        """Choose the ordinary class at this place of the list, from 1, and give it to the particles."""
        ordinary = [c for c in self._session.classes if not c.reserved]
        if 1 <= number <= len(ordinary):
            self.assign(ordinary[number - 1].class_id, particle_ids)
        elif ordinary:
            self.message.emit(
                f"There is no class {number} yet: add it to the list, or press 1 to {len(ordinary)}."
            )

    def none_of_these(self, particle_ids: Iterable[int] = ()) -> None:
        """Choose the reserved class and give it to the particles."""
        reserved = next((c for c in self._session.classes if c.reserved), None)
        if reserved is not None:
            self.assign(reserved.class_id, particle_ids)

    def assign(self, class_id: int, particle_ids: Iterable[int] = ()) -> None:
        """Choose a class and give it to the particles; to the one under review it is the answer."""
        ids = [int(i) for i in particle_ids]
        with self._told():
            self._session.set_active_class(class_id)
            if self._under_review(ids):
                self._session.queue.answer(class_id)
            elif ids:
                self._session.assign(ids, class_id)

    def clear(self, particle_ids: Iterable[int] = ()) -> None:
        """Take the particles' labels off; one under review that has none is skipped."""
        ids = [int(i) for i in particle_ids]
        with self._told():
            if self._under_review(ids):
                self._session.queue.answer(None)
                return
            rows = self._session.catalogue.rows(ids)
            hand = self._session.catalogue.by_hand
            labelled = [i for i, row in zip(ids, rows, strict=True) if row >= 0 and hand[row]]
            if labelled:
                self._session.assign(labelled, None)
            elif ids:
                self.message.emit("There is no label by hand to take off.")

    def _under_review(self, ids: list[int]) -> bool:
        current = self._session.queue.current
        return current is not None and ids == [current.particle_id]

    # --- review --------------------------------------------------------------------------------

    def next(self) -> None:
        """Go to the particle that helps most; while particles are under review, skip this one."""
        with self._told():
            if self.reviewing:
                self._session.queue.next()
            else:
                self._start("helpful")

    def review(self) -> None:
        """Review the predictions in the order of doubt."""
        with self._told():
            self._start("doubt")

    def _start(self, order: Order) -> None:
        self._session.queue.start(order)
        if self._session.queue.current is None:
            self._session.queue.stop()
            self.message.emit("There is nothing left to label or to review.")

    def accept(self) -> None:
        """Give the particle under review the class that the model says, and go on."""
        with self._told():
            if self.reviewing:
                self._session.queue.accept()

    def back(self) -> None:
        """Go back to the particle that was under review before."""
        with self._told():
            if self.reviewing:
                self._session.queue.back()

    def leave(self) -> None:
        """End the review; without one, select nothing."""
        if self.reviewing:
            self._session.queue.stop()
        else:
            self._session.selection.clear()

    # --- the rest ------------------------------------------------------------------------------

    def jump(self) -> None:
        """Bring the selected particle into view on its micrograph."""
        selection = self._session.selection
        if selection.focus is not None:
            selection.jump(selection.focus)
        elif len(selection):
            selection.jump(int(selection.ids[0]))
        else:
            self.message.emit("Select a particle first: J then brings it into view.")

    def undo(self) -> None:
        """Take the last act back; say so if there is none."""
        with self._told():
            if not self._session.undo():
                self.message.emit("There is nothing to undo.")

    def redo(self) -> None:
        """Do again what was taken back last; say so if there is nothing."""
        with self._told():
            if not self._session.redo():
                self.message.emit("There is nothing to redo.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell the user in one sentence what cannot be done."""
        try:
            yield
        except InputError as error:
            self.message.emit(str(error))
