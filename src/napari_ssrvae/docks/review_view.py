"""The particle under review is brought into view, wherever the review was begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QAbstractButton, QApplication, QWidget

if TYPE_CHECKING:
    from napari_ssrvae.session import Session

__all__ = ["ReviewView"]


class ReviewView(QObject):
    """Selects and shows each particle that comes under review; the keys that answer go to the canvas.

    Parameters
    ----------
    show : callable
        Brings a particle into view.
    widget : QWidget or None
        The canvas.
    """

    def __init__(
        self, session: Session, show: Callable[[int], None], widget: QWidget | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._show = show
        self._take_keys = (lambda: None) if widget is None else _focus_on(widget)
        self._shown: int | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._follow)
        session.queue.changed.connect(self._on_queue)

    def _on_queue(self) -> None:
        self._soon.start()

    def _follow(self) -> None:
        pick = self._session.queue.current
        particle_id = None if pick is None else pick.particle_id
        if particle_id == self._shown:
            return
        began, self._shown = self._shown is None, particle_id
        if particle_id is None:
            return
        self._session.selection.select([particle_id], particle_id)
        self._show(particle_id)
        if began:
            self._take_keys()


def _focus_on(widget: QWidget) -> Callable[[], None]:
    """Return what gives a widget the keys, if only a button has them: Space would press it again."""
    import weakref

    weak = weakref.ref(widget)

    def focus() -> None:
        alive = weak()
        if alive is not None and isinstance(QApplication.focusWidget(), QAbstractButton):
            alive.setFocus()

    return focus
