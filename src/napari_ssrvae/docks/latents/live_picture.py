"""What the model expects at the place of the sliders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRectF, QSize
from qtpy.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_ssrvae.docks.latents.mosaic import grey_image

__all__ = ["LivePicture"]


class LivePicture(QWidget):
    """One picture, as large as there is room, framed in the colour of its class."""

    def __init__(self) -> None:
        super().__init__()
        self.grey: NDArray[np.float32] | None = None
        self._image: QImage | None = None
        self._colour = QColor()
        policy = QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy)
        self.setMinimumSize(72, 72)
        self.setAccessibleName("What the model expects here")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the size it is made for."""
        return QSize(150, 150)

    def show_picture(self, grey: NDArray[np.float32] | None, colour: str) -> None:
        """Show a picture (S, S) in [0, 1], or nothing."""
        self.grey = grey
        self._image = None if grey is None else grey_image(grey)
        self._colour = QColor(colour)
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw it in a square in the middle."""
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        edge = min(self.width(), self.height()) - 4
        area = QRectF((self.width() - edge) / 2, (self.height() - edge) / 2, edge, edge)
        painter.drawImage(area, self._image)
        painter.setPen(QPen(self._colour, 3))
        painter.drawRect(area)
        painter.end()
