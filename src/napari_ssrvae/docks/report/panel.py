"""The pages of the report, kept in step with the session while somebody looks."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtGui import QPaintEvent, QShowEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.report.accuracy import AccuracyPage
from napari_ssrvae.docks.report.calibration import CalibrationPage
from napari_ssrvae.docks.report.distributions import DistributionPage
from napari_ssrvae.docks.report.judged import SourceChoice
from napari_ssrvae.docks.report.page import Page
from napari_ssrvae.docks.report.stress import StressPage
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_folder

__all__ = ["ReportPanel"]


class ReportPanel(QWidget):
    """Accuracy, calibration, stress test and distributions."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas, self.session = canvas, canvas.session
        self.source = SourceChoice()
        self.accuracy = AccuracyPage(canvas, self.source)
        self.calibration = CalibrationPage(canvas, self.source)
        self.stress = StressPage(canvas)
        self.distributions = DistributionPage(canvas)
        self.pages: tuple[Page, ...] = (
            self.accuracy,
            self.calibration,
            self.stress,
            self.distributions,
        )
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for page in self.pages:
            self.tabs.addTab(page, page.title)
        self.save = QPushButton("Save all \u2026")
        self.save.setToolTip("Every plot as PNG and SVG, every table as CSV, in a new folder")
        self.save.clicked.connect(self._ask)
        self.said = Hint()
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, 4, 0)
        self.judged_by = QLabel("Judged by")
        for widget in (self.judged_by, self.source, self.save):
            row.addWidget(widget)
        self.tabs.setCornerWidget(corner)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)
        column.addWidget(self.tabs, 1)
        column.addWidget(self.said)

        self._later = Later(self._refresh, self)
        session = self.session
        for signal in (
            session.labels_changed,
            session.classes_changed,
            session.predictions_changed,
            session.catalogue_changed,
            session.models_changed,
            session.library_changed,
            session.novel_above_changed,
        ):
            signal.connect(self._on_session)
        self.source.currentIndexChanged.connect(self._on_session)
        self.tabs.currentChanged.connect(self._later.ask)

    def _on_session(self, *_: object) -> None:
        for page in self.pages:
            page.stale = True
        if self._seen():
            self._later.ask()

    def _seen(self) -> bool:
        # Behind the tab of another dock a widget counts as visible, but nobody sees any of it.
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802 - Qt's name
        """Catch up when the tab comes to the front: nothing else tells of it."""
        super().paintEvent(event)
        page = self.tabs.currentWidget()
        if isinstance(page, Page) and page.stale:
            self._later.ask()

    def _refresh(self) -> None:
        page = self.tabs.currentWidget()
        judged = page in (self.accuracy, self.calibration)
        self.source.setVisible(judged)
        self.judged_by.setVisible(judged)
        if self.isVisible() and isinstance(page, Page) and page.stale:
            page.refresh()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        self._later.ask()

    def _ask(self) -> None:
        library = self.session.library
        start = Path.home() if library is None else Path(library.folder)
        name, _ = QFileDialog.getSaveFileName(
            self, "Save the report to a new folder", str(start / "report")
        )
        if name:
            self.save_all(Path(name))

    def save_all(self, folder: Path) -> bool:
        """Write every plot and table to a new folder and say so; False if it could not be done."""
        before, written = self.tabs.currentIndex(), 0
        try:
            if folder.exists():
                raise InputError(f"{folder} is there already: choose a new name.")
            with atomic_folder(folder) as draft:
                for place, page in enumerate(self.pages):
                    # Only what is in front is laid out.
                    self.tabs.setCurrentIndex(place)
                    if page.stale or page.body is None:
                        page.refresh()
                    for saver in page.savers:
                        for ending in saver.buttons:
                            saver.write(draft / f"{saver.name}.{ending}")
                            written += 1
                if not written:
                    raise InputError("There is nothing to save yet: find particles first.")
        except InputError as error:
            self.said.say(str(error), error=True)
            return False
        finally:
            self.tabs.setCurrentIndex(before)
        self.said.say(f"{written} files written to {folder}")
        return True
