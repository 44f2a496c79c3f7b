"""The legend over the micrograph: what each colour stands for, and how many there are."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from qtpy.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari_ssrvae.session import ClassSummary, Session

__all__ = ["CORNERS", "Corner", "Legend", "LegendView"]

Corner = Literal["top left", "top right", "bottom left", "bottom right"]
CORNERS: tuple[Corner, ...] = ("top left", "top right", "bottom left", "bottom right")

# Its own colours: it lies on the micrograph, which is the same in a light and in a dark theme.
GROUND, EDGE = QColor(30, 32, 38, 215), QColor(134, 142, 147)
TEXT, FAINT = QColor(240, 241, 242), QColor(178, 184, 190)
MARGIN, PAD, GAP, SWATCH = 8, 8, 10, 12
# napari's scale bar lies in the bottom right corner.
ABOVE_SCALE_BAR = 58
NAME_PX, KEY_PX = 150, 9
# Counts follow what is done at most so often: the picture comes first.
PAUSE_MS = 120
HEADS = ("by hand", "by model", "unsure")


@dataclass(frozen=True)
class _Line:
    """One line: how it is marked, what it says, its numbers."""

    colour: str
    name: str
    counts: tuple[str, str, str]


class LegendView(QWidget):
    """Paints the legend over another widget; lets the mouse through.

    Parameters
    ----------
    over : QWidget
        The widget it lies on.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        # Weakly: a canvas, which owns this, must not hold its window.
        self._over = weakref.ref(over)
        self._title = ""
        self._lines: tuple[_Line, ...] = ()
        self._corner: Corner = "top left"
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Legend")
        over.installEventFilter(self)
        self.hide()

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Stay in the corner."""
        if event is not None and event.type() == QEvent.Type.Resize and self._lines:
            self._place()
        return False

    @property
    def text(self) -> str:
        """What it says, line by line."""
        rows = [f"{line.name}: {', '.join(line.counts)}" for line in self._lines]
        return "\n".join([self._title, *rows])

    def say(self, title: str, rows: Sequence[ClassSummary], *, room: int) -> None:
        """Show these classes, at most `room` lines; no more than what has particles."""
        there = [row for row in rows if row.particles]
        lines = [_line(row) for row in there]
        if len(lines) > room:
            rest = there[room - 1 :]
            numbers = [
                sum(row.by_hand for row in rest),
                sum(row.by_model for row in rest),
                sum(row.unsure for row in rest),
            ]
            counts = (f"{numbers[0]:,}", f"{numbers[1]:,}", f"{numbers[2]:,}")
            lines[room - 1 :] = [_Line("", f"{len(rest)} more classes", counts)]
        if (title, tuple(lines)) == (self._title, self._lines):
            return
        self._title, self._lines = title, tuple(lines)
        self.setAccessibleDescription(self.text)
        self._place()
        self.update()

    def put(self, corner: Corner) -> None:
        """Lie in this corner."""
        if corner != self._corner:
            self._corner = corner
            self._place()

    def _columns(self) -> tuple[int, list[int]]:
        """Return the widths of the names and of each count that is shown."""
        metrics = QFontMetrics(self.font())
        heads = QFontMetrics(self._small())
        widest = max((metrics.horizontalAdvance(line.name) for line in self._lines), default=0)
        widths = [
            max(
                heads.horizontalAdvance(head),
                *(metrics.horizontalAdvance(line.counts[at]) for line in self._lines),
            )
            for at, head in enumerate(HEADS)
        ]
        return min(widest + 2, NAME_PX), [width + KEY_PX + 4 for width in widths]

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(6.0, font.pointSizeF() * 0.85))
        return font

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Be as large as the lines need."""
        if not self._lines:
            return QSize(0, 0)
        name, widths = self._columns()
        width = 2 * PAD + SWATCH + 6 + name + sum(GAP + each for each in widths)
        title = 2 * PAD + QFontMetrics(self._small()).horizontalAdvance(self._title)
        high = self._line_px() * (len(self._lines) + 2) + 2 * PAD - 2
        return QSize(max(width, min(title, 2 * NAME_PX)), high)

    def _line_px(self) -> int:
        return QFontMetrics(self.font()).height() + 2

    def _place(self) -> None:
        over, size = self._over(), self.sizeHint()
        if over is None or size.isEmpty():
            return
        x = MARGIN if "left" in self._corner else over.width() - size.width() - MARGIN
        low = ABOVE_SCALE_BAR if self._corner == "bottom right" else MARGIN
        y = MARGIN if "top" in self._corner else over.height() - size.height() - low
        self.setGeometry(QRect(max(0, x), max(0, y), size.width(), size.height()))

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Paint the lines. Names of classes are drawn as they are, never read as markup."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(EDGE, 1))
        painter.setBrush(GROUND)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        name, widths = self._columns()
        line_px, y = self._line_px(), PAD - 1
        small, normal = self._small(), self.font()
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(small)
        painter.setPen(FAINT)
        title = QFontMetrics(small).elidedText(
            self._title, Qt.TextElideMode.ElideMiddle, self.width() - 2 * PAD
        )
        painter.drawText(QRect(PAD, y, self.width() - 2 * PAD, line_px), left | middle, title)
        y += line_px
        x = PAD + SWATCH + 6 + name
        for head, width in zip(HEADS, widths, strict=True):
            painter.drawText(QRect(x + GAP, y, width, line_px), right | middle, head)
            x += GAP + width
            at = x - QFontMetrics(small).horizontalAdvance(head) - KEY_PX - 4
            _paint_key(painter, head, QRect(at, y + (line_px - KEY_PX) // 2, KEY_PX, KEY_PX))
        painter.setFont(normal)
        for line in self._lines:
            y += line_px
            if line.colour:
                swatch = QRect(PAD, y + (line_px - SWATCH) // 2, SWATCH, SWATCH)
                painter.fillRect(swatch, QColor(line.colour))
            painter.setPen(TEXT)
            words = QFontMetrics(normal).elidedText(line.name, Qt.TextElideMode.ElideRight, name)
            painter.drawText(QRect(PAD + SWATCH + 6, y, name, line_px), left | middle, words)
            x = PAD + SWATCH + 6 + name
            for count, width in zip(line.counts, widths, strict=True):
                painter.drawText(QRect(x + GAP, y, width, line_px), right | middle, count)
                x += GAP + width
        painter.end()


def _paint_key(painter: QPainter, head: str, where: QRect) -> None:
    """Paint how particles of a column look: outlined, filled, striped."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if head == HEADS[0]:
        painter.setPen(QPen(FAINT, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(where.adjusted(1, 1, -1, -1))
    elif head == HEADS[1]:
        painter.fillRect(where, FAINT)
    else:
        painter.setClipRect(where)
        painter.setPen(QPen(FAINT, 2))
        for shift in range(0, 2 * KEY_PX, 5):
            bottom, top = where.bottomLeft(), where.topLeft()
            painter.drawLine(bottom.x(), top.y() + shift, bottom.x() + shift, top.y())
    painter.restore()


def _line(row: ClassSummary) -> _Line:
    counts = (f"{row.by_hand:,}", f"{row.by_model:,}", f"{row.unsure:,}")
    return _Line(row.colour, row.name, counts)


class Legend(QObject):
    """Keeps the legend in step with the session; shown while something is labelled or predicted.

    Parameters
    ----------
    over : QWidget or None
        The canvas; None without a window, then nothing is shown.

    Attributes
    ----------
    changed : Signal
        It was switched on or off, or moved to another corner.
    """

    changed = Signal()

    def __init__(self, session: Session, over: QWidget | None, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._over = None if over is None else weakref.ref(over)
        self.view = None if over is None else LegendView(over)
        self._on = True
        self._corner: Corner = "top left"
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.refresh)
        if self.view is not None:
            self.view.destroyed.connect(self._on_gone)
        for signal in (
            session.predictions_changed,
            session.labels_changed,
            session.classes_changed,
            session.catalogue_changed,
            session.unsure_below_changed,
            session.novel_above_changed,
            session.scope_changed,
            session.current_changed,
            session.library_changed,
        ):
            signal.connect(self._ask)

    @property
    def on(self) -> bool:
        """Whether a legend is wanted."""
        return self._on

    @property
    def corner(self) -> Corner:
        """Where it lies."""
        return self._corner

    def switch(self, on: bool) -> None:
        """Show a legend, or do not."""
        if on != self._on:
            self._on = on
            self.refresh()
            self.changed.emit()

    def put(self, corner: Corner) -> None:
        """Lie in this corner."""
        if corner != self._corner:
            self._corner = corner
            if self.view is not None:
                self.view.put(corner)
            self.changed.emit()

    def _on_gone(self) -> None:
        """Show nothing more: the window was closed, and the session may go on telling."""
        self._pause.stop()
        self.view = None

    def _ask(self, *_: object) -> None:
        if self.view is not None and self._on and not self._pause.isActive():
            self._pause.start()

    def refresh(self) -> None:
        """Show the counts as they are now."""
        self._pause.stop()
        over = None if self._over is None else self._over()
        if self.view is None or over is None:
            return
        rows = self._session.summary() if self._on else []
        if not any(row.particles for row in rows):
            self.view.hide()
            return
        room = max(3, (over.height() // 2) // 20)
        self.view.say(self._title(), rows, room=room)
        if not self.view.isVisible():
            self.view.show()
            self.view.raise_()

    def _title(self) -> str:
        session = self._session
        state = session.current
        there = np.unique(session.catalogue.micrograph_ids)
        # Without particles of its own the current one is not what the counts are of.
        alone = state is not None and there.tolist() == [state.micrograph_id]
        if state is not None and (session.scope == "micrograph" or alone):
            return state.micrograph.name
        return f"all {len(there)} micrographs" if len(there) > 1 else "the whole library"
