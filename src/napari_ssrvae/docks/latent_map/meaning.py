"""Which latent is the size: the correlations as a table, a click makes a pair the axes."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.latent_map.quantities import Quantity
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.workflow.correlations import LEAST_PAIRS, Correlated, correlate

__all__ = ["Meaning", "words_for"]

# How long may be computed before the window is looked after again.
SLICE_MS = 8.0
NAMES_PX, COLUMN_PX = 220, 44
# From Cohen's rules of thumb: below the first nothing goes with anything, from the second on it clearly does.
WEAK, CLEAR = 0.3, 0.5
SIZES = ("equivalent_diameter_nm", "equivalent_diameter_px", "area_nm2", "area_px")
POSITIVE, NEGATIVE = QColor("#E69F00"), QColor("#56B4E9")


class Meaning(QWidget):
    """A table of measurements by latents, filled a little at a time.

    Attributes
    ----------
    chosen : Signal
        Number of a latent from 0, and the key of a measurement.
    found_changed : Signal
        The table is whole.
    """

    chosen = Signal(int, str)
    found_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setToolTip(
            "Spearman's rank correlation over the particles that are shown. Latents describe what differs within a "
            "class: choose one in the filter to see what they mean there."
        )
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setAccessibleName("Correlation of each latent with each measurement")
        self.table.cellClicked.connect(self._on_cell)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(COLUMN_PX)
        down = self.table.verticalHeader()
        down.setDefaultSectionSize(22)
        self.found: list[list[Correlated]] = []
        self._measured: dict[str, Quantity] = {}
        self._n_latents = 0
        self._work: Iterator[list[Correlated]] | None = None
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(0)
        self._next.timeout.connect(self._go_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.words)
        column.addWidget(self.table, 1)
        self.setMinimumWidth(220)

    @property
    def busy(self) -> bool:
        """Whether the table is not whole yet."""
        return self._work is not None

    @staticmethod
    def wanted_width(n_latents: int) -> int:
        """Return the width in pixels at which nothing needs to be scrolled to."""
        return NAMES_PX + max(2, n_latents) * (COLUMN_PX + 2)

    def ask(
        self,
        latents: NDArray[np.float32],
        measured: Sequence[Quantity],
        values: Sequence[NDArray[np.float64]],
    ) -> None:
        """Begin the table for latents (N, d) and measurements, each (N,)."""
        self._measured = {q.key: q for q in measured}
        self._n_latents = latents.shape[1]
        self.found = []
        by_key = {q.key: column for q, column in zip(measured, values, strict=True)}
        if not self._n_latents or not by_key:
            self._work = None
            self._show()
            return
        self._work = correlate(latents, by_key)
        self._next.start()

    def stop(self) -> None:
        """Compute no further."""
        self._work = None
        self._next.stop()

    def _go_on(self) -> None:
        until = time.perf_counter() + SLICE_MS / 1000
        while self._work is not None and time.perf_counter() < until:
            row = next(self._work, None)
            if row is None:
                self._work = None
                # The strongest first: that is what the question is after.
                self.found.sort(key=_strongest, reverse=True)
                self._show()
                self.found_changed.emit()
            elif row:
                self.found.append(row)
        if self._work is not None:
            self._next.start()

    def _show(self) -> None:
        self.words.setText(words_for(self.found, self._measured))
        self.table.setVisible(bool(self.found))
        self.table.clear()
        self.table.setRowCount(len(self.found))
        self.table.setColumnCount(self._n_latents)
        self.table.setHorizontalHeaderLabels([f"z{i + 1}" for i in range(self._n_latents)])
        self.table.setVerticalHeaderLabels(
            [self._measured[row[0].measurement].label for row in self.found]
        )
        for number, row in enumerate(self.found):
            for pair in row:
                self.table.setItem(number, pair.latent, self._cell(pair))

    def _cell(self, pair: Correlated) -> QTableWidgetItem:
        known = math.isfinite(pair.rho)
        item = QTableWidgetItem(f"{pair.rho:+.2f}" if known else "\u2013")
        item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        name = self._measured[pair.measurement].label
        if known:
            colour = QColor(POSITIVE if pair.rho > 0 else NEGATIVE)
            colour.setAlphaF(0.75 * abs(pair.rho))
            item.setBackground(colour)
            words = (
                f"z{pair.latent + 1} and {name}: Spearman {pair.rho:+.2f}, 95 % interval "
                f"{pair.low:+.2f} to {pair.high:+.2f}, {pair.n:,} particles. Click: as axes."
            )
        else:
            words = f"z{pair.latent + 1} and {name}: {pair.n:,} particles, too few or all equal."
        item.setToolTip(plain_tip(words))
        return item

    def _on_cell(self, row: int, column: int) -> None:
        if row < len(self.found):
            self.chosen.emit(column, self.found[row][0].measurement)


def words_for(found: Sequence[Sequence[Correlated]], measured: dict[str, Quantity]) -> str:
    """Return the answer to "which latent is the size?" in a sentence."""
    if not found:
        return "No model has said anything of these particles yet: train one first."
    of_size = next((row for key in SIZES for row in found if row[0].measurement == key), None)
    if of_size is None:
        return "Spearman's correlation of each latent with each measurement."
    best = max(of_size, key=lambda pair: _size_of(pair.rho))
    if not math.isfinite(best.rho):
        return f"Too few particles to say which latent is the size: {best.n} of {LEAST_PAIRS}."
    name = measured[best.measurement].name
    numbers = f"Spearman {best.rho:+.2f} with the {name}, {best.n:,} particles"
    if abs(best.rho) < WEAK:
        return f"No latent is the size (at most {numbers})."
    if abs(best.rho) < CLEAR:
        return f"z{best.latent + 1} goes weakly with the size ({numbers})."
    return f"z{best.latent + 1} is the size ({numbers})."


def _size_of(rho: float) -> float:
    return abs(rho) if math.isfinite(rho) else -1.0


def _strongest(row: Sequence[Correlated]) -> float:
    return max(_size_of(pair.rho) for pair in row)
