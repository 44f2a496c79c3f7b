"""The sliders: class, each latent, angle."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.exploring import STRIP, Explorer
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.gallery.controls import combo
from napari_ssrvae.docks.latents.latent_row import LatentRow, number_box
from napari_ssrvae.docks.latents.mosaic import Mosaic, grey_image, mosaic_of
from napari_ssrvae.docks.widgets import swatch
from napari_ssrvae.session import Session

__all__ = ["Place"]

WIDTH_PX = 330
HELP = (
    "A latent is a number in which particles of one class differ, apart from how they are turned and where "
    "they lie: for instance how long or how curved they are. Move a slider: the picture is what the model "
    "expects there. The bars over a slider show where the particles of the class lie. Click a tile: the "
    "particles most like it are selected; double click: the nearest is brought into view."
)


class Place(QWidget):
    """Where one is in the latents, to be changed by hand.

    Attributes
    ----------
    tile_picked : Signal
        A latent, the column of its strip, and whether a particle is to be brought into view.
    """

    tile_picked = Signal(int, int, bool)

    def __init__(self, session: Session, explorer: Explorer) -> None:
        super().__init__()
        self._session = session
        self._explorer = explorer
        self._tones = Tones()
        self.rows: list[LatentRow] = []
        self.chooser: QComboBox = combo("Class", "The class that the model draws")
        self.chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.chooser.setMinimumContentsLength(12)
        self.chooser.activated.connect(self._on_chosen)
        self.middle = QPushButton("To the middle")
        self.middle.setToolTip("All latents 0 and upright: the most usual particle of the class")
        self.middle.clicked.connect(explorer.to_middle)
        help_mark = QLabel("?")
        help_mark.setToolTip(f"<span>{HELP}</span>")
        help_mark.setAccessibleName("What latents are")
        help_mark.setAccessibleDescription(HELP)
        help_mark.setFrameShape(QFrame.Shape.StyledPanel)
        help_mark.setMargin(3)
        above = QHBoxLayout()
        above.addWidget(QLabel("Class"))
        above.addWidget(self.chooser, 1)
        above.addWidget(self.middle)
        above.addWidget(help_mark)

        self.angle = QSlider(Qt.Orientation.Horizontal)
        self.angle.setRange(-180, 180)
        self.angle.setSingleStep(5)
        self.angle.setPageStep(45)
        self.angle.setAccessibleName("Angle")
        self.angle.setToolTip("How far the picture is turned, counter-clockwise")
        self.angle.valueChanged.connect(self._on_angle)
        self.angle_box = number_box("Angle", -180, 180, 5, 0)
        self.angle_box.setSuffix("\u00b0")
        self.angle_box.valueChanged.connect(self._on_angle)
        turn = QHBoxLayout()
        turn.setSpacing(4)
        turn.addWidget(QLabel("angle"))
        turn.addWidget(self.angle, 1)
        turn.addWidget(self.angle_box)

        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 4, 0)
        self._column.setSpacing(4)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(above)
        column.addWidget(area, 1)
        column.addLayout(turn)
        self.setMinimumWidth(WIDTH_PX)

    # --- what is shown -------------------------------------------------------------------------

    def show_model(self) -> None:
        """Offer the classes and latents of the model."""
        explorer = self._explorer
        with QSignalBlocker(self.chooser):
            self.chooser.clear()
            for class_id in () if explorer.decoder is None else explorer.decoder.class_ids:
                icon = swatch(explorer.class_colour(class_id))
                self.chooser.addItem(icon, explorer.class_name(class_id), class_id)
        if len(self.rows) != explorer.n_latents:
            self._make_rows(explorer.n_latents)
        self.show_place()
        self.show_strips()
        self.show_particles()

    def _make_rows(self, n: int) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [LatentRow(latent) for latent in range(n)]
        for at, row in enumerate(self.rows):
            latent = row.latent
            row.set_tones(self._tones)
            row.moved.connect(lambda value, i=latent: self._explorer.set_latent(i, value))
            row.strip.picked.connect(lambda _, c, i=latent: self.tile_picked.emit(i, c, False))
            row.strip.jumped.connect(lambda _, c, i=latent: self.tile_picked.emit(i, c, True))
            self._column.insertWidget(at, row)

    def show_place(self) -> None:
        """Show class, latents and angle as they are."""
        explorer = self._explorer
        with QSignalBlocker(self.chooser):
            self.chooser.setCurrentIndex(self.chooser.findData(explorer.class_id))
        for row, value in zip(self.rows, explorer.z.tolist(), strict=False):
            row.show_value(value)
        degrees = round(np.degrees(explorer.angle_rad))
        if degrees != self.angle.value() or degrees != self.angle_box.value():
            with QSignalBlocker(self.angle), QSignalBlocker(self.angle_box):
                self.angle.setValue(degrees)
                self.angle_box.setValue(degrees)

    def show_strips(self) -> None:
        """Show the pictures along each latent."""
        explorer = self._explorer
        colour = explorer.class_colour(explorer.class_id)
        for row in self.rows:
            if row.latent >= len(explorer.strips):
                row.show_strip(None, colour)
                continue
            images = explorer.cut(explorer.strips[row.latent].images)[None]
            row.show_strip(Mosaic(grey_image(mosaic_of(images)), (1, len(STRIP))), colour)

    def show_particles(self) -> None:
        """Show where the particles of the class lie."""
        explorer, catalogue = self._explorer, self._session.catalogue
        colour = explorer.class_colour(explorer.class_id)
        latents = catalogue.latents
        mine = np.where(catalogue.by_hand > 0, catalogue.by_hand, catalogue.by_model)
        rows = np.flatnonzero((mine > 0) & (mine == explorer.class_id))
        for row in self.rows:
            if row.latent < latents.shape[1]:
                row.ticks.show_values(latents[rows, row.latent], colour)

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of a theme."""
        self._tones = tones
        for row in self.rows:
            row.set_tones(tones)

    # --- what is done --------------------------------------------------------------------------

    def _on_chosen(self, at: int) -> None:
        self._explorer.choose_class(int(self.chooser.itemData(at)))

    def _on_angle(self, degrees: float) -> None:
        self._explorer.set_angle(float(np.radians(degrees)))
