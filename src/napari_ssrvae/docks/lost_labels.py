"""Labels that a new segmentation left without a particle: listed until somebody looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.widgets import Hint, swatch
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari_ssrvae.docks.canvas import Canvas
    from napari_ssrvae.session import MicrographState

__all__ = ["LostLabels"]

MOST_LISTED = 500
MOST_ROWS = 5


class LostLabels(QWidget):
    """A list that is there only while labels are lost; each can be gone to, and forgotten."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas, self.session = canvas, canvas.session
        self._all: list[int] = []
        self._places: dict[Hashable, dict[Hashable, Any]] = {}
        self.words = Hint()
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Lost labels")
        self.list.setToolTip("Click, or press Enter, to see where the particle was")
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self.list.itemSelectionChanged.connect(self._on_selection)
        self.forget = QPushButton("Forget the selected")
        self.forget.setToolTip("Take these labels off for good; Ctrl+Z brings them back")
        self.forget.clicked.connect(lambda: self._forget(self._selected()))
        self.forget_all = QPushButton("Forget all")
        self.forget_all.setToolTip("Take all lost labels off; Ctrl+Z brings them back")
        self.forget_all.clicked.connect(lambda: self._forget(self._all))
        row = QHBoxLayout()
        row.addWidget(self.forget, 1)
        row.addWidget(self.forget_all, 1)
        self.problem = Hint()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.words)
        column.addWidget(self.list)
        column.addLayout(row)
        column.addWidget(self.problem)

        self._later = Later(self.refresh, self)
        session = self.session
        session.particles_changed.connect(self._on_particles)
        session.labels_changed.connect(self._on_labels)
        session.classes_changed.connect(self._later.ask)
        session.library_changed.connect(self._later.ask)
        self.refresh()

    def _on_particles(self, _state: object, change: object) -> None:
        # An edit by hand loses no label: undo brings it back with its particle.
        if getattr(change, "region", None) is None:
            self._later.ask()

    def _on_labels(self, particle_ids: np.ndarray) -> None:
        """Look again only if a label of a particle that is no more came or went: clicks have to be cheap."""
        there = self.session.catalogue.has(particle_ids)
        if not bool(np.all(there)):
            self._later.ask()

    def refresh(self) -> None:
        """List what is lost."""
        table = self.session.lost_labels()
        classes = {c.class_id: c for c in self.session.classes}
        self._all = [int(i) for i in table.index]
        self._places = table.head(MOST_LISTED).to_dict("index")
        selected = set(self._selected())
        self.list.clear()
        for particle_id, row in self._places.items():
            entry = classes.get(int(row["class_id"]))
            name = entry.name if entry is not None else "?"
            place = f"{row['micrograph']}, row {row['centroid_y_px']:.0f}, column {row['centroid_x_px']:.0f}"
            item = QListWidgetItem(f"{name}  \u00b7  {place}")
            item.setData(Qt.ItemDataRole.UserRole, particle_id)
            item.setToolTip(plain_tip(f"{name}: {place}"))
            if entry is not None:
                item.setIcon(swatch(entry.colour))
            self.list.addItem(item)
            item.setSelected(particle_id in selected)
        number = len(self._all)
        one = number == 1
        listed = f" The first {MOST_LISTED} are listed." if number > MOST_LISTED else ""
        self.words.say(
            f"{number:,} {'label has' if one else 'labels have'} lost {'its particle' if one else 'their particles'} "
            f"with the new segmentation. Go there and label what is there now, or forget "
            f"{'it' if one else 'them'}.{listed}"
            if number
            else ""
        )
        rows = max(2, min(len(self._places), MOST_ROWS))
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 20) + 6)
        self.setVisible(bool(number))
        self._on_selection()

    def _selected(self) -> list[int]:
        return [int(item.data(Qt.ItemDataRole.UserRole)) for item in self.list.selectedItems()]

    def _on_selection(self) -> None:
        self.forget.setEnabled(bool(self.list.selectedItems()))

    def _forget(self, particle_ids: list[int]) -> None:
        from napari_ssrvae.library import ForgetLostLabels

        try:
            self.session.do(ForgetLostLabels(tuple(particle_ids)))
        except InputError as error:
            self.problem.say(str(error), error=True)
            return
        self.problem.say("")
        self._later.ask()

    def _go(self, item: QListWidgetItem) -> None:
        place = self._places.get(int(item.data(Qt.ItemDataRole.UserRole)))
        if place is None:
            return
        self.problem.say("")
        try:
            self._show(place)
        except InputError as error:
            self.problem.say(str(error), error=True)

    def _show(self, place: dict[Hashable, Any]) -> None:
        """Bring the place into view, on its micrograph."""
        from napari_ssrvae.docks.jumps import open_again

        number = int(place["micrograph_id"])
        state = self._state(number)
        if state is None:
            rows = self.session.need_library().micrographs().to_dict("index")
            if open_again(self.canvas, rows[number]):
                state = self._state(number)
        if state is None:
            raise InputError(
                f"{place['micrograph']} is not found where it was: open this micrograph yourself to see the place."
            )
        self.session.set_current(state)
        image = self.canvas.image_layer(state)
        if image is None:
            self.canvas.redraw(state)
            image = self.canvas.image_layer(state)
        if image is not None:
            at = np.array([place["centroid_y_px"], place["centroid_x_px"]], float)
            area = place["area_px"]
            radius = max(3.0, float(np.sqrt(float(area) / np.pi))) if area == area else 20.0
            self.canvas.view.centre(image, np.stack([at - radius, at + radius]))

    def _state(self, micrograph_id: int) -> MicrographState | None:
        known = (s for s in self.session.micrographs if s.micrograph_id == micrograph_id)
        return next(known, None)
