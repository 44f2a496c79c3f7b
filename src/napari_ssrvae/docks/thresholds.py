"""The two thresholds of the results: below which a prediction is unsure, above which it is none of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from napari_ssrvae.session import Why

if TYPE_CHECKING:
    from napari_ssrvae.session import Session

__all__ = ["Thresholds"]

STEPS = 100


class Thresholds(QWidget):
    """Two sliders, each with its value and how many particles it concerns.

    Attributes
    ----------
    unsure, novel : QSlider
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.unsure = _slider(
            "Unsure below",
            "Predictions with a lower probability are striped on the micrograph, and counted as unsure",
        )
        self.novel = _slider(
            "None of these above",
            "Novelty says how badly the model explains a particle, from 0 to 1: 0.5 is about four standard deviations "
            "from what is usual in its class. Predictions of particles above the threshold are shown as \u201cnone of "
            "these\u201d, in grey; labels by hand stay, and so do exports. All the way to the right is off; 0.5 is a "
            "good place to start. It finds what was not there when the model was trained: what was, even without "
            "a label, the model has learnt to explain.",
        )
        self._unsure_value, self._novel_value = QLabel(), QLabel()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        sliders = ((self.unsure, self._unsure_value), (self.novel, self._novel_value))
        for row, (slider, value) in enumerate(sliders):
            name = QLabel(slider.accessibleName())
            name.setToolTip(slider.toolTip())
            name.setBuddy(slider)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            # Wide enough for what it may say, so that the slider does not move under the mouse.
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("0.00 \u00b7 00,000"))
            for column, widget in enumerate((name, slider, value)):
                grid.addWidget(widget, row, column)
        self.unsure.valueChanged.connect(lambda at: session.set_unsure_below(at / STEPS))
        self.novel.valueChanged.connect(lambda at: session.set_novel_above(at / STEPS))

    def refresh(self, *, predicted: bool) -> None:
        """Show the thresholds as they are."""
        session = self._session
        self._follow(self.unsure, session.unsure_below)
        self._follow(self.novel, session.novel_above)
        for slider in (self.unsure, self.novel):
            slider.setEnabled(predicted)
        unsure = f" \u00b7 {session.n_of(Why.UNSURE):,}" if predicted else ""
        self._unsure_value.setText(f"{session.unsure_below:.2f}{unsure}")
        novel = f" \u00b7 {session.n_of(Why.NOVEL):,}" if predicted else ""
        off = session.novel_above >= 1
        self._novel_value.setText("off" if off else f"{session.novel_above:.2f}{novel}")

    def _follow(self, slider: QSlider, value: float) -> None:
        slider.blockSignals(True)
        slider.setValue(round(STEPS * value))
        slider.blockSignals(False)


def _slider(name: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, STEPS)
    slider.setPageStep(5)
    slider.setAccessibleName(name)
    slider.setToolTip(tip)
    return slider
