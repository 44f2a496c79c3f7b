"""The workbench: the five steps in the order of the work, in one dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.export import ExportPanel
from napari_ssrvae.docks.label import LabelPanel
from napari_ssrvae.docks.micrograph_bar import MicrographBar
from napari_ssrvae.docks.results import ResultsPanel
from napari_ssrvae.docks.segment import SegmentPanel
from napari_ssrvae.docks.train import TrainPanel
from napari_ssrvae.docks.widgets import Fold, ScrollDock

if TYPE_CHECKING:
    import napari

__all__ = ["ExportDock", "LabelDock", "ResultsDock", "SegmentDock", "TrainDock", "Workbench"]


class _Section(Fold):
    """One step: its number, name and state in the header, the panel inside."""

    def __init__(self, number: int, panel: QWidget) -> None:
        super().__init__(panel.title, panel, expanded=True)
        self.panel = panel
        self._number = number
        panel.status_changed.connect(self._show_status)
        self._show_status(panel.status)

    def _show_status(self, status: str) -> None:
        self.setText(f"{self._number}  {self.panel.title}   \u00b7   {status}")


class Workbench(ScrollDock):
    """All steps, from the micrograph to the library."""

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self.bar = MicrographBar(napari_viewer)
        self.segment = SegmentPanel(napari_viewer)
        self.label = LabelPanel(napari_viewer)
        self.train = TrainPanel(napari_viewer)
        self.results = ResultsPanel(napari_viewer)
        self.export = ExportPanel(napari_viewer)
        panels = (self.segment, self.label, self.train, self.results, self.export)
        self.sections = [_Section(number, panel) for number, panel in enumerate(panels, start=1)]
        super().__init__(self.bar.canvas, self.bar, *self.sections)


class _StepDock(ScrollDock):
    """One step in a dock of its own."""

    panel_type: type[QWidget]

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self.bar = MicrographBar(napari_viewer)
        self.panel = self.panel_type(napari_viewer)
        super().__init__(self.bar.canvas, self.bar, self.panel)


class SegmentDock(_StepDock):
    """Finds particles."""

    panel_type = SegmentPanel


class LabelDock(_StepDock):
    """Classes and labels."""

    panel_type = LabelPanel


class TrainDock(_StepDock):
    """Trains the model."""

    panel_type = TrainPanel


class ResultsDock(_StepDock):
    """Shows what the model says."""

    panel_type = ResultsPanel


class ExportDock(_StepDock):
    """Opens and exports libraries."""

    panel_type = ExportPanel
