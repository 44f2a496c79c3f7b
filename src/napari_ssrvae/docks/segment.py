"""Step 1: find the particles of the micrograph, or take a segmentation made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.forms import ParameterForm
from napari_ssrvae.docks.live import LiveView
from napari_ssrvae.docks.patch_form import PatchForm
from napari_ssrvae.docks.sources import labels_of_layer, plane_of_layer
from napari_ssrvae.docks.tool_row import ToolRow
from napari_ssrvae.docks.widgets import Fold, Hint, Progress, primary_button
from napari_ssrvae.errors import InputError
from napari_ssrvae.particles.parameters import SegmentationParameters

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.session import MicrographState

__all__ = ["SegmentPanel"]


class SegmentPanel(QWidget):
    """Finds particles."""

    title = "Particles"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session
        self.run = self.canvas.segmentation
        self._layers: list = []
        self._set_for: MicrographState | None = None
        self._preview_failed = False

        self.form = ParameterForm(SegmentationParameters)
        self.form.changed.connect(self._on_setting)
        self.patches = PatchForm(self.session)
        self.live = LiveView(self.canvas)
        self.tools = ToolRow(self.canvas)
        self.find = primary_button("Find particles", "Outline every particle of the micrograph")
        self.find.clicked.connect(self.find_particles)
        self.progress = Progress()
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("End the search; the particles stay as they were before")
        self.stop.setAccessibleName("Stop finding particles")
        self.stop.clicked.connect(self._stop)
        self.hint = Hint()

        self.foreign = QComboBox()
        self.foreign.setToolTip(
            "Labels layers already in the viewer, e.g. from Cellpose, micro-sam or painted by hand"
        )
        self.foreign.setAccessibleName("Labels layer")
        self.foreign.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.foreign.setMinimumContentsLength(10)
        self.take = QPushButton("Use it")
        self.take.setToolTip("Take the chosen Labels layer as the particles of this micrograph")
        self.take.clicked.connect(self.take_labels)
        self.foreign_row = QWidget()
        row = QHBoxLayout(self.foreign_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("or take the layer"))
        row.addWidget(self.foreign, 1)
        row.addWidget(self.take)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (
            Fold("Settings", self.form),
            Fold("Patches", self.patches),
            self.live,
            self.find,
            self.progress,
            self.stop,
            self.hint,
            self.tools,
            self.foreign_row,
        ):
            column.addWidget(widget)

        self.canvas.layers_changed.connect(self.refresh)
        self.session.current_changed.connect(self.refresh)
        self.session.particles_changed.connect(self.refresh)
        self.session.micrographs_changed.connect(self._on_scale)
        self.session.current_changed.connect(self._on_scale)
        self.run.changed.connect(self.refresh)
        self.canvas.preview.failed.connect(self._on_preview_failed)
        self.canvas.preview.drawn.connect(self._on_preview_drawn)
        self.canvas.training.started.connect(self.refresh)
        self.canvas.training.ended.connect(self.refresh)
        self._on_scale()
        self._preview(by_user=False)
        self.refresh()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        state = self.session.current
        if self.run.running:
            return "searching"
        return (
            f"{state.n_particles:,} found"
            if state is not None and state.n_particles
            else "none yet"
        )

    def refresh(self, *_: object) -> None:
        """Show the session as it is."""
        state = self.session.current
        running = self.run.running
        chosen = self.foreign.currentText()
        self._layers = self.canvas.labels_layers()
        self.foreign.clear()
        self.foreign.addItems([layer.name for layer in self._layers])
        self.foreign.setCurrentIndex(max(0, self.foreign.findText(chosen)))
        self.foreign_row.setVisible(bool(self._layers))
        training = self.canvas.training.running
        self.find.setEnabled(state is not None and not running and not training)
        self.take.setEnabled(state is not None and not running and not training)
        self.progress.show_fraction(running, self.run.fraction)
        self.stop.setVisible(running)
        if self.run.error:
            self.hint.say(self.run.error, error=True)
        elif state is None:
            self.hint.say("Open a micrograph first: drop a file or a folder on the window.")
        elif training:
            self.hint.say("While the model trains the particles stay as they are.")
        elif running or self.run.text:
            self.hint.say(self.run.text)
        else:
            self.hint.say(
                "" if state.n_particles else "The suggested settings suit most micrographs."
            )
        self.status_changed.emit(self.status)

    # --- settings ------------------------------------------------------------------------------

    def _on_setting(self) -> None:
        self._set_for = self.session.current
        self._preview(by_user=True)

    def _on_scale(self) -> None:
        """Show lengths in nm where the current micrograph's scale is known."""
        state = self.session.current
        if state is None:
            return
        before = self.form.unit
        same = self._set_for in (None, state)
        self.form.set_pixel_size(state.micrograph.pixel_size_nm, same_micrograph=same)
        if self.form.unit != before:
            self._preview(by_user=False)

    def _preview(self, *, by_user: bool) -> None:
        try:
            parameters = self.form.values()
        except InputError as error:
            self.hint.say(str(error), error=True)
            return
        self.canvas.preview.set_parameters(parameters, by_user=by_user)

    def _on_preview_failed(self, message: str) -> None:
        self._preview_failed = True
        self.hint.say(message, error=True)

    def _on_preview_drawn(self, _result: object) -> None:
        if self._preview_failed:
            # What was wrong is mended: its sentence goes.
            self._preview_failed = False
            self.refresh()

    # --- the search ----------------------------------------------------------------------------

    def _stop(self) -> None:
        self.run.abandon()
        self.refresh()

    def find_particles(self) -> None:
        """Find the particles of the current micrograph in the background."""
        state = self.session.current
        if state is None:
            return
        try:
            parameters, patches = self.form.values(), self.patches.values()
        except InputError as error:
            self.run.fail(str(error))
            return
        self.canvas.tools.leave()
        self.run.start(state, parameters, patches=patches)

    def take_labels(self) -> None:
        """Take the chosen Labels layer as the segmentation of the current micrograph."""
        state, index = self.session.current, self.foreign.currentIndex()
        if state is None or not 0 <= index < len(self._layers):
            return
        layer = self._layers[index]
        labels = labels_of_layer(layer, plane_of_layer(layer, tuple(self.canvas.viewer.dims.point)))
        self.run.start(state, None, labels=labels.copy(), source=f"Labels layer {layer.name}")
