"""The models that are kept: which one is shown, what each is worth, where two of them disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.plain import plain_tip
from napari_ssrvae.docks.tasks import Task
from napari_ssrvae.docks.train_settings import preset_words
from napari_ssrvae.docks.widgets import Hint
from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters
from napari_ssrvae.workflow.comparing import Disagreement, compare_models

if TYPE_CHECKING:
    from napari_ssrvae.docks.training_run import TrainingRun
    from napari_ssrvae.library import ParticleLibrary
    from napari_ssrvae.session import Session
    from napari_ssrvae.workflow import ModelInfo

__all__ = ["ModelsTable", "accuracy_words", "notes_of", "tip_of"]

COLUMNS = ("", "Model", "Accuracy (95 %)", "Labels", "Epochs", "Note", "Preset", "When")
CURRENT, OTHER = "\u25c9", "\u25cb"
FEW = 10
"""Judged labels below which a share says nothing."""


def accuracy_words(held_out: Mapping[str, Any] | None) -> str:
    """Return the share of held-out labels that were right, with its interval and their number."""
    if not held_out or not held_out.get("judged"):
        return "not judged"
    right, judged = int(held_out["right"]), int(held_out["judged"])
    if judged < FEW:
        return f"{right} of {judged}, too few"
    low, high = float(held_out["low"]), float(held_out["high"])
    return f"{right / judged:.2f} ({low:.2f}\u2013{high:.2f}), n = {judged}"


def notes_of(info: ModelInfo) -> str:
    """Return what is particular about how a model came about."""
    notes = []
    if info.warm_from:
        notes.append(f"from {info.warm_from}")
    if info.stopped:
        notes.append("stopped")
    if info.automatic:
        notes.append("automatic")
    return ", ".join(notes)


def tip_of(info: ModelInfo) -> str:
    """Return parameters that are not the preset's own, seed, device and versions of a model, one per line."""
    try:
        usual = SSRVAEParameters.of_preset(info.preset).model_dump(mode="json")
    except InputError:
        usual = {}
    titles = {name: field.title or name for name, field in SSRVAEParameters.model_fields.items()}
    own = [
        f"{titles.get(name, name)}: {value}"
        for name, value in info.parameters.items()
        if usual.get(name, object()) != value
    ]
    lines = [
        f"{info.name}, {preset_words(info.preset)}",
        f"Parameters: {'; '.join(own) if own else 'as the preset has them'}",
        f"Seed {info.seed}, device {info.device}",
        f"Latents {info.parameters.get('n_latents', '?')}, {len(info.class_ids)} classes",
    ]
    if info.seconds is not None:
        lines.append(f"Trained for {info.seconds:,.0f} s")
    lines.append(", ".join(f"{name} {version}" for name, version in info.versions.items()))
    return "\n".join(filter(None, lines))


class ModelsTable(QWidget):
    """Choose, remove and compare models.

    Attributes
    ----------
    count_changed : Signal
        How many there are.
    """

    count_changed = Signal(int)

    def __init__(self, session: Session, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.run = session, run
        self._infos: list[ModelInfo] = []
        self._disagree: Disagreement | None = None
        self._compared_in: ParticleLibrary | None = None
        self._stale = True
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.setAccessibleName("Models")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setFixedHeight(150)
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.cellDoubleClicked.connect(lambda row, _: self._choose_row(row))
        self.table.cellClicked.connect(self._on_click)
        self.table.itemSelectionChanged.connect(self._on_selection)
        self.use = QPushButton("Use")
        self.use.setToolTip("Show what the chosen model says; a click on its circle does the same")
        self.use.clicked.connect(self._on_use)
        self.compare = QPushButton("Compare")
        self.compare.setToolTip(
            "Choose two models (Ctrl+click): how good each is, where they differ"
        )
        self.compare.clicked.connect(self._on_compare)
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Remove the chosen models and what they say; labels stay")
        self.remove.clicked.connect(self._on_remove)
        self.select = QPushButton("Select them")
        self.select.setToolTip("Select the particles on which the two models disagree")
        self.select.clicked.connect(self._on_select)
        self.select.hide()
        self.said = Hint()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.use, self.compare, self.remove):
            row.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addWidget(self.select)

        self._task = Task(self)
        self._task.event.connect(self._on_compared)
        self._task.failed.connect(self._on_failed)
        self._task.running_changed.connect(self._on_selection)
        self._later = Later(self._refresh, self)
        session.models_changed.connect(self._on_models)
        session.library_changed.connect(self._on_library)
        run.started.connect(self._on_selection)
        run.ended.connect(self._on_selection)
        self._later.ask()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt's name
        """Catch up."""
        super().showEvent(event)
        if self._stale:
            self._later.ask()

    def abandon(self) -> None:
        """Let no comparison arrive any more."""
        self._task.abandon()

    @property
    def chosen(self) -> list[ModelInfo]:
        """The models whose rows are selected."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self._infos[row] for row in rows if row < len(self._infos)]

    def _on_models(self, *_: object) -> None:
        self._stale = True
        self._later.ask()

    def _on_library(self, *_: object) -> None:
        """Tell nothing of the models of the library before, whose names may be the same."""
        self.abandon()
        self._forget_comparison()
        self.said.say("")
        self.table.clearSelection()
        self._on_models()

    def _refresh(self) -> None:
        infos = [] if self.session.library is None else self.session.models()
        if len(infos) != len(self._infos):
            self.count_changed.emit(len(infos))
        if infos == self._infos and not self._stale:
            return
        self._stale = False
        kept = {info.name for info in self.chosen}
        self._infos = infos
        told = self._disagree
        if told is not None and not {told.first, told.second} <= {info.name for info in infos}:
            self._forget_comparison()
            self.said.say("")
        # Rows are chosen by their place, where another model may be now.
        self.table.clearSelection()
        self.table.setRowCount(len(infos))
        for row, info in enumerate(infos):
            tip = plain_tip(tip_of(info)).replace("\n", "<br>")
            words = (
                CURRENT if info.current else OTHER,
                info.name,
                accuracy_words(info.held_out),
                f"{info.n_labels:,}",
                str(info.epochs),
                notes_of(info),
                preset_words(info.preset),
                f"{info.created.astimezone():%Y-%m-%d %H:%M}",
            )
            for column, word in enumerate(words):
                item = QTableWidgetItem(word)
                item.setToolTip(tip)
                if info.current:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                if column in (3, 4):
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.table.setItem(row, column, item)
                if info.name in kept:
                    item.setSelected(True)
            self.table.item(row, 0).setData(
                Qt.ItemDataRole.AccessibleTextRole, "shown" if info.current else "not shown"
            )
        self.table.setFixedHeight(min(170, 24 * len(infos) + 46))
        self._on_selection()

    def _on_click(self, row: int, column: int) -> None:
        if column == 0:
            self._choose_row(row)

    def _choose_row(self, row: int) -> None:
        if 0 <= row < len(self._infos) and not self._infos[row].current:
            self._choose(self._infos[row].name)

    def _on_use(self) -> None:
        if len(self.chosen) == 1:
            self._choose(self.chosen[0].name)

    def _choose(self, name: str) -> None:
        try:
            without = self.session.choose_model(name)
        except InputError as error:
            self.said.say(str(error), error=True)
            return
        rest = (
            f" It says nothing of {without:,} particles that came later: train again for those."
            if without
            else ""
        )
        self._forget_comparison()
        self.said.say(f"{name} is shown.{rest}")

    def _on_selection(self, *_: object) -> None:
        chosen = self.chosen
        self.use.setEnabled(len(chosen) == 1 and not chosen[0].current)
        self.compare.setEnabled(len(chosen) == 2 and not self._task.running)
        self.remove.setEnabled(bool(chosen) and not self.run.running)

    def _on_remove(self) -> None:
        chosen = self.chosen
        names = ", ".join(info.name for info in chosen)
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Remove models")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Remove {names} and what {'it says' if len(chosen) == 1 else 'they say'}?")
        box.setInformativeText("This cannot be undone. Labels and particles stay.")
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
        if box.exec() != QMessageBox.StandardButton.Yes:
            return
        for info in chosen:
            try:
                self.session.remove_model(info.name)
            except InputError as error:
                self.said.say(str(error), error=True)
                return
        self.said.say(f"Removed {names}.")

    # --- comparing -----------------------------------------------------------------------------

    def _on_compare(self) -> None:
        library = self.session.library
        if library is None or len(self.chosen) != 2 or self._task.running:
            return
        # The older one first.
        second, first = self.chosen
        self._forget_comparison()
        self.said.say("Comparing")
        self._compared_in = library
        self._task.start(lambda: compare_models(library, first.name, second.name))

    def _on_failed(self, sentence: str) -> None:
        self.said.say(sentence, error=True)

    def _on_compared(self, event: object) -> None:
        if not isinstance(event, Disagreement) or self._compared_in is not self.session.library:
            return
        infos = {info.name: info for info in self._infos}
        self._disagree = event
        lines = [
            f"{name}: {accuracy_words(infos[name].held_out)}"
            for name in (event.first, event.second)
            if name in infos
        ]
        m = len(event.particle_ids)
        share = f" ({m / event.both:.1%})" if event.both else ""
        lines.append(f"They disagree on {m:,} of {event.both:,} particles{share}.")
        self.said.say("\n".join(lines))
        self.select.setText(f"Select these {m:,}")
        self.select.setVisible(m > 0)

    def _on_select(self) -> None:
        if self._disagree is not None:
            self.session.selection.select(self._disagree.particle_ids)

    def _forget_comparison(self) -> None:
        self._disagree = None
        self.select.hide()
