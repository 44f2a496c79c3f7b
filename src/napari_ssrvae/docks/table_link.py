"""napari's features table and the selection: a row chosen there is selected, what is selected is marked there."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_ssrvae.session import MicrographState, Session

__all__ = ["TableLink"]


class TableLink(QObject):
    """Keeps the `selected_label` of particles layers and the selection's focus the same.

    napari's table marks the row of the selected label, and selects the label of a row; it knows one at a time.

    Parameters
    ----------
    particles_layer : callable
        Gives the layer with the particles of a micrograph, None if it is not there.
    """

    def __init__(
        self,
        session: Session,
        particles_layer: Callable[[MicrographState], Labels | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._particles_layer = particles_layer
        self._linked: weakref.WeakSet[Any] = weakref.WeakSet()
        self._telling = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.mark)
        session.selection.changed.connect(self._on_selection)

    def _on_selection(self) -> None:
        self._soon.start()

    def follow(self, layer: Labels) -> None:
        """Hear of rows that are chosen in the table of this layer."""
        if layer not in self._linked:
            self._linked.add(layer)
            layer.events.selected_label.connect(self._on_selected_label)

    def mark(self) -> None:
        """Mark the selected particle in the table."""
        focus = self._session.selection.focus
        at = None if focus is None else self._session.locate(focus)
        layer = None if at is None else self._particles_layer(at[0])
        if at is not None and layer is not None and layer.selected_label != at[1]:
            self._telling = True
            try:
                layer.selected_label = at[1]
            finally:
                self._telling = False

    def _on_selected_label(self, event: Any) -> None:
        if self._telling:
            return
        for state in self._session.micrographs:
            layer = self._particles_layer(state)
            if layer is not None and layer is event.source:
                label_id = int(layer.selected_label)
                known = 0 < label_id < len(state.particle_ids)
                particle_id = int(state.particle_ids[label_id]) if known else 0
                if particle_id:
                    self._session.selection.select([particle_id], particle_id)
                return
