"""The particles nearest to a place in the latents, as upright thumbnails."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from qtpy.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_ssrvae.docks.commands import Commands
from napari_ssrvae.docks.gallery.cells import CellPainter, Geometry, Tones
from napari_ssrvae.docks.gallery.thumbnails import Style, Thumbnails
from napari_ssrvae.docks.gallery.words import tip_of
from napari_ssrvae.docks.keys import key_of
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.session import Session

__all__ = ["NearestParticles"]

EDGE_PX, AT_ONCE = 52, 24
NONE = "No particle is of this class."


class NearestParticles(QWidget):
    """Thumbnails drawn as in the gallery; click selects one, Ctrl and click adds it, double click shows its place.

    Keys that label, such as 1 to 9, label what is selected.
    """

    def __init__(self, session: Session, commands: Commands) -> None:
        super().__init__()
        self._session = session
        self._commands = commands
        self._tones = Tones()
        self._thumbnails = Thumbnails(session.patches)
        self.ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self.setAccessibleName("Nearest particles")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_particles(self, ids: NDArray[np.int64]) -> None:
        """Show these, the nearest first."""
        self.ids = ids
        self.setMinimumHeight(self.heightForWidth(self.width()))
        self.update()

    def forget_pictures(self) -> None:
        """Read the thumbnails anew: patches or poses are others."""
        self._thumbnails.clear()
        self.update()

    @property
    def problem(self) -> str:
        """Why thumbnails are blank, in a sentence."""
        return self._thumbnails.problem

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of a theme."""
        self._tones = tones
        self.update()

    # --- geometry ------------------------------------------------------------------------------

    def _cells(self, width: int | None = None) -> Geometry:
        cells = Geometry(EDGE_PX)
        return Geometry(EDGE_PX, columns=cells.columns_in(self.width() if width is None else width))

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """As high as the rows need."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return the height of all rows in a width."""
        cells = self._cells(width)
        return max(1, cells.rows(len(self.ids))) * cells.height

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for two columns."""
        return QSize(2 * Geometry(EDGE_PX).width, self.heightForWidth(2 * Geometry(EDGE_PX).width))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Wrap anew."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def place_of(self, at: int) -> QPoint:
        """Return the middle of a thumbnail."""
        return self._cells().cell(at).center()

    def _particle_at(self, point: QPoint) -> int | None:
        at = self._cells().place_at(point.x(), point.y(), len(self.ids))
        return int(self.ids[at]) if at >= 0 else None

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the thumbnails; those of particles that went are left out."""
        catalogue, selection = self._session.catalogue, self._session.selection
        rows = catalogue.rows(self.ids)
        self._load(rows)
        painter, cells = QPainter(self), self._cells()
        if self.problem or not len(self.ids):
            painter.setPen(self._tones.text)
            words = self.problem or NONE
            painter.drawText(self.rect(), Qt.TextFlag.TextWordWrap, words)
            painter.end()
            return
        colours = {c.class_id: QColor(c.colour) for c in self._session.classes}
        draw = CellPainter(painter, cells, self._tones, colours, self._session.unsure_below)
        for at, (particle_id, row) in enumerate(zip(self.ids.tolist(), rows.tolist(), strict=True)):
            if row < 0:
                continue
            corner = cells.cell(at).topLeft()
            x, y = corner.x(), corner.y()
            if particle_id in selection:
                draw.background(x, y, True, particle_id == selection.focus)
            draw.thumbnail(x, y, self._thumbnails.get(particle_id))
            draw.classes(
                x,
                y,
                int(catalogue.by_hand[row]),
                int(catalogue.by_model[row]),
                float(catalogue.probability[row]),
            )
        painter.end()

    def _load(self, rows: NDArray[np.int64]) -> None:
        """Read what is not read yet: a handful of patches."""
        self._thumbnails.set_style(Style(EDGE_PX, self.devicePixelRatioF(), upright=True))
        missing = np.array([i not in self._thumbnails for i in self.ids.tolist()], bool)
        missing &= rows >= 0
        if missing.any():
            if np.count_nonzero(missing) > AT_ONCE:
                # The rest with the next drawing, so that the window stays alive.
                missing[np.flatnonzero(missing)[AT_ONCE:]] = False
                QTimer.singleShot(0, self.update)
            catalogue = self._session.catalogue
            self._thumbnails.load(
                self.ids[missing],
                catalogue.angle_rad[rows[missing]],
                catalogue.offset_px[rows[missing]],
            )

    # --- mouse and keys ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Select the particle."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        particle_id = self._particle_at(event.pos())
        if particle_id is None:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._session.selection.toggle([particle_id])
        else:
            self._session.selection.select([particle_id], particle_id)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Bring the particle into view."""
        particle_id = None if event is None else self._particle_at(event.pos())
        if particle_id is not None:
            self._session.selection.jump(particle_id)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hand the key on to where all keys go, for what is selected."""
        if event is not None and not self._commands.press(
            key_of(event), self._session.selection.ids
        ):
            super().keyPressEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Tell what is known of the particle under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            particle_id = self._particle_at(event.pos())
            row = -1 if particle_id is None else int(self._session.catalogue.rows([particle_id])[0])
            words = ""
            if row >= 0:
                words = "<br>".join(map(plain_tip, tip_of(self._session, row).split("\n")))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return bool(super().event(event))
