"""What the gallery says while it has nothing to show."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

__all__ = ["EmptyState"]


class EmptyState(QWidget):
    """A sentence that says what to do, and the button that does it where there is one."""

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

    def tell(self, total: int) -> None:
        """Say why nothing is shown of `total` particles."""
        self.everything.setVisible(total > 0)
        if total:
            self.words.setText(f"None of the {total:,} particles passes the filter.")
        else:
            self.words.setText(
                "Each particle will be a thumbnail here, to be sorted, selected and labelled many at once. "
                "Open a micrograph and press Find particles, or open a library."
            )
