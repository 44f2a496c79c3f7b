"""Axes, colour and tools of the map: a column beside it."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.gallery.controls import combo
from napari_ssrvae.docks.gallery.rows import ROW_PX
from napari_ssrvae.docks.latent_map.drag import Drag
from napari_ssrvae.docks.latent_map.quantities import SIMILARITY, Quantity

__all__ = ["BY_CLASS", "MapControls"]

BY_CLASS = ""
"""The key of the colours that stand for classes."""

LIST_PX = 290

TIPS = {
    Drag.LASSO: "Drag around particles to select them; with Ctrl they come to those that are selected",
    Drag.BOX: "Drag a box around particles to select them; with Ctrl they come to those that are selected",
    Drag.PAN: "Drag to move the map; the middle button always does",
}


class MapControls(QWidget):
    """What is across, what is up, what the colours are, what a drag does.

    Attributes
    ----------
    axes_changed, colour_changed : Signal
        Another quantity was chosen.
    drag_changed : Signal
        A `Drag`.
    fit_asked, again_asked : Signal
        All points in view; similarity to what is selected now.
    """

    axes_changed = Signal()
    colour_changed = Signal()
    drag_changed = Signal(object)
    fit_asked = Signal()
    again_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._offered: list[Quantity] | None = None
        self.across = combo("Across", "What the horizontal axis is")
        self.up = combo("Up", "What the vertical axis is")
        self.colour = combo("Colour", "What the colours stand for: the class, or a number")
        for chooser in (self.across, self.up, self.colour):
            # Long names are for the list that opens, not for the width of the column.
            chooser.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            chooser.setMinimumContentsLength(12)
            chooser.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            view = chooser.view()
            if view is not None:
                view.setMinimumWidth(LIST_PX)
        self.across.currentIndexChanged.connect(lambda _: self.axes_changed.emit())
        self.up.currentIndexChanged.connect(lambda _: self.axes_changed.emit())
        self.colour.currentIndexChanged.connect(lambda _: self.colour_changed.emit())
        self.again = self._button("Compare again", "Compare with what is selected now (F5)")
        self.again.clicked.connect(lambda: self.again_asked.emit())
        self.tools = {drag: self._button(drag.value, TIPS[drag]) for drag in Drag}
        self._group = QButtonGroup(self)
        for drag, button in self.tools.items():
            button.setCheckable(True)
            self._group.addButton(button)
            button.clicked.connect(lambda _=False, drag=drag: self.drag_changed.emit(drag))
        self.tools[Drag.LASSO].setChecked(True)
        self.fit = self._button("Fit", "Bring all points into view")
        self.fit.clicked.connect(lambda: self.fit_asked.emit())
        self.filter = self._button("Filter", "Show a part of the particles only")
        self.filter.setCheckable(True)
        self.meaning = self._button(
            "Which latent is the size?", "Correlations of the latents with what was measured"
        )
        self.meaning.setCheckable(True)
        self.count = QLabel()
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.count.setWordWrap(True)

        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Across", self.across)
        form.addRow("Up", self.up)
        form.addRow("Colour", self.colour)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(form)
        column.addWidget(self.again)
        column.addLayout(_row(*self.tools.values(), self.fit))
        column.addLayout(_row(self.filter, self.meaning))
        column.addWidget(self.count)
        self.again.hide()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFixedHeight(ROW_PX)
        # The mouse leaves the keys with the plot.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # --- axes and colour -----------------------------------------------------------------------

    @property
    def axes(self) -> tuple[str, str]:
        """Keys of what is across and up; "" where there is nothing to choose."""
        return self.across.currentData() or "", self.up.currentData() or ""

    @property
    def colours(self) -> str:
        """Key of what the colours stand for, or `BY_CLASS`."""
        return self.colour.currentData() or BY_CLASS

    def offer(self, quantities: Sequence[Quantity]) -> None:
        """Let these be chosen from; what was chosen stays where it still is there."""
        if list(quantities) == self._offered:
            return
        axes, colours, first = self.axes, self.colours, self._offered is None
        had_latents = any(q.kind == "latent" for q in self._offered or ())
        self._offered = list(quantities)
        has_latents = any(q.kind == "latent" for q in quantities)
        keys = {q.key for q in quantities}
        wanted = _first_axes(quantities)
        # With the first model the latents are what one wants to see.
        anew = first or not all(axes) or (has_latents and not had_latents)
        chosen = [
            axis if axis in keys and not anew else default
            for axis, default in zip(axes, wanted, strict=True)
        ]
        for chooser, key in zip((self.across, self.up), chosen, strict=True):
            with QSignalBlocker(chooser):
                chooser.clear()
                for quantity in quantities:
                    chooser.addItem(quantity.label, quantity.key)
            choose(chooser, key)
        with QSignalBlocker(self.colour):
            self.colour.clear()
            self.colour.addItem("class", BY_CLASS)
            for quantity in quantities:
                self.colour.addItem(quantity.label, quantity.key)
        choose(self.colour, colours)

    def choose_axes(self, across: str, up: str) -> None:
        """Take these as axes."""
        choose(self.across, across)
        choose(self.up, up)
        self.axes_changed.emit()

    def quantity(self, key: str) -> Quantity | None:
        """Return what is known of a quantity that is offered."""
        return next((q for q in self._offered or () if q.key == key), None)

    @property
    def compares(self) -> bool:
        """Whether an axis or the colour is a similarity."""
        return SIMILARITY in (*self.axes, self.colours)

    def show_filtered(self, filtered: bool) -> None:
        """Mark that something is left out."""
        self.filter.setText("Filter \u2022" if filtered else "Filter")

    def tell(self, words: str) -> None:
        """Say how many are shown and selected."""
        self.count.setText(words)


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget)
    return row


def choose(chooser: QComboBox, key: str) -> None:
    """Let a chooser stand at a key, without a signal; at its first entry where it has no such."""
    with QSignalBlocker(chooser):
        chooser.setCurrentIndex(max(0, chooser.findData(key)))


def _first_axes(quantities: Sequence[Quantity]) -> tuple[str, str]:
    """Return the axes to begin with: two latents, or one and the size, or size and shape."""
    keys = [q.key for q in quantities]
    latents = [q.key for q in quantities if q.kind == "latent"]
    likely = (
        "equivalent_diameter_nm",
        "equivalent_diameter_px",
        "area_px",
        "circularity",
        "solidity",
    )
    measured = [key for key in likely if key in keys]
    measured += [q.key for q in quantities if q.kind == "measurement" and q.key not in measured]
    if "circularity" in measured[1:] and not latents:
        measured.insert(1, measured.pop(measured.index("circularity")))
    wanted = [*latents[:2], *measured, *keys, "", ""]
    return wanted[0], wanted[1]
