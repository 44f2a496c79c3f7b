"""One latent: its strip of pictures, where the particles lie on it, its slider and its value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.exploring import REACH, STRIP
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.latents.mosaic import Mosaic
from napari_ssrvae.docks.latents.tile_grid import RIM_PX, TileGrid

__all__ = ["LatentRow", "ParticleTicks", "number_box"]

STEPS_PER_UNIT = 100
TICKS_PX, STRIP_PX = 9, 30
BARS = 121


class ParticleTicks(QWidget):
    """Where the particles of a class lie between the ends of a slider: the more, the higher."""

    def __init__(self) -> None:
        super().__init__()
        self._heights: NDArray[np.float64] = np.zeros(BARS)
        self._colour = QColor()
        self.setFixedHeight(TICKS_PX)

    @property
    def heights(self) -> NDArray[np.float64]:
        """How high the bars (121,) are, of 1."""
        return self._heights

    def show_values(self, values: NDArray[np.float32], colour: str) -> None:
        """Show the values (M,) of a latent; what lies beyond the ends is shown at the ends."""
        within = np.clip(values[np.isfinite(values)], -REACH, REACH)
        counts, _ = np.histogram(within, BARS, (-REACH, REACH))
        # The root: one particle alone is still seen beside a thousand.
        self._heights = np.sqrt(counts / max(1, counts.max()))
        self._colour = QColor(colour)
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the bars, standing on the slider."""
        painter = QPainter(self)
        wide, high = self.width() / BARS, self.height()
        for at in np.flatnonzero(self._heights).tolist():
            up = max(2.0, self._heights[at] * high)
            painter.fillRect(QRectF(at * wide, high - up, max(1.0, wide), up), self._colour)
        painter.end()


class LatentRow(QWidget):
    """A slider with what belongs to it above; strip, bars and slider stand under one another to scale.

    Attributes
    ----------
    moved : Signal
        The new value, from slider or box.
    strip : TileGrid
    """

    moved = Signal(float)

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.latent = latent
        name = f"z{latent + 1}"
        self.name = QLabel(name)
        self.strip = TileGrid(
            f"Traversal of {name}", lambda _row, column: f"{name} = {STRIP[column]:+.2f}"
        )
        self.strip.setFixedHeight(STRIP_PX)
        self.ticks = ParticleTicks()
        self.ticks.setToolTip(
            f"Where the particles of the class lie on {name}; those beyond \u00b1{REACH:g} stand at the ends"
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(-REACH * STEPS_PER_UNIT), round(REACH * STEPS_PER_UNIT))
        self.slider.setSingleStep(STEPS_PER_UNIT // 10)
        self.slider.setPageStep(STEPS_PER_UNIT // 2)
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(
            f"{name} in standard deviations of what the model takes for usual; 0 is the middle"
        )
        self.box = number_box(name, -REACH, REACH, 0.1, 2)
        self.slider.valueChanged.connect(lambda at: self.moved.emit(at / STEPS_PER_UNIT))
        self.box.valueChanged.connect(self.moved)

        self._above = QWidget()
        above = QVBoxLayout(self._above)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(1)
        above.addWidget(self.strip)
        above.addWidget(self.ticks)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self._above, 0, 1)
        grid.addWidget(self.slider, 1, 1)
        grid.addWidget(self.box, 0, 2, 2, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for nine tiles."""
        return QSize(300, super().sizeHint().height())

    def show_value(self, value: float) -> None:
        """Show a value without telling of it."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setValue(round(value * STEPS_PER_UNIT))
            if abs(self.box.value() - value) > 0.005:
                self.box.setValue(value)
        self.strip.show_here((0.0, value / (2 * REACH / len(STRIP)) + (len(STRIP) - 1) / 2))

    def show_strip(self, mosaic: Mosaic | None, colour: str) -> None:
        """Show the pictures along the latent."""
        self.strip.show_mosaic(mosaic, QColor(colour))

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of a theme."""
        self.strip.set_tones(tones)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Stand strip and bars over the way of the slider's handle."""
        super().resizeEvent(event)
        option = QStyleOptionSlider()
        self.slider.initStyleOption(option)
        style, ends = self.slider.style(), []
        assert style is not None
        for value in (self.slider.minimum(), self.slider.maximum()):
            option.sliderPosition = value
            handle = style.subControlRect(
                QStyle.ComplexControl.CC_Slider,
                option,
                QStyle.SubControl.SC_SliderHandle,
                self.slider,
            )
            ends.append(handle.center().x())
        layout = self._above.layout()
        assert layout is not None
        left, right = max(0, ends[0]), max(0, self.slider.width() - 1 - ends[1])
        layout.setContentsMargins(left, 0, right, 0)
        # Square tiles that fill the way of the handle.
        way = self.slider.width() - left - right
        self.strip.setFixedHeight(max(12, round((way - 2 * RIM_PX) / len(STRIP)) + 2 * RIM_PX))


def number_box(name: str, low: float, high: float, step: float, decimals: int) -> QDoubleSpinBox:
    """Return a box for a number that beside its slider takes little room."""
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setSingleStep(step)
    box.setDecimals(decimals)
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.setAccessibleName(f"{name}, value")
    box.setKeyboardTracking(False)
    # The theme asks for more.
    box.setStyleSheet("QDoubleSpinBox { min-width: 30px; padding: 1px; }")
    box.setFixedWidth(54)
    return box
