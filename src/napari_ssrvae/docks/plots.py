"""What all plots have in common: the theme's colours, text that is only text, and the way to a file.

pyqtgraph is imported when the first plot is made, not with this module.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from napari_ssrvae.docks.plot_files import SaveButtons, save_csv, save_png, save_svg
from napari_ssrvae.docks.plot_theme import PAPER, Theming, Tint, themed, tint_of, visible_on

if TYPE_CHECKING:
    import pyqtgraph as pg

__all__ = [
    "PAPER",
    "SaveButtons",
    "Theming",
    "Tint",
    "name_axis",
    "new_plot",
    "plot_text",
    "save_csv",
    "save_png",
    "save_svg",
    "themed",
    "tint_of",
    "visible_on",
]


def plot_text(text: str) -> str:
    """Return what pyqtgraph shows as exactly this text; its axes, legends, titles and `TextItem(html=)` take markup."""
    return html.escape(text)


def new_plot(x: str, y: str, *, x_units: str = "", y_units: str = "") -> pg.PlotWidget:
    """Return an empty plot with named axes that neither moves nor has a menu; names are plain text."""
    import pyqtgraph as pg

    plot = pg.PlotWidget()
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    # Or the names of the axes lose their lower, the uppermost numbers their upper half.
    plot.getPlotItem().layout.setContentsMargins(2, 8, 8, 6)
    name_axis(plot, "bottom", x, x_units)
    name_axis(plot, "left", y, y_units)
    return plot


def name_axis(plot: pg.PlotWidget, side: str, name: str, units: str = "") -> None:
    """Name an axis "name (units)"; the numbers stay as they are, whatever their size."""
    axis = plot.getPlotItem().getAxis(side)
    axis.enableAutoSIPrefix(False)
    axis.setLabel(plot_text(f"{name} ({units})" if units else name))
    # Or it stays where the name before it was in the middle.
    axis.resizeEvent()
