"""Patches as pictures of one size, kept as long as there is room."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor, QImage, QPainter, QPixmap

from napari_ssrvae.errors import InputError

__all__ = ["Style", "Thumbnails"]

MOST_BYTES = 64 * 2**20

Fetch = Callable[[NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True)
class Style:
    """How thumbnails are drawn.

    Attributes
    ----------
    edge_px : int
        Edge in Qt's pixels.
    ratio : float
        Pixels of the screen per pixel of Qt.
    upright : bool
        Turned and moved back by the model's pose.
    """

    edge_px: int = 64
    ratio: float = 1.0
    upright: bool = False


class Thumbnails:
    """The thumbnails that were looked at last; the longest unseen make room for new ones.

    Parameters
    ----------
    fetch : callable
        Gives the patches (M, S, S) in [0, 1] of particle ids (M,).
    most_bytes : int
        What all of them may take of the memory together.
    """

    def __init__(self, fetch: Fetch, most_bytes: int = MOST_BYTES) -> None:
        self._fetch = fetch
        self._most_bytes = most_bytes
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self.style = Style()
        self.problem = ""

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes_each(self) -> int:
        """What one thumbnail takes of the memory."""
        return 4 * self._edge**2

    @property
    def most(self) -> int:
        """How many there is room for."""
        return max(1, self._most_bytes // self.bytes_each)

    @property
    def _edge(self) -> int:
        return max(1, round(self.style.edge_px * self.style.ratio))

    def set_style(self, style: Style) -> None:
        """Draw them so from now on."""
        if style != self.style:
            self.style = style
            self.clear()

    def clear(self) -> None:
        """Forget all: the patches are others."""
        self._kept.clear()
        self.problem = ""

    def get(self, particle_id: int) -> QPixmap | None:
        """Return a thumbnail if it is there."""
        found = self._kept.get(particle_id)
        if found is not None:
            self._kept.move_to_end(particle_id)
        return found

    def __contains__(self, particle_id: int) -> bool:
        return particle_id in self._kept

    def load(
        self,
        particle_ids: NDArray[np.int64],
        angle_rad: NDArray[np.float32],
        offset_px: NDArray[np.float32],
    ) -> None:
        """Draw thumbnails (M,) with their pose: angles (M,), offsets (M, 2) row, column in pixels of the patch.

        What cannot be read is blank, and `problem` says why in a sentence.
        """
        try:
            patches = self._fetch(particle_ids)
        except InputError as error:
            self.problem = str(error)
            patches = np.zeros((len(particle_ids), 1, 1), np.float32)
        grey = np.round(255 * np.clip(np.nan_to_num(patches), 0, 1)).astype(np.uint8)
        for row, particle_id in enumerate(particle_ids.tolist()):
            angle, offset = (
                float(angle_rad[row]),
                (float(offset_px[row, 0]), float(offset_px[row, 1])),
            )
            posed = self.style.upright and math.isfinite(angle + offset[0] + offset[1])
            self._kept[particle_id] = self._drawn(
                grey[row], angle if posed else 0.0, offset if posed else (0.0, 0.0)
            )
            self._kept.move_to_end(particle_id)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)

    def _drawn(self, grey: NDArray[np.uint8], angle: float, offset: tuple[float, float]) -> QPixmap:
        height, width = grey.shape
        grey = np.ascontiguousarray(grey)
        image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
        edge = self._edge
        pixmap = QPixmap(edge, edge)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if angle or offset != (0.0, 0.0):
            rim = int(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
            # Turned squares leave corners: they get the grey of the patch's rim.
            painter.fillRect(0, 0, edge, edge, QColor(rim, rim, rim))
            painter.translate(edge / 2, edge / 2)
            painter.scale(edge / width, edge / height)
            # Qt turns clockwise, which takes back the pose's turn counter-clockwise.
            painter.rotate(math.degrees(angle))
            painter.translate(-width / 2 - offset[1], -height / 2 - offset[0])
            painter.drawImage(QRectF(0, 0, width, height), image)
        else:
            painter.drawImage(QRectF(0, 0, edge, edge), image)
        painter.end()
        pixmap.setDevicePixelRatio(self.style.ratio)
        return pixmap
