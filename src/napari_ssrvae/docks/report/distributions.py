"""How many, how large, and where to: of each class, of one micrograph or of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.plots import SaveButtons
from napari_ssrvae.docks.report.bars import CountBars, SizeCurves
from napari_ssrvae.docks.report.crowd import Crowd
from napari_ssrvae.docks.report.page import Page
from napari_ssrvae.docks.report.rose import Rose
from napari_ssrvae.docks.widgets import Hint

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DistributionPage"]

ALL = "all micrographs"
LONGEST = 14


class DistributionPage(Page):
    """Class counts, sizes and orientations."""

    title = "Distributions"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.crowd: Crowd | None = None
        self._left: list[Callable[[], None]] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._draw_next)
        self.where, self.angle, self.note = QComboBox(), QComboBox(), Hint()
        self.where.setAccessibleName("Micrograph")
        self.angle.setAccessibleName("Angle")
        self.angle.addItem("pose found by the model", "pose")
        self.angle.addItem("long axis, measured", "axis")
        self.angle.setToolTip(
            "The pose is the angle against the model's upright picture of the class; the long axis is measured on "
            "the outline and points both ways"
        )
        for box in (self.where, self.angle):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(18)
            box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        for text, box in (("Particles of", self.where), ("Angle", self.angle)):
            row.addWidget(QLabel(text))
            row.addWidget(box)
            row.addSpacing(8)
        row.addWidget(self.note, 1)
        row.addStretch(1)
        self.column.insertLayout(0, row)
        self._offered: list[tuple[str, int | None]] = []
        self._offer()
        self.where.currentIndexChanged.connect(self._chosen)
        self.angle.currentIndexChanged.connect(self._chosen)

    def _chosen(self) -> None:
        if self.isVisible():
            self.refresh()

    def _offer(self) -> None:
        library = self.session.library
        offered: list[tuple[str, int | None]] = [(ALL, None)]
        if library is not None:
            table = library.micrographs()
            offered += [
                (str(name), int(i)) for i, name in zip(table.index, table["name"], strict=True)
            ]
        if offered == self._offered:
            return
        chosen = self.where.currentData()
        self._offered = offered
        self.where.blockSignals(True)
        self.where.clear()
        for name, micrograph_id in offered:
            self.where.addItem(name, micrograph_id)
        self.where.setCurrentIndex(max(0, self.where.findData(chosen)))
        self.where.blockSignals(False)

    def read(self) -> Crowd:
        """Collect the particles."""
        self.crowd = None
        self._offer()
        self.note.say("")
        return Crowd.of(self.session, self.where.currentData(), self.angle.currentData())

    def build(self) -> QWidget:
        """Return the three plots."""
        viewer, session = self.canvas.viewer, self.session
        self.counts, self.sizes, self.rose = CountBars(viewer), SizeCurves(viewer), Rose(viewer)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        for name, plot, table in (
            ("class counts", self.counts.plot, self.count_table),
            ("sizes", self.sizes.plot, self.size_table),
            ("orientations", self.rose.plot, self.rose_table),
        ):
            column = QVBoxLayout()
            column.addWidget(plot, 1)
            column.addWidget(SaveButtons(name, plot, table, session))
            row.addLayout(column, 1)
        return body

    @property
    def savers(self) -> list[SaveButtons]:
        """The ways to files of what is shown now."""
        while self._left:
            self._draw_next()
        return super().savers

    def _draw_next(self) -> None:
        """Draw one of the plots that are left: all of them at once would hold up the window."""
        if self._left:
            self._left.pop(0)()
        if self._left:
            self._soon.start()

    def draw(self, crowd: Crowd) -> None:
        """Show the particles."""
        self.crowd = crowd
        names = [
            name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\u2026" for name in crowd.names
        ]
        unit, colours, rose = crowd.sizes.unit, crowd.colours, crowd.rose()
        self._left = [
            lambda: self.counts.show(crowd.counts(), names, colours),
            lambda: self.sizes.show(crowd.size_histogram(), unit, crowd.medians(), names, colours),
            lambda: self.rose.show(rose, names, colours),
        ]
        self._soon.start()
        notes = []
        if crowd.sizes.left_out:
            notes.append(f"{crowd.sizes.left_out:,} particles without a scale have no size in nm.")
        if crowd.class_ids and not rose.counts.any():
            notes.append("No angle is known of these particles.")
        if not crowd.class_ids:
            notes.append("No particle has a class yet: label some.")
        self.note.say(" ".join(notes))

    # --- tables: of every micrograph, and of all together --------------------------------------

    def _crowds(self) -> list[tuple[str, Crowd]]:
        angle, found = self.angle.currentData(), []
        for name, micrograph_id in self._offered:
            there = (
                micrograph_id is None
                or (self.session.catalogue.micrograph_ids == micrograph_id).any()
            )
            if there:
                found.append((name, Crowd.of(self.session, micrograph_id, angle)))
        return found

    def count_table(self) -> pd.DataFrame:
        """Return counts and median sizes of each class."""
        import pandas as pd

        return pd.DataFrame(
            [row for name, crowd in self._crowds() for row in crowd.count_rows(name)]
        )

    def size_table(self) -> pd.DataFrame:
        """Return the histograms of sizes."""
        import pandas as pd

        return pd.concat([crowd.size_rows(name) for name, crowd in self._crowds()])

    def rose_table(self) -> pd.DataFrame:
        """Return the counts per sector."""
        import pandas as pd

        return pd.concat([crowd.rose_rows(name) for name, crowd in self._crowds()])
