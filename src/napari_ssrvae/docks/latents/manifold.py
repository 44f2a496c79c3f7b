"""The manifold of a class over two latents, with its choosers and the way to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QSignalBlocker, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from napari_ssrvae.docks.exploring import Explorer
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.gallery.controls import combo
from napari_ssrvae.docks.latents.mosaic import Axis, Mosaic, grey_image, mosaic_of
from napari_ssrvae.docks.latents.tile_grid import TileGrid
from napari_ssrvae.docks.plot_theme import Theming, Tint, tint_of
from napari_ssrvae.docks.plots import SaveButtons
from napari_ssrvae.session import Session
from napari_ssrvae.workflow.decoding import nearest_particles, prior_place

if TYPE_CHECKING:
    import napari
    import pandas as pd

__all__ = ["Manifold"]

LEAST_TILES, MOST_TILES = 3, 25


class Manifold(QWidget):
    """The class over two latents; the others stay where the sliders are.

    Attributes
    ----------
    tile_picked : Signal
        Row, column, and whether a particle is to be brought into view.
    """

    tile_picked = Signal(int, int, bool)

    def __init__(self, viewer: napari.Viewer, session: Session, explorer: Explorer) -> None:
        super().__init__()
        self._session = session
        self._explorer = explorer
        self.down = combo("Latent from row to row", "The latent that changes from row to row")
        self.across = combo(
            "Latent from column to column", "The latent that changes from column to column"
        )
        self.down.activated.connect(lambda i: explorer.set_axes(i, explorer.axes[1]))
        self.across.activated.connect(lambda i: explorer.set_axes(explorer.axes[0], i))
        self.tiles = QSpinBox()
        self.tiles.setRange(LEAST_TILES, MOST_TILES)
        self.tiles.setAccessibleName("Tiles along each edge")
        self.tiles.setToolTip(
            "How many tiles along each edge; between two of them lies equally much of what the model takes for usual"
        )
        self.tiles.setKeyboardTracking(False)
        self.tiles.valueChanged.connect(explorer.set_tiles)
        self.grid = TileGrid("Manifold", self._hint)
        self.grid.setMinimumSize(190, 130)
        self.grid.picked.connect(lambda r, c: self.tile_picked.emit(r, c, False))
        self.grid.jumped.connect(lambda r, c: self.tile_picked.emit(r, c, True))
        TileTheming(self.grid, viewer)
        self.save = SaveButtons("manifold", self.grid, self.table, session)
        for chooser in (self.down, self.across, self.tiles):
            chooser.setMaximumWidth(96)
        choices = QFormLayout()
        choices.setContentsMargins(0, 0, 0, 0)
        choices.setVerticalSpacing(4)
        choices.addRow(QLabel("Manifold"))
        choices.addRow("down", self.down)
        choices.addRow("across", self.across)
        choices.addRow("tiles", self.tiles)
        beside = QVBoxLayout()
        beside.addLayout(choices)
        beside.addWidget(self.save)
        beside.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addLayout(beside)
        row.addWidget(self.grid, 1)

    def show_model(self) -> None:
        """Offer the latents of the model."""
        n = self._explorer.n_latents
        for chooser in (self.down, self.across):
            if chooser.count() != n:
                with QSignalBlocker(chooser):
                    chooser.clear()
                    chooser.addItems([f"z{i + 1}" for i in range(n)])
        self.show_place()
        self.show_tiles()

    def show_place(self) -> None:
        """Mark the place of the sliders."""
        explorer = self._explorer
        down, across = explorer.axes
        for chooser, at in ((self.down, down), (self.across, across)):
            with QSignalBlocker(chooser):
                chooser.setCurrentIndex(at)
        if self.tiles.value() != explorer.n_tiles:
            with QSignalBlocker(self.tiles):
                self.tiles.setValue(explorer.n_tiles)
        mosaic = self.grid.mosaic
        if mosaic is None or explorer.n_latents < 2:
            self.grid.show_here(None)
            return
        n = mosaic.shape[0]
        self.grid.show_here(
            (prior_place(float(explorer.z[down]), n), prior_place(float(explorer.z[across]), n))
        )

    def show_tiles(self) -> None:
        """Show the tiles as they are."""
        explorer, tiles = self._explorer, self._explorer.manifold
        if tiles is None:
            self.grid.show_mosaic(None)
            return
        n = len(tiles.images)
        name = explorer.class_name(explorer.class_id)
        down, across = explorer.manifold_axes
        mosaic = Mosaic(
            grey_image(mosaic_of(explorer.cut(tiles.images))),
            (n, n),
            Axis(f"z{down + 1} (SD)", tuple(tiles.z[:, 0, down].tolist())),
            Axis(f"z{across + 1} (SD)", tuple(tiles.z[0, :, across].tolist())),
            name,
        )
        self.grid.show_mosaic(mosaic, QColor(explorer.class_colour(explorer.class_id)))
        self.grid.setAccessibleDescription(f"{name} over z{down + 1} and z{across + 1}")
        self.show_place()

    def _hint(self, row: int, column: int) -> str:
        tiles = self._explorer.manifold
        if tiles is None or max(row, column) >= len(tiles.z):
            return ""
        return self._explorer.z_words(tiles.z[row, column])

    def table(self) -> pd.DataFrame:
        """Return the tiles as rows: class, latents, and the particle nearest to each."""
        import pandas as pd

        explorer, tiles = self._explorer, self._explorer.manifold
        if tiles is None:
            return pd.DataFrame()
        rows = []
        for row, column in ((r, c) for r in range(len(tiles.z)) for c in range(len(tiles.z))):
            z = tiles.z[row, column]
            near = nearest_particles(self._session.catalogue, explorer.class_id, z, 1)
            rows.append(
                {"class": explorer.class_name(explorer.class_id), "row": row, "column": column}
                | {f"z{i} (SD of the prior)": value for i, value in enumerate(z.tolist(), start=1)}
                | {"nearest particle_id": int(near[0]) if len(near) else None}
            )
        return pd.DataFrame(rows)


class TileTheming(Theming):
    """Keeps tiles in the colours of napari's theme; saving finds it and draws them in black on white."""

    def __init__(self, grid: TileGrid, viewer: napari.Viewer) -> None:
        # Of a plot's theming only the manners: tiles have neither axes nor a legend of pyqtgraph's.
        QObject.__init__(self, grid)
        self._grid, self._viewer = grid, viewer
        viewer.events.theme.connect(self.follow)
        self.apply(tint_of(viewer))

    def follow(self, _event: Any = None) -> None:
        """Take the colours of the theme."""
        if isalive(self._grid):
            self.apply(tint_of(self._viewer))

    def apply(self, tint: Tint) -> None:
        """Draw in these colours."""
        self.tint = tint
        ground = QColor(tint.background)
        self._grid.set_tones(Tones(ground, QColor(tint.text)), ground)
