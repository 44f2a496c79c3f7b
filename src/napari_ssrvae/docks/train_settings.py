"""How the model is trained: preset, parameters, device, seed, each with its help."""

from __future__ import annotations

from dataclasses import dataclass

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.forms import ParameterForm
from napari_ssrvae.ssrvae.parameters import PRESETS, UNLABELLED, SSRVAEParameters

__all__ = ["Settings", "TrainSettings", "preset_words"]

FIRST = ("n_latents", "mirror", "invariance", "epochs")

_PRESETS = {
    "default": ("ss-rVAE (default)", "Our model: rotations on a grid, few labels, minutes."),
    "paper": (
        "ss-rVAE of the paper",
        "The model and the settings of Ziatdinov et al., arXiv 2105.11475; slower, and with more labels.",
    ),
    "ss-vae": (
        "ss-VAE, without pose",
        "The paper's model without rotation and shift, to see what they are good for.",
    ),
}

_DEVICES = (
    ("automatic", "auto"),
    ("processor", "cpu"),
    ("graphics card", "cuda"),
    ("Apple GPU", "mps"),
)

_SEED = "The same particles, labels and seed give the same model."
_DEVICE = "What computes; automatic takes the graphics card where there is one."
_PRESET = "Which model is trained; choosing one fills in its settings."


def preset_words(preset: str) -> str:
    """Return what a preset is called in the window."""
    return _PRESETS.get(preset, (preset, ""))[0]


@dataclass(frozen=True)
class Settings:
    """What a training is started with."""

    parameters: SSRVAEParameters
    preset: str
    seed: int
    device: str


class TrainSettings(QWidget):
    """The settings in view, the advanced ones folded away.

    Attributes
    ----------
    changed : Signal
        Another value.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset = QComboBox()
        for preset in PRESETS:
            if preset not in UNLABELLED:
                words, tip = _PRESETS.get(preset, (preset, ""))
                self.preset.addItem(words, preset)
                self.preset.setItemData(self.preset.count() - 1, tip, 3)
        self.preset.setObjectName("preset")
        self.preset.setAccessibleName("Preset")
        self.preset.setToolTip(_PRESET)
        self.preset.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.help = QPushButton("?")
        self.help.setCheckable(True)
        self.help.setFixedWidth(28)
        self.help.setToolTip("Say below each setting what it is for")
        self.help.setAccessibleName("Help on the settings")
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setToolTip(_SEED)
        self.device = QComboBox()
        for text, device in _DEVICES:
            self.device.addItem(text, device)
        self.device.setToolTip(_DEVICE)
        self.form = ParameterForm(SSRVAEParameters, first=FIRST)
        # Rows of their own: beside the longest name of the form there would be no room for words.
        rows = self.form.rows
        self.about = self.form.add_note(rows, "")
        rows.takeRow(self.about)
        rows.insertRow(0, _row(("Preset", _PRESET, self.preset), more=self.help))
        rows.insertRow(1, self.about)
        rows.addRow(_row(("Device", _DEVICE, self.device), ("Seed", _SEED, self.seed)))
        self.form.add_note(rows, f"{_DEVICE} {_SEED}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)

        self.help.toggled.connect(self.form.show_help)
        self.preset.currentIndexChanged.connect(self._on_preset)
        self.form.changed.connect(self.changed)
        self.seed.valueChanged.connect(lambda *_: self.changed.emit())
        self.device.currentIndexChanged.connect(lambda *_: self.changed.emit())
        self._show_preset()

    def values(self) -> Settings:
        """Return what is set.

        Raises
        ------
        InputError
            Two values do not go together.
        """
        return Settings(
            self.form.values(),
            self.preset.currentData(),
            self.seed.value(),
            self.device.currentData(),
        )

    def _on_preset(self) -> None:
        self.form.set_values(SSRVAEParameters.of_preset(self.preset.currentData()))
        self._show_preset()
        self.changed.emit()

    def _show_preset(self) -> None:
        preset = self.preset.currentData()
        self.form.show_variant("default" if preset == "default" else "paper")
        self.about.setText(_PRESETS.get(preset, ("", ""))[1])

    def words(self) -> str:
        """Return the settings in a line."""
        latents, epochs = (
            self.form.findChild(QSpinBox, name).value() for name in ("n_latents", "epochs")
        )
        return (
            f"{self.preset.currentText()}, {latents} latent{'s' if latents != 1 else ''}, "
            f"{epochs} epochs, seed {self.seed.value()}"
        )


def _row(*fields: tuple[str, str, QWidget], more: QWidget | None = None) -> QWidget:
    """Return named editors beside each other."""
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    for text, tip, editor in fields:
        label = QLabel(text)
        label.setToolTip(tip)
        label.setBuddy(editor)
        editor.setAccessibleName(text)
        row.addWidget(label)
        row.addWidget(editor, 1)
    if more is not None:
        row.addWidget(more)
    return widget
