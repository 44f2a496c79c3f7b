"""The classes above the grid: click one, or drop particles on it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import QRect, QSize, Qt, QTimer, Signal
from qtpy.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from qtpy.QtWidgets import QAbstractButton

from napari_ssrvae.docks.dragging import particles_of
from napari_ssrvae.docks.gallery.cells import Tones
from napari_ssrvae.docks.gallery.rows import FlowRow

if TYPE_CHECKING:
    from napari_ssrvae.session import Session

__all__ = ["ClassChip", "ClassChips"]

NAME_PX = 110
SWATCH_PX = 12
PAD_PX = 6


class ClassChip(QAbstractButton):
    """One class, or none: swatch, key, name and number by hand.

    Attributes
    ----------
    dropped : Signal
        Particles (n,) int64 were dropped on it.
    """

    dropped = Signal(object)

    def __init__(self, class_id: int | None, origin: Callable[[], str]) -> None:
        super().__init__()
        self.class_id = class_id
        self._origin = origin
        self._colour: QColor | None = None
        self._key = self._name = self._count = ""
        self._active = self._over = False
        self._tones = Tones()
        self.setAcceptDrops(True)
        # The mouse leaves the keys with the grid; Tab still reaches the chip.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def say(
        self, name: str, colour: str | None, key: str, count: int | None, *, active: bool
    ) -> None:
        """Show this class; the active one is framed."""
        shown = (name, key, "" if count is None else f"{count:,}")
        changed = shown != (self._name, self._key, self._count)
        self._name, self._key, self._count = shown
        self._colour = None if colour is None else QColor(colour)
        self._active = active
        if changed:
            self.setAccessibleName(f"{name}, key {key}" if key else name)
            self.updateGeometry()
        self.update()

    @property
    def words(self) -> tuple[str, str, str]:
        """Key, name and number by hand, as they are shown."""
        return self._key, self._name, self._count

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of a theme."""
        self._tones = tones
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for all of it; a long name is cut."""
        metrics = self.fontMetrics()
        width = SWATCH_PX + min(NAME_PX, metrics.horizontalAdvance(self._name)) + 3 * PAD_PX
        for text in (self._key, self._count):
            width += metrics.horizontalAdvance(text) + PAD_PX if text else 0
        return QSize(width + 2, metrics.height() + 8)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return what the chip needs."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw swatch, key, name and number in a row."""
        painter, tones, metrics = QPainter(self), self._tones, self.fontMetrics()
        enabled = self.isEnabled()
        painter.setOpacity(1.0 if enabled else 0.5)
        ground = tones.selected if self._over or self.isDown() else tones.empty
        painter.fillRect(self.rect(), ground)
        if self._active or self.hasFocus() or self.underMouse():
            pen = QPen(tones.text, 2 if self._active else 1)
            pen.setStyle(Qt.PenStyle.DotLine if self.hasFocus() else Qt.PenStyle.SolidLine)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        x, height = PAD_PX, self.height()
        box = QRect(x, (height - SWATCH_PX) // 2, SWATCH_PX, SWATCH_PX)
        if self._colour is not None:
            painter.fillRect(box, self._colour)
        else:
            painter.setPen(tones.text)
            painter.drawRect(box.adjusted(0, 0, -1, -1))
            painter.drawLine(box.bottomLeft(), box.topRight())
        x += SWATCH_PX + PAD_PX
        painter.setPen(tones.text)
        for text, least in ((self._key, 0), (self._name, NAME_PX), (self._count, 0)):
            if not text:
                continue
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, least) if least else text
            width = metrics.horizontalAdvance(words)
            bold = text is self._name
            painter.setOpacity((1.0 if bold else 0.75) * (1.0 if enabled else 0.5))
            painter.drawText(QRect(x, 0, width + 1, height), Qt.AlignmentFlag.AlignVCenter, words)
            x += width + PAD_PX
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802 - Qt's name
        """Take particles of this library, and nothing else."""
        if event is not None and particles_of(event.mimeData(), self._origin()) is not None:
            event.acceptProposedAction()
            self._show_over(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent | None) -> None:  # noqa: N802 - Qt's name
        """Look as before."""
        self._show_over(False)

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802 - Qt's name
        """Hand the particles on."""
        self._show_over(False)
        ids = particles_of(event.mimeData(), self._origin()) if event is not None else None
        if event is not None and ids is not None:
            event.acceptProposedAction()
            self.dropped.emit(ids)

    def _show_over(self, over: bool) -> None:
        self._over = over
        self.update()


class ClassChips(FlowRow):
    """All classes in a row that wraps, and at its end "no label".

    Attributes
    ----------
    chosen : Signal
        A class id, or None for no label: to be given to what is selected.
    dropped : Signal
        A class id or None, and the particles (n,) int64 that were dropped on it.
    """

    chosen = Signal(object)
    dropped = Signal(object, object)

    def __init__(self, session: Session, origin: Callable[[], str]) -> None:
        super().__init__()
        self._session = session
        self._origin = origin
        self._tones = Tones()
        self._chips: list[ClassChip] = []
        self.row.setHorizontalSpacing(4)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        for signal in (
            session.classes_changed,
            session.active_class_changed,
            session.labels_changed,
            session.catalogue_changed,
            session.novel_above_changed,
            session.library_changed,
        ):
            signal.connect(self._refresh_soon)
        self.refresh()

    def _refresh_soon(self, *_: object) -> None:
        # Once for many signals, not within the click that brought them, and not for nobody.
        if self.isVisible():
            self._soon.start()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Show what has happened meanwhile."""
        super().showEvent(event)
        self.refresh()

    @property
    def chips(self) -> tuple[ClassChip, ...]:
        """The chips in their order, "no label" last."""
        return tuple(self._chips)

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of a theme."""
        self._tones = tones
        for chip in self._chips:
            chip.set_tones(tones)

    def refresh(self) -> None:
        """Show the classes as they are."""
        classes = self._session.classes
        wanted = [c.class_id for c in classes] + [None] if classes else []
        if [chip.class_id for chip in self._chips] != wanted:
            self._make(wanted)
        counts = self._session.counts()
        number = 0
        for chip, entry in zip(self._chips, classes, strict=False):
            number += not entry.reserved
            key = "X" if entry.reserved else str(number) if number < 10 else ""
            active = entry.class_id == self._session.active_class_id
            chip.say(entry.name, entry.colour, key, counts[entry.class_id][0], active=active)
        if self._chips:
            self._chips[-1].say("no label", None, "0", None, active=False)

    def _make(self, wanted: list[int | None]) -> None:
        while self.row.count():
            self.row.takeAt(0)
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for class_id in wanted:
            chip = ClassChip(class_id, self._origin)
            chip.set_tones(self._tones)
            words = "Click: {} the selected particles. Or drag particles onto it."
            what = "take the labels off" if class_id is None else "give this class to"
            chip.setToolTip(words.format(what))
            chip.clicked.connect(lambda _=False, i=class_id: self.chosen.emit(i))
            chip.dropped.connect(lambda ids, i=class_id: self.dropped.emit(i, ids))
            self.row.addWidget(chip)
            self._chips.append(chip)
        for before, after in pairwise([self, *self._chips]):
            self.setTabOrder(before, after)
