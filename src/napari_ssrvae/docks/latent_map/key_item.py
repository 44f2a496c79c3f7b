"""What the colours of the map mean: classes with their counts, or the scale of a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, QSizeF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from napari_ssrvae.docks.latent_map.marks import FIRST, NumberScale

__all__ = ["ClassEntry", "KeyItem", "number_text"]

WIDTH_PX, PAD_PX, MARK_PX = 190.0, 8.0, 5.0
BAR_PX = 14.0


@dataclass(frozen=True)
class ClassEntry:
    """One line of the legend: a colour, a name, how many by hand and by the model."""

    name: str
    colour: str
    hand: int
    model: int


class KeyItem(pg.GraphicsWidget):
    """The legend beside the points; a part of the plot, so that saved pictures have it too.

    Names are drawn as they are, whatever they look like.
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[ClassEntry] = []
        self._grey = 0
        self._scale: NumberScale | None = None
        self._title = ""
        self._palette = np.zeros((FIRST, 3), np.uint8)
        self._text = QColor(240, 241, 242)
        self._dim = QColor(130, 130, 130)
        self.setFixedWidth(WIDTH_PX)

    @property
    def lines(self) -> list[tuple[str, int, int]]:
        """Name, number by hand and by the model of each class that is shown."""
        return [(entry.name, entry.hand, entry.model) for entry in self._entries]

    @property
    def scale(self) -> tuple[str, NumberScale] | None:
        """What number the colours stand for, and their scale; None if they stand for classes."""
        return None if self._scale is None else (self._title, self._scale)

    def show_classes(self, entries: list[ClassEntry], grey: int) -> None:
        """Show classes, and how many particles have none."""
        self._entries, self._grey, self._scale = entries, grey, None
        self.update()

    def show_scale(
        self, title: str, scale: NumberScale | None, palette: NDArray[np.uint8], grey: int
    ) -> None:
        """Show what the colours of a number stand for, and how many particles lack it."""
        self._entries, self._grey = [], grey
        self._title, self._scale, self._palette = title, scale, palette
        self.update()

    def set_tones(self, text: QColor, dim: QColor) -> None:
        """Take the colours of a theme; `dim` is that of what has no class."""
        self._text, self._dim = text, dim
        self.update()

    def sizeHint(self, which: Qt.SizeHint, _constraint: Any = None) -> QSizeF:  # noqa: N802 - Qt's name
        """Be as wide as a name and two numbers need."""
        if which == Qt.SizeHint.MaximumSize:
            return QSizeF(WIDTH_PX, 16_777_215)
        return QSizeF(WIDTH_PX, 20)

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Draw the lines that there is room for, and how many more there are."""
        font = QFont(painter.font())
        font.setPointSizeF(9)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(font)
        if self._scale is not None:
            self._paint_scale(painter, metrics)
        else:
            self._paint_classes(painter, metrics)

    # --- classes -------------------------------------------------------------------------------

    def _paint_classes(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        line = metrics.height() + 3
        columns = self._columns(metrics)
        y = 2.0
        self._text_at(painter, "class", PAD_PX + 3 * MARK_PX, y, columns[0], line)
        # The mark itself is the heading: outlined by hand, filled by the model.
        for column, outlined, word in ((0, True, "hand"), (1, False, "model")):
            right = columns[column]
            wide = metrics.horizontalAdvance(word)
            self._text_at(painter, word, right - wide, y, right + 1, line)
            at = QPointF(right - wide - MARK_PX - 3, y + line / 2)
            self._mark(painter, at, self._text, outlined)
        y += line
        room = int((self.size().height() - y - (line if self._grey else 0)) // line)
        shown = self._entries[: room if room >= len(self._entries) else max(0, room - 1)]
        for entry in shown:
            colour = QColor(entry.colour)
            at = QPointF(PAD_PX + MARK_PX, y + line / 2)
            self._mark(painter, at, colour, outlined=False)
            least = min(columns[0] - metrics.horizontalAdvance("0,000"), columns[0] - 30)
            name = metrics.elidedText(
                entry.name, Qt.TextElideMode.ElideRight, least - PAD_PX - 3 * MARK_PX
            )
            self._text_at(painter, name, PAD_PX + 3 * MARK_PX, y, least, line)
            for right, count in zip(columns, (entry.hand, entry.model), strict=True):
                self._number_at(painter, f"{count:,}", right, y, line)
            y += line
        if len(shown) < len(self._entries):
            words = f"and {len(self._entries) - len(shown)} more"
            self._text_at(painter, words, PAD_PX + 3 * MARK_PX, y, WIDTH_PX, line)
            y += line
        self._paint_grey(painter, "no class", y, line)

    def _columns(self, metrics: QFontMetricsF) -> tuple[float, float]:
        """Return where the two columns of numbers end."""
        wide = metrics.horizontalAdvance("model") + 2 * MARK_PX + 8
        return WIDTH_PX - PAD_PX - wide, WIDTH_PX - PAD_PX

    def _paint_grey(self, painter: QPainter, words: str, y: float, line: float) -> None:
        if self._grey:
            at = QPointF(PAD_PX + MARK_PX, y + line / 2)
            self._mark(painter, at, self._dim, outlined=False)
            self._text_at(painter, words, PAD_PX + 3 * MARK_PX, y, WIDTH_PX, line)
            self._number_at(painter, f"{self._grey:,}", WIDTH_PX - PAD_PX, y, line)

    def _mark(self, painter: QPainter, at: QPointF, colour: QColor, outlined: bool) -> None:
        painter.setPen(QPen(colour, 1.75) if outlined else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(Qt.BrushStyle.NoBrush if outlined else colour)
        painter.drawEllipse(at, MARK_PX - 1, MARK_PX - 1)

    def _text_at(
        self, painter: QPainter, text: str, left: float, y: float, right: float, line: float
    ) -> None:
        painter.setPen(self._text)
        rect = QRectF(left, y, max(0.0, right - left), line)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, flags | Qt.TextFlag.TextSingleLine, text)

    def _number_at(self, painter: QPainter, text: str, right: float, y: float, line: float) -> None:
        painter.setPen(self._text)
        rect = QRectF(right - 80, y, 80, line)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)

    # --- the scale of a number -----------------------------------------------------------------

    def _paint_scale(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        scale = self._scale
        assert scale is not None
        line = metrics.height() + 3
        y = 2.0
        for words in _wrapped(self._title, metrics, WIDTH_PX - 2 * PAD_PX):
            self._text_at(painter, words, PAD_PX, y, WIDTH_PX, line)
            y += line
        height = self.size().height() - y - (line if self._grey else 0) - line
        height = max(20.0, min(220.0, height))
        top = y + line / 2
        n = max(1, int(height))
        colours = self._palette[FIRST:]
        painter.setPen(Qt.PenStyle.NoPen)
        for step in range(n):
            level = round((n - 1 - step) / max(1, n - 1) * (len(colours) - 1))
            painter.fillRect(
                QRectF(PAD_PX, top + step, BAR_PX, 1.0), QColor(*colours[level].tolist())
            )
        steps = 4 if height > 4 * line else 2 if height > 2 * line else 1
        for tick in range(steps + 1):
            share = tick / steps
            value = scale.low + share * (scale.high - scale.low)
            sign = "\u2264 " if tick == 0 and scale.below else ""
            sign = "\u2265 " if tick == steps and scale.above else sign
            at = top + (1 - share) * height - line / 2
            painter.fillRect(QRectF(PAD_PX + BAR_PX, at + line / 2 - 0.5, 4, 1), self._text)
            self._text_at(
                painter,
                f"{sign}{number_text(value, scale.high - scale.low)}",
                PAD_PX + BAR_PX + 7,
                at,
                WIDTH_PX,
                line,
            )
        self._paint_grey(painter, "not known", top + height + line / 2, line)


def number_text(value: float, span: float) -> str:
    """Return a number of a scale, with as many digits as its span asks for."""
    digits = 2 - math.floor(math.log10(span)) if span > 0 else 3
    if not -6 < digits < 8:
        return f"{value:.3g}"
    # Adding 0 makes nothing of -0.
    return f"{round(value, digits) + 0.0:,.{max(0, digits)}f}"


def _wrapped(text: str, metrics: QFontMetricsF, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and metrics.horizontalAdvance(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
