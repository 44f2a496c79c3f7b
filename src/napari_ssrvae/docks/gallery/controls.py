"""How the gallery is sorted and how thumbnails look: one row that wraps."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from napari_ssrvae.docks.gallery.arrangement import Arrangement, Sort
from napari_ssrvae.docks.gallery.rows import ROW_PX, FlowRow
from napari_ssrvae.docks.gallery.words import CAPTIONS

__all__ = ["Controls", "beside", "combo"]

LEAST_EDGE_PX, FIRST_EDGE_PX, MOST_EDGE_PX = 32, 64, 192
UP, DOWN = "\u25b2", "\u25bc"


def combo(name: str, tip: str) -> QComboBox:
    """Return a chooser that the mouse can use without taking the keys away from the grid."""
    chooser = QComboBox()
    chooser.setAccessibleName(name)
    chooser.setToolTip(tip)
    chooser.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return chooser


def beside(text: str, *widgets: QWidget) -> QWidget:
    """Return widgets after their name, which wrap together."""
    together = QWidget()
    # All of one height, or a line of them is not level.
    together.setFixedHeight(ROW_PX)
    row = QHBoxLayout(together)
    row.setContentsMargins(0, 0, 6, 0)
    row.setSpacing(4)
    label = QLabel(text)
    label.setBuddy(widgets[0])
    row.addWidget(label)
    for widget in widgets:
        row.addWidget(widget)
    return together


class Controls(FlowRow):
    """Sort, turn upright, size, caption, and the door to the filter.

    Attributes
    ----------
    sort_changed : Signal
        A `Sort` and whether it is descending.
    upright_changed, edge_changed, caption_changed : Signal
        bool; pixels; a key of `words.CAPTIONS` or "".
    """

    sort_changed = Signal(object, bool)
    sort_asked = Signal()
    upright_changed = Signal(bool)
    edge_changed = Signal(int)
    caption_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._descending = False
        self.sort = combo(
            "Sort by", "What the particles are sorted by; similarity: to those that are selected"
        )
        for entry in Sort:
            self.sort.addItem(entry.value, entry)
        self.sort.currentIndexChanged.connect(self._on_sort)
        self.direction = QToolButton()
        self.direction.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.direction.clicked.connect(self._turn)
        self.again = self._button(
            "Sort again",
            "Labels do not move the thumbnails until you sort again (F5)",
            self.sort_asked.emit,
        )
        self.filter = QPushButton("Filter")
        self.filter.setCheckable(True)
        self.filter.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.filter.setToolTip("Show a part of the particles only")
        self.upright = QCheckBox("Upright")
        self.upright.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.upright.setToolTip("Turn all particles as the model sees them upright")
        self.upright.toggled.connect(self.upright_changed)
        self.caption = combo("Caption", "What stands below each thumbnail")
        self.caption.addItem("nothing", "")
        for name in CAPTIONS:
            self.caption.addItem(name, name)
        self.caption.currentIndexChanged.connect(
            lambda _: self.caption_changed.emit(self.caption.currentData())
        )
        self.edge = QSlider(Qt.Orientation.Horizontal)
        self.edge.setRange(LEAST_EDGE_PX, MOST_EDGE_PX)
        self.edge.setValue(FIRST_EDGE_PX)
        self.edge.setSingleStep(8)
        self.edge.setPageStep(32)
        self.edge.setFixedWidth(90)
        self.edge.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.edge.setAccessibleName("Thumbnail size")
        self.edge.setToolTip("How large the thumbnails are (Ctrl and the mouse wheel)")
        self.edge.valueChanged.connect(self.edge_changed)

        self.row.addWidget(beside("Sort by", self.sort, self.direction, self.again))
        for widget in (self.filter, self.upright):
            widget.setFixedHeight(ROW_PX)
            self.row.addWidget(widget)
        self.row.addWidget(beside("Size", self.edge))
        self.row.addWidget(beside("Caption", self.caption))
        self.count = QLabel()
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.count.setFixedHeight(ROW_PX)
        self.row.addWidget(self.count)
        self._show_direction()
        self.show_stale(False)

    @staticmethod
    def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: act())
        return button

    def show_arrangement(self, arrangement: Arrangement) -> None:
        """Show how it is sorted and whether something is left out."""
        with QSignalBlocker(self.sort):
            self.sort.setCurrentIndex(list(Sort).index(arrangement.sort))
        self._descending = arrangement.descending
        self._show_direction()
        self.filter.setText("Filter \u2022" if arrangement.filters else "Filter")

    def tell(self, words: str) -> None:
        """Say how many are shown and selected."""
        self.count.setText(words)
        # Never narrower again: lines must not wrap to and fro while particles are selected.
        self.count.setMinimumWidth(max(self.count.minimumWidth(), self.count.sizeHint().width()))

    def set_usable(self, on: bool) -> None:
        """Let all of it be used, or nothing while there are no particles."""
        for widget in (
            self.sort,
            self.direction,
            self.filter,
            self.upright,
            self.edge,
            self.caption,
        ):
            widget.setEnabled(on)

    def show_stale(self, stale: bool) -> None:
        """Let the button stand out while sorting again would change something."""
        self.again.setEnabled(stale)
        font = self.again.font()
        font.setBold(stale)
        self.again.setFont(font)

    def _on_sort(self, _index: int) -> None:
        sort: Sort = self.sort.currentData()
        self._descending = sort.descending_at_first
        self._show_direction()
        self.sort_changed.emit(sort, self._descending)

    def _turn(self) -> None:
        self._descending = not self._descending
        self._show_direction()
        self.sort_changed.emit(self.sort.currentData(), self._descending)

    def _show_direction(self) -> None:
        self.direction.setText(DOWN if self._descending else UP)
        words = self.sort.currentData().ends[self._descending]
        self.direction.setToolTip(f"{words}; click to turn the order round")
        self.direction.setAccessibleName(words)
