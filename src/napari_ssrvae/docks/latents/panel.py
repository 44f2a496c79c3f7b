"""Latents: sliders that drive the decoder, what it draws, and the particles that look like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtGui import QColor, QHideEvent, QShowEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.exploring import STRIP
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.latents.live_picture import LivePicture
from napari_ssrvae.docks.latents.manifold import Manifold
from napari_ssrvae.docks.latents.near import NearestParticles
from napari_ssrvae.docks.latents.place import Place
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.traversals import Kind

if TYPE_CHECKING:
    import napari

__all__ = ["LatentsPanel"]

MOST_NEAREST = 200
NO_PARTICLES = (
    "The model's latents will be explored here. "
    "Open a micrograph and press Find particles, or open a library."
)
NO_MODEL = (
    "The model's latents will be explored here. Label a few particles of each class and press Train: then sliders "
    "show what the model has learned, and a click on a picture finds the particles most like it."
)
LOADING = "Reading the model \u2026"


class LatentsPanel(QWidget):
    """Follows the explorer of its viewer while it is seen."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = session = self.canvas.session
        self.explorer = explorer = self.canvas.latents
        self.empty = QLabel()
        self.empty.setTextFormat(Qt.TextFormat.PlainText)
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.place = Place(session, explorer)
        self.picture = LivePicture()
        self.words = QLabel()
        self.manifold = Manifold(napari_viewer, session, explorer)
        self.near = NearestParticles(session, self.canvas.commands)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        # A long name makes the picture no wider.
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.beside = {kind: QCheckBox() for kind in Kind}
        self.few = QSpinBox()
        self._class_id = 0
        self._lay_out()
        self._near_later = Later(self._show_nearest, self)
        self._classes_later = Later(self._on_classes, self)
        self._connect()
        self._on_theme()
        self._on_layers()

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.picture, 1)
        column.addWidget(self.words)
        for kind, words, tip in (
            (
                Kind.TRAVERSALS,
                "Traversals as layers",
                "For each class a strip of pictures per latent, beside the micrograph and at its scale",
            ),
            (
                Kind.MANIFOLDS,
                "Manifolds as layers",
                "Each class over the two latents chosen here, beside the micrograph and at its scale",
            ),
        ):
            box = self.beside[kind]
            box.setText(words)
            box.setToolTip(tip)
            box.toggled.connect(lambda on, k=kind: self.canvas.traversals.switch(k, on))
            column.addWidget(box)
        middle.setMinimumWidth(170)

        self.few.setRange(1, MOST_NEAREST)
        self.few.setAccessibleName("How many particles")
        self.few.setToolTip("How many particles a click on a tile selects")
        self.few.setKeyboardTracking(False)
        self.few.valueChanged.connect(self.explorer.set_nearest)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(QLabel("Nearest"))
        head.addWidget(self.few)
        head.addWidget(QLabel("particles"))
        head.addStretch(1)
        area = QScrollArea()
        area.setWidget(self.near)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(area, 1)
        right.setMinimumWidth(150)

        self.contents = QWidget()
        row = QHBoxLayout(self.contents)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(12)
        row.addWidget(self.place, 5)
        row.addWidget(middle, 2)
        row.addWidget(self.manifold, 5)
        row.addWidget(right, 4)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.contents)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)

    def _connect(self) -> None:
        session, explorer = self.session, self.explorer
        explorer.model_changed.connect(self._on_model)
        explorer.place_changed.connect(self._on_place)
        explorer.tiles_changed.connect(self._on_tiles)
        explorer.nearest_changed.connect(self._near_later.ask)
        self.place.tile_picked.connect(self._on_strip)
        self.manifold.tile_picked.connect(self._on_tile)
        self.canvas.traversals.changed.connect(self._on_layers)
        session.selection.changed.connect(self._near_later.ask)
        session.labels_changed.connect(self._classes_later.ask)
        session.classes_changed.connect(self._classes_later.ask)
        session.predictions_changed.connect(self._classes_later.ask)
        session.catalogue_changed.connect(self._classes_later.ask)
        session.library_changed.connect(self._on_model)
        self.canvas.viewer.events.theme.connect(self._on_theme)

    # --- what the explorer tells ---------------------------------------------------------------

    def _on_model(self) -> None:
        if not self.isVisible():
            return
        explorer, session = self.explorer, self.session
        if explorer.decoder is not None:
            # Also while another is read: what is shown stays until then.
            self.stack.setCurrentWidget(self.contents)
        else:
            self.stack.setCurrentWidget(self.empty)
            if explorer.problem or explorer.loading:
                self.empty.setText(explorer.problem or LOADING)
            else:
                self.empty.setText(NO_MODEL if len(session.catalogue) else NO_PARTICLES)
        self.manifold.setVisible(explorer.n_latents > 1)
        self.beside[Kind.MANIFOLDS].setEnabled(explorer.n_latents > 1)
        with QSignalBlocker(self.few):
            self.few.setValue(explorer.n_nearest)
        self.near.forget_pictures()
        self.place.show_model()
        self.manifold.show_model()
        self._show_picture()
        self._show_nearest()

    def _on_place(self) -> None:
        if self.isVisible():
            self.place.show_place()
            if self.explorer.class_id != self._class_id:
                self._class_id = self.explorer.class_id
                self.place.show_particles()
            self.manifold.show_place()
            # At once: sliders and picture then come to the screen together, in one drawing of the window.
            self._show_picture()

    def _on_tiles(self) -> None:
        if self.isVisible():
            self.place.show_strips()
            self.manifold.show_tiles()

    def _on_classes(self) -> None:
        """Show names, colours, and where particles lie, as they are now."""
        if self.isVisible():
            self.place.show_model()
            self.manifold.show_tiles()
            self._show_picture()
            self.explorer.look_around()
            self.near.update()

    def _on_layers(self) -> None:
        for kind, box in self.beside.items():
            with QSignalBlocker(box):
                box.setChecked(self.canvas.traversals.wanted(kind))

    def _show_picture(self) -> None:
        explorer = self.explorer
        colour = explorer.class_colour(explorer.class_id)
        grey = explorer.picture()
        self.picture.show_picture(None if grey is None else explorer.cut(grey), colour)
        if explorer.decoder is not None:
            name, degrees = explorer.class_name(explorer.class_id), np.degrees(explorer.angle_rad)
            self.words.setText(name)
            words = f"{name}, {explorer.z_words()}, turned by {degrees:.0f}\u00b0"
            self.picture.setAccessibleDescription(words)
            self.picture.setToolTip(plain_tip(words))

    def _show_nearest(self) -> None:
        if self.isVisible():
            self.near.show_particles(self.explorer.nearest)

    # --- what is done --------------------------------------------------------------------------

    def _on_strip(self, latent: int, column: int, jump: bool) -> None:
        z = self.explorer.z.copy()
        z[latent] = STRIP[column]
        self.explorer.go_to(self.explorer.class_id, z, jump=jump)

    def _on_tile(self, row: int, column: int, jump: bool) -> None:
        tiles = self.explorer.manifold
        if tiles is not None:
            self.explorer.go_to(self.explorer.class_id, tiles.z[row, column], jump=jump)

    def _on_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self.canvas.viewer.theme)
        tones = Tones(
            *(QColor(c.as_hex("long")) for c in (theme.primary, theme.text, theme.current))
        )
        self.place.set_tones(tones)
        self.near.set_tones(tones)

    # --- seen or not ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Follow the model while seen."""
        super().showEvent(event)
        self.explorer.watch("dock", True)
        self._on_model()
        self._on_layers()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802 - Qt's name
        """Cost nothing while not seen."""
        super().hideEvent(event)
        self.explorer.watch("dock", False)
