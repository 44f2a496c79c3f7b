"""The report: how far the result can be trusted."""

from napari_ssrvae.docks.report.dock import ReportDock

__all__ = ["ReportDock"]
