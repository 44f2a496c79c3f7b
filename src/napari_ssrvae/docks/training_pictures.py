"""What the model draws while it learns: particles over their reconstructions, and a template of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRect, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_ssrvae.docks.plot_theme import visible_on

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import FitPictures

__all__ = ["NamedClass", "TrainingPictures"]

GAP, LINE, MARGIN = 3, 16, 2
MOST_PX, LEAST_PX, COLUMNS = 56, 24, 8


@dataclass(frozen=True)
class NamedClass:
    """What a template is called, and in which colour."""

    name: str
    colour: str


class TrainingPictures(QWidget):
    """Two rows of particles and rows of templates, as wide as there is room.

    All is painted here: a label per picture would be laid out anew with every picture.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[list[QImage], list[QImage]] = ([], [])
        self._templates: list[QImage] = []
        self._classes: Sequence[NamedClass] = ()
        self._epoch = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(COLUMNS * (LEAST_PX + GAP))
        self.setToolTip(
            "Above: some particles, and below each what the model makes of it. "
            "Classes: what the model takes for the typical, upright particle of each."
        )
        self.hide()

    @property
    def epoch(self) -> int:
        """The epoch that the pictures are of, 0 before the first."""
        return self._epoch

    def show_pictures(self, pictures: FitPictures | None, classes: Sequence[NamedClass]) -> None:
        """Show these, or nothing."""
        if pictures is None:
            self._rows, self._templates, self._epoch = ([], []), [], 0
            self.hide()
            return
        self._epoch = pictures.epoch
        self._rows = (_images(pictures.originals), _images(pictures.reconstructions))
        self._templates = _images(pictures.templates)
        if list(classes) != list(self._classes) or self.isHidden():
            self._classes = list(classes)
        words = ", ".join(c.name for c in self._classes)
        self.setAccessibleName("Pictures of the training")
        self.setAccessibleDescription(f"Epoch {pictures.epoch}; templates of {words}")
        self.show()
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.update()

    def _edge(self, width: int) -> int:
        count = min(COLUMNS, max(len(self._rows[0]), len(self._templates), 4))
        return max(LEAST_PX, min(MOST_PX, (width - 2 * MARGIN) // count - GAP))

    def _per_line(self, width: int) -> int:
        return max(1, (width - 2 * MARGIN + GAP) // (self._edge(width) + GAP))

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Return True: the pictures grow with the width."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Return the height of all rows."""
        edge = self._edge(width)
        lines = -(-len(self._templates) // self._per_line(width))
        return LINE + 2 * (edge + GAP) + LINE + lines * (edge + LINE + GAP) + 2 * MARGIN

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Ask for the height that the width gives."""
        width = max(self.width(), self.minimumWidth())
        return QSize(width, self.heightForWidth(width))

    def resizeEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Keep the height that goes with the width."""
        super().resizeEvent(event)
        if self._epoch:
            self.setFixedHeight(self.heightForWidth(self.width()))

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        ground = self.palette().color(QPalette.ColorRole.Window)
        font = painter.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.5))
        painter.setFont(font)
        width, edge = self.width(), self._edge(self.width())
        y = MARGIN
        painter.setPen(text)
        plain = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(
            QRect(MARGIN, y, width, LINE),
            plain,
            f"Particles, and what the model makes of them (epoch {self._epoch})",
        )
        y += LINE
        fits = self._per_line(width)
        for row in self._rows:
            for k, image in enumerate(row[:fits]):
                painter.drawImage(QRect(MARGIN + k * (edge + GAP), y, edge, edge), image)
            y += edge + GAP
        painter.drawText(QRect(MARGIN, y, width, LINE), plain, "Each class at its most typical")
        y += LINE
        for k, image in enumerate(self._templates):
            line, place = divmod(k, fits)
            x, top = MARGIN + place * (edge + GAP), y + line * (edge + LINE + GAP)
            painter.drawImage(QRect(x, top, edge, edge), image)
            named = self._classes[k] if k < len(self._classes) else NamedClass("", text.name())
            colour = QColor(visible_on(named.colour, ground.name()))
            painter.fillRect(QRect(x, top + edge, edge, 2), colour)
            painter.setPen(text)
            short = painter.fontMetrics().elidedText(
                named.name, Qt.TextElideMode.ElideRight, edge + GAP - 1
            )
            painter.drawText(QRect(x, top + edge + 2, edge + GAP, LINE - 2), plain, short)
        painter.end()


def _images(pictures: NDArray[np.float32]) -> list[QImage]:
    """Return grey pictures (M, S, S) in [0, 1] as Qt's, each with pixels of its own."""
    grey = np.ascontiguousarray(np.round(255 * np.clip(np.nan_to_num(pictures), 0, 1)), np.uint8)
    return [
        QImage(p.data, p.shape[1], p.shape[0], p.shape[1], QImage.Format.Format_Grayscale8).copy()
        for p in grey
    ]
