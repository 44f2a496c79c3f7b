"""The report: how far the result can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.wide_dock import WideDock

if TYPE_CHECKING:
    import napari

__all__ = ["ReportDock"]


class ReportDock(WideDock):
    """Report, below the micrograph."""

    NAME = "Report"

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        panel = QWidget()
        super().__init__(napari_viewer, panel)
        self.panel = panel
