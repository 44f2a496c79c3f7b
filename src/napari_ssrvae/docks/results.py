"""Step 4: what the model says: counts per class, how sure it must be, what is drawn, the way to the wide docks."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.legend import CORNERS, Corner
from napari_ssrvae.docks.results_table import ResultsTable
from napari_ssrvae.docks.thresholds import Thresholds
from napari_ssrvae.docks.widgets import Hint

if TYPE_CHECKING:
    import napari
    import numpy as np
    from numpy.typing import NDArray

    from napari_ssrvae.session.displaying import Scope

__all__ = ["ResultsPanel"]

WIDE_DOCKS = {
    "Gallery": "All particles as thumbnails, sorted and filtered",
    "Latent map": "All particles as points: latents, measurements, probability",
    "Latents": "What the model has learnt to draw: sliders for each latent, traversals, manifolds",
    "Report": "How far the result can be trusted: accuracy, calibration, stress test, distributions",
}
SCOPES: dict[Scope, str] = {"library": "all micrographs", "micrograph": "this micrograph"}


class ResultsPanel(QWidget):
    """Counts per class, the thresholds, and what is drawn on the micrograph."""

    title = "Results"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session

        self.thresholds = Thresholds(self.session)
        self.threshold = self.thresholds.unsure
        self.table = ResultsTable()
        self.scope = QComboBox()
        for scope, words in SCOPES.items():
            self.scope.addItem(words, scope)
        self.scope.setAccessibleName("Count")
        self.scope.setToolTip(
            "What the table and the legend count: the whole library, or the micrograph in view"
        )
        self.scope.currentIndexChanged.connect(
            lambda _: self.session.set_scope(self.scope.currentData())
        )
        self._count = QWidget()
        _filled(QHBoxLayout(self._count), QLabel("Count"), self.scope)

        self.arrows = QCheckBox("Pose arrows")
        self.arrows.setToolTip(
            "An arrow on each particle for the angle that the model finds: where the right-hand side of the class's "
            "upright picture points. Of a class that looks the same when it is turned, the arrow is one of several."
        )
        self.arrows.toggled.connect(self.canvas.arrows.switch)
        self.legend = QCheckBox("Legend")
        self.legend.setToolTip("Colours and counts over the micrograph")
        self.legend.toggled.connect(self.canvas.legend.switch)
        self.corner = QComboBox()
        self.corner.addItems(list(CORNERS))
        self.corner.setAccessibleName("Corner of the legend")
        self.corner.setToolTip("In which corner of the micrograph's view the legend lies")
        self.corner.currentTextChanged.connect(
            lambda corner: self.canvas.legend.put(cast(Corner, corner))
        )
        drawn = _filled(QHBoxLayout(), self.arrows, self.legend, self.corner)

        docks = QHBoxLayout()
        docks.setSpacing(4)
        self.docks: dict[str, QPushButton] = {}
        for name, tip in WIDE_DOCKS.items():
            button = self.docks[name] = QPushButton(name)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, name=name: self.canvas.open_dock(name))
            docks.addWidget(button)

        self.look = QPushButton("Traversals")
        self.look.setToolTip(
            "Move the view to the pictures of what the model has learnt: one strip for each class and latent"
        )
        self.look.clicked.connect(self._look)
        self.back = QPushButton("Micrograph")
        self.back.setToolTip("Move the view back to the micrograph")
        self.back.clicked.connect(self._back)
        self.hint = Hint()

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.thresholds)
        column.addWidget(self._count)
        column.addWidget(self.table)
        column.addLayout(drawn)
        column.addLayout(docks)
        column.addLayout(_filled(QHBoxLayout(), QLabel("Look at"), self.look, self.back))
        column.addWidget(self.hint)

        session = self.session
        self._later = Later(self._follow, self)
        for signal in (
            session.predictions_changed,
            session.labels_changed,
            session.classes_changed,
            session.particles_changed,
            session.catalogue_changed,
            session.unsure_below_changed,
            session.novel_above_changed,
            session.scope_changed,
            session.current_changed,
            session.traversals_changed,
            session.library_changed,
        ):
            signal.connect(self._later.ask)
        self.canvas.layers_changed.connect(self._later.ask)
        self.canvas.arrows.changed.connect(self._later.ask)
        self.canvas.legend.changed.connect(self._later.ask)
        self.canvas.training.ended.connect(self._later.ask)
        self.refresh()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        total = sum(model for _, model in self.session.counts().values())
        return f"{total:,} classified" if total else "none yet"

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Catch up with what happened meanwhile."""
        super().showEvent(event)
        self._later.ask()

    def _follow(self) -> None:
        if self.isVisible():
            self.refresh()
        else:
            # The header of a folded step says it, too.
            self.status_changed.emit(self.status)

    def refresh(self, *_: object) -> None:
        """Show the session as it is."""
        session, canvas = self.session, self.canvas
        predicted = bool(session.catalogue.by_model.any())
        self.thresholds.refresh(predicted=predicted)
        if predicted:
            # As much work as there are particles: not while nothing is there to be summed up.
            self.table.show_rows(session.summary(), aside=session.novel_above < 1)
        self.table.setVisible(predicted)
        self._count.setVisible(predicted and _several(session.catalogue.micrograph_ids))
        _choose(self.scope, self.scope.findData(session.scope))
        _check(self.arrows, canvas.arrows.on)
        self.arrows.setEnabled(predicted)
        _check(self.legend, canvas.legend.on)
        _choose(self.corner, self.corner.findText(canvas.legend.corner))
        self.corner.setEnabled(canvas.legend.on)
        shown = bool(canvas.traversals.shown())
        self.look.setEnabled(shown)
        self.back.setEnabled(shown)
        self.hint.say(self._hint(predicted=predicted))
        self.status_changed.emit(self.status)

    def _hint(self, *, predicted: bool) -> str:
        if not predicted:
            return "Train first: the classes of all particles appear here and on the micrograph."
        if self.canvas.arrows.waiting:
            return "The arrows appear when the training has ended."
        return ""

    def _look(self) -> None:
        self.canvas.show_layers(self.canvas.traversals.shown())

    def _back(self) -> None:
        image = self.canvas.image_layer(self.session.current)
        if image is not None:
            self.canvas.show_layers([image])


def _several(micrograph_ids: NDArray[np.int64]) -> bool:
    return bool(len(micrograph_ids)) and bool(micrograph_ids.min() != micrograph_ids.max())


def _filled(row: QHBoxLayout, *widgets: QWidget) -> QHBoxLayout:
    row.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        row.addWidget(widget, 1 if widget is widgets[-1] else 0)
    return row


def _check(box: QCheckBox, on: bool) -> None:
    box.blockSignals(True)
    box.setChecked(on)
    box.blockSignals(False)


def _choose(box: QComboBox, index: int) -> None:
    box.blockSignals(True)
    box.setCurrentIndex(index)
    box.blockSignals(False)
