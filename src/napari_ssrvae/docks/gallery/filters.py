"""Which particles the gallery leaves out: one row that wraps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton

from napari_ssrvae.docks.gallery.arrangement import Arrangement, Who
from napari_ssrvae.docks.gallery.controls import beside, combo
from napari_ssrvae.docks.gallery.rows import ROW_PX, FlowRow
from napari_ssrvae.docks.widgets import swatch

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleClass

__all__ = ["Filters"]

NAME_CHARACTERS = 22


class Filters(FlowRow):
    """Class, who labelled, micrograph, and how sure the model is at most.

    Attributes
    ----------
    changed : Signal
        An `Arrangement` with another filter.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._arrangement = Arrangement()
        self._micrographs: list[tuple[int, str]] = []
        self.of_class = combo(
            "Class", "Only this class: the hand's where there is one, else the model's"
        )
        self.who = combo("Labels", "Only particles that are labelled so")
        self.micrograph = combo("Micrograph", "Only particles of this micrograph")
        for chooser in (self.of_class, self.micrograph):
            chooser.setMinimumContentsLength(10)
        for entry in Who:
            self.who.addItem(entry.value, entry)
        self.below = QDoubleSpinBox()
        self.below.setRange(0, 1)
        self.below.setSingleStep(0.05)
        self.below.setDecimals(2)
        self.below.setSpecialValueText("any")
        self.below.setFixedWidth(90)
        self.below.setKeyboardTracking(False)
        self.below.setAccessibleName("Probability below")
        self.below.setToolTip("Only particles that the model is less sure of; 0 shows all")
        self.clear = QPushButton("Show all")
        self.clear.setToolTip("Leave nothing out")
        self.clear.setFixedHeight(ROW_PX)

        self.of_class.currentIndexChanged.connect(
            lambda _: self._change(class_id=self.of_class.currentData())
        )
        self.who.currentIndexChanged.connect(lambda _: self._change(who=self.who.currentData()))
        self.micrograph.currentIndexChanged.connect(
            lambda _: self._change(micrograph_id=self.micrograph.currentData())
        )
        self.below.valueChanged.connect(lambda value: self._change(below=value or None))
        self.clear.clicked.connect(self.show_all)

        self.row.addWidget(beside("Class", self.of_class))
        self.row.addWidget(beside("Labels", self.who))
        self.row.addWidget(beside("Micrograph", self.micrograph))
        self.row.addWidget(beside("Probability below", self.below))
        self.row.addWidget(self.clear)

    def show_all(self) -> None:
        """Leave nothing out."""
        self._change(class_id=None, who=Who.ANY, micrograph_id=None, below=None)

    def offer_classes(self, classes: Sequence[ParticleClass]) -> None:
        """Let these be chosen from."""
        with QSignalBlocker(self.of_class):
            self.of_class.clear()
            self.of_class.addItem("all", None)
            for entry in classes:
                self.of_class.addItem(swatch(entry.colour), shortened(entry.name), entry.class_id)
        self.show_arrangement(self._arrangement)

    def offer_micrographs(self, micrographs: Sequence[tuple[int, str]]) -> None:
        """Let these be chosen from: id and name."""
        if list(micrographs) == self._micrographs:
            return
        self._micrographs = list(micrographs)
        with QSignalBlocker(self.micrograph):
            self.micrograph.clear()
            self.micrograph.addItem("all", None)
            for micrograph_id, name in micrographs:
                self.micrograph.addItem(shortened(name), micrograph_id)
        self.show_arrangement(self._arrangement)

    def show_arrangement(self, arrangement: Arrangement) -> None:
        """Show what is left out."""
        self._arrangement = arrangement
        for chooser, value in (
            (self.of_class, arrangement.class_id),
            (self.who, arrangement.who),
            (self.micrograph, arrangement.micrograph_id),
        ):
            _choose(chooser, value)
        with QSignalBlocker(self.below):
            self.below.setValue(arrangement.below or 0)
        self.clear.setEnabled(arrangement.filters)

    def _change(self, **parts: object) -> None:
        self._arrangement = replace(self._arrangement, **parts)  # type: ignore[arg-type]
        self.changed.emit(self._arrangement)


def _choose(chooser: QComboBox, value: object) -> None:
    values = [chooser.itemData(i) for i in range(chooser.count())]
    with QSignalBlocker(chooser):
        chooser.setCurrentIndex(values.index(value) if value in values else 0)


def shortened(name: str) -> str:
    """Return a name that does not make a chooser wider than the dock."""
    return name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 1] + "\u2026"
