"""The sentence that tells what was done, for a few seconds, over the lower edge of the grid."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QLabel, QWidget

from napari_ssrvae.docks.gallery.cells import Tones

__all__ = ["Said"]

SHOWN_MS = 7000
GAP_PX = 6


class Said(QLabel):
    """A line of plain text that takes no room and no clicks, and goes by itself.

    Parameters
    ----------
    over : QWidget
        What it lies over.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        # Sentences may hold names of classes: never read as markup.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMargin(4)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._gone = QTimer(self)
        self._gone.setSingleShot(True)
        self._gone.setInterval(SHOWN_MS)
        self._gone.timeout.connect(self.hide)
        over.installEventFilter(self)
        self.hide()

    def set_tones(self, tones: Tones) -> None:
        """Take the colours of a theme."""
        ground, text = tones.empty.name(), tones.text.name()
        self.setStyleSheet(f"background: {ground}; color: {text}; border: 1px solid {text};")

    def say(self, sentence: str) -> None:
        """Show a sentence for a while; an empty one takes the last away."""
        self.setText(sentence)
        self.setVisible(bool(sentence))
        self._place()
        self._gone.start()

    def _place(self) -> None:
        room = self._over.width() - 4 * GAP_PX
        words = self.fontMetrics().horizontalAdvance(self.text()) + 4 * GAP_PX
        width = max(40, min(room, words))
        height = self.heightForWidth(width)
        left = self._over.width() - width - 4 * GAP_PX
        self.setGeometry(left, self._over.height() - height - GAP_PX, width, height)
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """Stay at the lower edge."""
        resized = event is not None and event.type() == QEvent.Type.Resize
        if resized and watched is self._over and self.isVisible():
            self._place()
        return False
