"""The live preview's place in the Particles step: its switch, and how large the particles are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.preview_work import PreviewResult

if TYPE_CHECKING:
    from napari_ssrvae.docks.histogram import SizeHistogram

__all__ = ["LiveView"]


class LiveView(QWidget):
    """Switches the live preview; shows the sizes of the particles in view or, once found, of all."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas = canvas
        self.session = canvas.session
        self.histogram: SizeHistogram | None = None
        self.switch = QCheckBox("Live preview")
        self.switch.setToolTip(
            "Outline at once, in the visible part, what the settings would find. "
            "It goes when the particles are found and comes back when you change a setting."
        )
        self.switch.setChecked(canvas.preview.on)
        self.switch.clicked.connect(canvas.preview.switch)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignLeft)

        canvas.preview.switched.connect(self._on_switched)
        canvas.preview.drawn.connect(self._show_preview)
        self.session.current_changed.connect(self.refresh)
        self.session.micrographs_changed.connect(self.refresh)
        self.session.particles_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Show the sizes as they are now."""
        state, preview = self.session.current, self.canvas.preview
        self.switch.setChecked(preview.on)
        self.switch.setEnabled(state is not None)
        if state is None:
            self._clear()
        elif preview.on:
            if preview.result is not None:
                self._show_preview(preview.result)
            else:
                self._clear()
        elif state.table is not None:
            unit = "nm" if state.micrograph.pixel_size_nm is not None else "px"
            sizes = state.table[f"equivalent_diameter_{unit}"].to_numpy(float)
            sizes = sizes[np.isfinite(sizes)]
            self._need().show_sizes(sizes, unit, len(state.table), in_view=False)
        else:
            self._clear()

    def _on_switched(self, _on: bool) -> None:
        self.refresh()

    def _clear(self) -> None:
        if self.histogram is not None:
            self.histogram.clear()

    def _show_preview(self, result: PreviewResult) -> None:
        state = self.session.current
        if state is None:
            return
        nm = state.micrograph.pixel_size_nm
        unit, factor = ("px", 1.0) if nm is None else ("nm", nm)
        self._need().show_sizes(result.diameters_px * factor, unit, result.count, in_view=True)

    def _need(self) -> SizeHistogram:
        if self.histogram is None:
            # pyqtgraph takes a good part of a second to import: not before there is something to plot.
            from napari_ssrvae.docks.histogram import SizeHistogram
            from napari_ssrvae.docks.plots import themed

            self.histogram = SizeHistogram(self)
            self._column.addWidget(self.histogram)
            themed(self.histogram.plot, self.canvas.viewer)
        return self.histogram
