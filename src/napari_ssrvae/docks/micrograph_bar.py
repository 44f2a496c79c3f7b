"""The head of every dock: which micrograph is worked on, its scale, and where everything is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.data_bar import DataBarFold
from napari_ssrvae.docks.scale_question import ScaleQuestion
from napari_ssrvae.docks.shortcut_sheet import sheet_of
from napari_ssrvae.docks.title import title_of
from napari_ssrvae.docks.unsaved_note import UnsavedNote
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.micrographs import PixelSize

__all__ = ["MicrographBar"]


class MicrographBar(QWidget):
    """Chooses the micrograph; shows, asks for or corrects its pixel size and its data bar."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session
        self._layers: list = []

        self.chooser = QComboBox()
        self.chooser.setToolTip("The micrograph that is worked on: any image layer of the viewer")
        self.chooser.setAccessibleName("Micrograph")
        self.chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.chooser.setMinimumContentsLength(12)
        self.chooser.activated.connect(self._choose)

        self.pixel_size = QDoubleSpinBox()
        self.pixel_size.setDecimals(4)
        self.pixel_size.setRange(0.0, 1e6)
        self.pixel_size.setSuffix(" nm/px")
        self.pixel_size.setSpecialValueText("not known")
        self.pixel_size.setKeyboardTracking(False)
        self.pixel_size.setAccessibleName("Pixel size")
        self.pixel_size.setToolTip(
            "Edge of a pixel in nanometres; type it where the file is silent or wrong"
        )
        self.pixel_size.valueChanged.connect(self._set_pixel_size)
        self.source = QLabel()
        self.source.setWordWrap(True)
        self.question = ScaleQuestion()
        self.question.answered.connect(self._choose_pixel_size)
        self.data_bar = DataBarFold(self.session)

        self.again = QPushButton("Show its layers again")
        self.again.setToolTip(
            "Draw again what was deleted from the viewer; nothing was lost with the layers"
        )
        self.again.clicked.connect(self._redraw)
        self.plane = QPushButton("Work on the plane in view")
        self.plane.setToolTip(
            "Another plane of the stack is worked on: its particles are not those you see"
        )
        self.plane.clicked.connect(self._take_plane)
        self.unsaved = UnsavedNote(self.canvas)
        self.hint = Hint()

        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Micrograph", self.chooser)
        form.addRow("Scale", self.pixel_size)
        form.addRow("", self.source)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.addLayout(form)
        column.addWidget(self.question)
        column.addWidget(self.data_bar)
        column.addWidget(self.again)
        column.addWidget(self.plane)
        column.addWidget(self.unsaved)
        column.addWidget(self.hint)

        self.canvas.layers_changed.connect(self.refresh)
        self.canvas.message.connect(self.hint.say)
        self.session.current_changed.connect(self.refresh)
        self.session.micrographs_changed.connect(self.refresh)
        self.refresh()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Learn which window title and sheet of keys belong to."""
        super().showEvent(event)
        # A floating dock is a window of its own, and a child of the one that is meant.
        window: QObject | None = self.window()
        while window is not None and not isinstance(window, QMainWindow):
            window = window.parent()
        if isinstance(window, QMainWindow):
            title_of(self.canvas).watch(window)
            sheet_of(self.canvas).watch(window)

    def refresh(self) -> None:
        """Show the session as it is."""
        state = self.session.current
        current = self.canvas.image_layer(state)
        self._layers = self.canvas.image_layers()
        self.chooser.blockSignals(True)
        self.chooser.clear()
        for layer in self._layers:
            self.chooser.addItem(layer.name)
        if current in self._layers:
            self.chooser.setCurrentIndex(self._layers.index(current))
        elif state is not None:
            self.chooser.addItem(f"{state.micrograph.name} (layer deleted)")
            self.chooser.setCurrentIndex(self.chooser.count() - 1)
        self.chooser.setEnabled(self.chooser.count() > 0)
        self.chooser.blockSignals(False)

        micrograph = state.micrograph if state is not None else None
        self.pixel_size.blockSignals(True)
        self.pixel_size.setValue((micrograph.pixel_size_nm or 0.0) if micrograph else 0.0)
        self.pixel_size.setEnabled(micrograph is not None)
        self.pixel_size.blockSignals(False)
        choices = micrograph.pixel_size_choices if micrograph is not None else ()
        asked = micrograph is not None and micrograph.pixel_size_nm is None
        self.question.ask(choices if asked else ())
        self.data_bar.show_state(state)
        self.source.setVisible(micrograph is not None)
        if micrograph is None:
            self.source.setText("")
        elif asked and choices:
            self.source.setText("choose below, or type it")
        elif micrograph.pixel_size_nm is None:
            self.source.setText(
                "not in the file, unlike that of other micrographs here: no scale bar until you type it"
                if self.canvas.scales_differ
                else "type it if you know it"
            )
        else:
            self.source.setText(micrograph.pixel_size_source)
        self.plane.setVisible(self.canvas.other_plane_in_view)
        self.again.setVisible(state is not None and not self.canvas.is_complete(state))
        if state is None:
            self.hint.say(
                "Open a micrograph: drop a file on the window, or File > Open Sample > ss-rVAE."
            )
        elif self.hint.text().startswith("Open a micrograph"):
            self.hint.say("")

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._layers):
            try:
                self.canvas.adopt(self._layers[index])
            except InputError as error:
                self.hint.say(str(error), error=True)
                self.refresh()

    def _set_pixel_size(self, nm: float) -> None:
        state = self.session.current
        if state is None:
            return
        try:
            self.session.set_pixel_size(state, nm)
        except InputError as error:
            self.hint.say(str(error), error=True)
            self.refresh()

    def _choose_pixel_size(self, choice: PixelSize) -> None:
        state = self.session.current
        if state is None:
            return
        try:
            self.session.set_pixel_size(state, choice.nm, source=choice.source)
        except InputError as error:
            self.hint.say(str(error), error=True)

    def _take_plane(self) -> None:
        layer = self.canvas.image_layer(self.session.current)
        if layer is None:
            return
        try:
            self.canvas.adopt(layer)
        except InputError as error:
            self.hint.say(str(error), error=True)

    def _redraw(self) -> None:
        state = self.session.current
        if state is not None:
            self.canvas.redraw(state)
            self.refresh()
