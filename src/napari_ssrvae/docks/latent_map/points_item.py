"""The points of the map as one item of the plot: drawn into pictures, and as circles into vector files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPaintEngine, QPainter, QPen

from napari_ssrvae.docks.latent_map.marks import Marks
from napari_ssrvae.docks.latent_map.raster import (
    HOLE,
    LEAST_RADIUS,
    draw_points,
    draw_surrounds,
    outline_radius,
    radius_for,
)

__all__ = ["PointsItem"]

# So many marks a vector file takes as circles; more are put into it as a picture.
MOST_CIRCLES = 10_000
# What may be drawn twice as large and shrunk, for smooth edges: pixels of marks, and of the picture.
MOST_SMOOTH_MARKS, MOST_SMOOTH_AREA = 400_000, 2_500_000
FOCUS_PX = 3.0
# As the ring around it on the micrograph; the dark line shows it on a light ground.
FOCUS, DARK = (255, 217, 51), (0, 0, 0)

Rgb = tuple[int, int, int]


class PointsItem(pg.GraphicsObject):
    """All points, the rings of the selected, and the one in focus.

    pyqtgraph's own scatter plot takes 0.3 s for the colours of 100,000 points and 0.1 s for each redraw; this
    one draws them into an array.
    """

    def __init__(self) -> None:
        super().__init__()
        none = np.zeros(0)
        self.marks = Marks(none.astype(np.int64), none, none, none.astype(np.uint16), 0)
        self._palette = np.zeros((3, 3), np.uint8)
        self._selected = np.zeros(0, np.int64)
        self._focus = -1
        self._ring: Rgb = (255, 255, 255)
        self._points: tuple[Any, QImage, float] | None = None
        self._rings: tuple[Any, QImage] | None = None
        self._version = self._ring_version = 0

    # --- what is shown -------------------------------------------------------------------------

    def set_marks(self, marks: Marks) -> None:
        """Show these marks; what is selected of them has to be told anew."""
        self.marks = marks
        self._version += 1
        self.set_selected(np.zeros(0, np.int64), -1)

    def set_palette(self, palette: NDArray[np.uint8]) -> None:
        """Draw the marks in these colours."""
        self._palette = palette
        self._version += 1
        self.update()

    def set_selected(self, places: NDArray[np.int64], focus: int) -> None:
        """Ring the marks at these places; the one in focus, -1 for none, stands out."""
        self._selected, self._focus = np.sort(places), focus
        self._ring_version += 1
        self.update()

    def set_ring(self, ring: Rgb) -> None:
        """Draw rings in a colour that stands out from the ground."""
        self._ring = ring
        self._ring_version += 1
        self.update()

    def on_screen(self, to_screen: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where the marks are after a QTransform without turn and shear, (n,) each."""
        x = self.marks.x * to_screen.m11() + to_screen.dx()
        y = self.marks.y * to_screen.m22() + to_screen.dy()
        return x.astype(np.float32), y.astype(np.float32)

    # --- Qt's side of it -----------------------------------------------------------------------

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return what is in view: all of it is painted at once."""
        box = self.getViewBox()
        return QRectF() if box is None else QRectF(box.viewRect())

    def viewRangeChanged(self) -> None:  # noqa: N802 - pyqtgraph's name
        """Draw anew: other marks are in view, or at other places."""
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Put the points, then the rings, onto the screen, into a picture or a vector file."""
        box = self.getViewBox()
        if box is None or not len(self.marks):
            return
        transform = painter.worldTransform()
        on_screen = transform.mapRect(QRectF(box.viewRect()))
        # A file may be larger than the screen: so are its marks.
        larger = on_screen.width() / max(box.width(), 1.0)
        device, engine = painter.device(), painter.paintEngine()
        vectors = engine is not None and engine.type() == QPaintEngine.Type.SVG
        painter.save()
        painter.resetTransform()
        if vectors and len(self.marks) <= MOST_CIRCLES:
            self._circles(painter, transform, on_screen, larger)
        else:
            ratio = 1.0 if device is None or vectors else device.devicePixelRatioF()
            self._pictures(painter, transform, on_screen, ratio, larger)
        painter.restore()

    def _pictures(
        self, painter: QPainter, transform: Any, on_screen: QRectF, ratio: float, larger: float
    ) -> None:
        key = (
            self._version, transform.m11(), transform.m22(), transform.dx(), transform.dy(),
            on_screen.width(), on_screen.height(), ratio, larger,
        )  # fmt: skip
        left, top = int(np.floor(on_screen.left())), int(np.floor(on_screen.top()))
        wide = int(np.ceil(on_screen.right())) - left
        high = int(np.ceil(on_screen.bottom())) - top
        place = QRectF(left, top, wide, high)
        if wide <= 0 or high <= 0:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        x, y = self.on_screen(transform)
        x, y = x - left, y - top
        if self._points is None or self._points[0] != key:
            self._points = (key, *self._drawn_points(x, y, wide, high, ratio, larger))
        painter.drawImage(place, self._points[1])
        radius = self._points[2]
        if len(self._selected):
            ring_key = (key, self._ring_version)
            if self._rings is None or self._rings[0] != ring_key:
                rings = self._drawn_rings(x, y, wide, high, ratio, larger, radius)
                self._rings = (ring_key, rings)
            painter.drawImage(place, self._rings[1])
        if self._focus >= 0:
            centre = QPointF(left + float(x[self._focus]), top + float(y[self._focus]))
            self._draw_focus(painter, centre, radius, larger)

    def _drawn_points(
        self, x: NDArray[np.float32], y: NDArray[np.float32], wide: int, high: int,
        ratio: float, larger: float,
    ) -> tuple[QImage, float]:  # fmt: skip
        within = int(np.count_nonzero((x >= 0) & (x < wide) & (y >= 0) & (y < high)))
        radius = radius_for(within, wide * high / larger**2)
        smooth = _smooth(within, radius * larger * ratio, wide * high * ratio**2)
        scale = ratio * smooth
        picture = draw_points(
            x * scale, y * scale, self.marks.levels, self.marks.n_filled, self._palette,
            (round(wide * scale), round(high * scale)), radius, scale * larger,
            shaded=radius <= LEAST_RADIUS,
        )  # fmt: skip
        return _image(picture.argb), radius

    def _drawn_rings(
        self, x: NDArray[np.float32], y: NDArray[np.float32], wide: int, high: int,
        ratio: float, larger: float, radius: float,
    ) -> QImage:  # fmt: skip
        at = self._selected
        n_filled = int(np.count_nonzero(at < self.marks.n_filled))
        scale = ratio * _smooth(len(at), 6 * larger * ratio, wide * high * ratio**2)
        size = round(wide * scale), round(high * scale)
        places = x[at] * scale, y[at] * scale
        ground = draw_surrounds(*places, n_filled, self._ring, size, radius, scale * larger)
        # The marks once more: what is selected is seen in a crowd, too.
        marks = draw_points(
            *places, self.marks.levels[at], n_filled, self._palette, size, radius, scale * larger
        )
        return _image(np.where(marks.argb > 0, marks.argb, ground))

    def _draw_focus(self, painter: QPainter, centre: QPointF, radius: float, larger: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        reach = (outline_radius(radius) + 5.5) * larger
        for colour, width in ((DARK, FOCUS_PX + 2), (FOCUS, FOCUS_PX)):
            painter.setPen(QPen(QColor(*colour), width * larger))
            painter.drawEllipse(centre, reach, reach)

    def _circles(self, painter: QPainter, transform: Any, on_screen: QRectF, larger: float) -> None:
        """Draw each mark in view as a circle, those of a colour together."""
        x, y = self.on_screen(transform)
        within = (
            (x >= on_screen.left()) & (x <= on_screen.right())
            & (y >= on_screen.top()) & (y <= on_screen.bottom())
        )  # fmt: skip
        radius = radius_for(int(within.sum()), on_screen.width() * on_screen.height() / larger**2)
        levels, n_filled = self.marks.levels, self.marks.n_filled
        there = np.flatnonzero(within)
        painter.setPen(Qt.PenStyle.NoPen)
        for at, level in _runs(there[there < n_filled], levels):
            painter.setBrush(QColor(*self._palette[level].tolist()))
            for place in at:
                centre = QPointF(float(x[place]), float(y[place]))
                painter.drawEllipse(centre, radius * larger, radius * larger)
        painter.setBrush(QColor(*self._palette[HOLE].tolist()))
        reach = outline_radius(radius) * larger
        for at, level in _runs(there[there >= n_filled], levels):
            painter.setPen(QPen(QColor(*self._palette[level].tolist()), 1.75 * larger))
            for place in at:
                painter.drawEllipse(QPointF(float(x[place]), float(y[place])), reach, reach)


def _runs(places: NDArray[np.int64], levels: NDArray[np.uint16]) -> list[tuple[list[int], int]]:
    """Return places one after the other, as long as they have one level."""
    if not len(places):
        return []
    own = levels[places]
    cuts = np.flatnonzero(own[1:] != own[:-1]) + 1
    return [(part.tolist(), int(levels[part[0]])) for part in np.split(places, cuts)]


def _smooth(n: int, radius: float, area: float) -> int:
    few = n * 4 * radius**2 * 4 <= MOST_SMOOTH_MARKS * 4
    return 2 if few and 4 * area <= MOST_SMOOTH_AREA else 1


def _image(argb: NDArray[np.uint32]) -> QImage:
    height, width = argb.shape
    whole = QImage(argb.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return whole.copy()
