"""What the map says while it has nothing to show."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

__all__ = ["EmptyMap"]

NO_PARTICLES = (
    "Each particle will be a point here, those that are alike near each other. "
    "Open a micrograph and press Find particles, or open a library."
)


class EmptyMap(QWidget):
    """A sentence that says what to do, and the button that does it where there is one.

    Attributes
    ----------
    everything_asked : Signal
        Nothing is to be left out any more.
    """

    everything_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.everything = QPushButton("Show all")
        self.everything.clicked.connect(lambda: self.everything_asked.emit())
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(self.words)
        column.addWidget(self.everything, alignment=Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)

    def tell(self, total: int, passing: int, axes: str) -> None:
        """Say why none of `total` particles is shown: filtered, or without a number for these axes."""
        self.everything.setVisible(total > 0 and not passing)
        if not total:
            self.words.setText(NO_PARTICLES)
        elif not passing:
            self.words.setText(f"None of the {total:,} particles passes the filter.")
        else:
            self.words.setText(
                f"None of the {passing:,} particles has both {axes}: choose other axes above."
            )
