"""The report: how far the result can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.report.panel import ReportPanel
from napari_ssrvae.docks.wide_dock import WideDock

if TYPE_CHECKING:
    import napari

__all__ = ["ReportDock"]


class ReportDock(WideDock):
    """Report, below the micrograph."""

    NAME = "Report"
    HEIGHT_PX = 330

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        self.panel = ReportPanel(canvas_of(napari_viewer))
        super().__init__(napari_viewer, self.panel)
