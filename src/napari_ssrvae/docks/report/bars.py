"""Class counts as bars, sizes as histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.docks.plots import Tint, name_axis, new_plot, plot_text, themed, visible_on
from napari_ssrvae.docks.report.page import compact

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.workflow.distributions import Counts, Histogram

__all__ = ["CountBars", "SizeCurves"]

WIDTH = 0.38


class CountBars:
    """Two bars for each class: outlined, by hand; filled, by the model."""

    def __init__(self, viewer: napari.Viewer) -> None:
        import pyqtgraph as pg

        self.plot = new_plot("class", "particles")
        compact(self.plot, 240)
        self.plot.setAccessibleName("Particles of each class")
        self.plot.setToolTip("Predictions are counted however sure the model is")
        self.hand = pg.BarGraphItem(x=[0], height=[0], width=WIDTH)
        self.model = pg.BarGraphItem(x=[0], height=[0], width=WIDTH)
        self._keys = [pg.BarGraphItem(x=[0], height=[0], width=1) for _ in range(2)]
        for bars in (self.hand, self.model):
            self.plot.addItem(bars)
        self.legend = self.plot.addLegend(offset=(-4, 4), labelTextSize="8pt")
        self.legend.addItem(self._keys[0], "by hand")
        self.legend.addItem(self._keys[1], "by the model")
        self._numbers: list[Any] = []
        self._colours: list[str] = []
        self._background = "#000000"
        self.theming = themed(self.plot, viewer, self._paint)

    def show(self, found: Counts, names: Sequence[str], colours: Sequence[str]) -> None:
        """Show the counts; names are shown as they are."""
        import pyqtgraph as pg

        item, x = self.plot.getPlotItem(), np.arange(len(names), dtype=float)
        self._colours = list(colours)
        self.hand.setOpts(x=x - WIDTH / 2, height=found.by_hand)
        self.model.setOpts(x=x + WIDTH / 2, height=found.by_model)
        for number in self._numbers:
            item.removeItem(number)
        self._numbers = []
        for side, counts in ((-1, found.by_hand), (1, found.by_model)):
            for at, count in zip(x, counts.tolist(), strict=True):
                text = pg.TextItem(f"{count:,}", anchor=(0.5, 1))
                text.setPos(at + side * WIDTH / 2, count)
                item.addItem(text, ignoreBounds=True)
                self._numbers.append(text)
        item.getAxis("bottom").setTicks([list(zip(x.tolist(), names, strict=True))])
        most = max(1, int(max(found.by_hand.max(initial=0), found.by_model.max(initial=0))))
        self.plot.setRange(xRange=(-0.6, max(0.6, len(names) - 0.4)), yRange=(0, 1.22 * most))
        name_axis(self.plot, "bottom", f"class ({found.none:,} of none yet)")
        self.theming.again()

    def _paint(self, tint: Tint) -> None:
        import pyqtgraph as pg

        pens = [pg.mkPen(visible_on(c, tint.background), width=2) for c in self._colours]
        none = pg.mkBrush(0, 0, 0, 0)
        if pens:
            self.hand.setOpts(pens=pens, brushes=[none] * len(pens))
            self.model.setOpts(pens=pens, brushes=[pg.mkBrush(colour) for colour in self._colours])
        self._keys[0].setOpts(pen=pg.mkPen(tint.text, width=2), brush=none)
        self._keys[1].setOpts(pen=pg.mkPen(tint.faint), brush=pg.mkBrush(tint.faint))
        for number in self._numbers:
            number.setColor(tint.text)


class SizeCurves:
    """A histogram of sizes for each class, as shares of the class, so that rare ones are seen as well."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self.plot = new_plot("equivalent diameter", "share", y_units="%")
        compact(self.plot, 240)
        self.plot.setAccessibleName("Sizes of each class")
        self.plot.setToolTip(
            "Which share of each class has which size; in the legend the medians (med.)"
        )
        self.legend = self.plot.addLegend(offset=(-4, 4), labelTextSize="8pt", verSpacing=-3)
        self._curves: list[tuple[Any, Any, str]] = []
        self.theming = themed(self.plot, viewer, self._paint)

    def show(
        self,
        found: Histogram,
        unit: str,
        medians: Sequence[float],
        names: Sequence[str],
        colours: Sequence[str],
    ) -> None:
        """Show the sizes; names are shown as they are."""
        import pyqtgraph as pg

        item = self.plot.getPlotItem()
        for curve, _, _ in self._curves:
            item.removeItem(curve)
        self._curves = []
        self.legend.clear()
        n = found.counts.sum(axis=1)
        share = 100 * found.counts / np.maximum(n, 1)[:, None]
        for k, (name, colour) in enumerate(zip(names, colours, strict=True)):
            if n[k]:
                curve = item.plot(found.edges, share[k], stepMode="center", fillLevel=0)
                key = pg.BarGraphItem(x=[0], height=[0], width=1)
                self.legend.addItem(
                    key, plot_text(f"{name}, n = {n[k]:,}, med. {medians[k]:.3g} {unit}")
                )
                self._curves.append((curve, key, colour))
        beyond = f", {found.beyond:,} larger in the last bar" if found.beyond else ""
        name_axis(self.plot, "bottom", f"equivalent diameter ({unit}){beyond}")
        most = max(1.0, float(share.max(initial=0.0)))
        self.theming.again()
        low, high = found.edges[0], found.edges[-1]
        # The legend stands beside the curves, not on them.
        key, room = self.legend.boundingRect().width(), item.getViewBox().width()
        free = min(key / max(room - key, 1.0), 1.6) if key < room else 1.6
        self.plot.setRange(xRange=(low, high + free * (high - low)), yRange=(0, 1.1 * most))

    def _paint(self, tint: Tint) -> None:
        import pyqtgraph as pg

        for curve, key, colour in self._curves:
            pen = pg.mkPen(visible_on(colour, tint.background), width=2)
            curve.setPen(pen)
            fill = pg.mkColor(colour)
            fill.setAlpha(50)
            curve.setFillBrush(fill)
            key.setOpts(pen=pen, brush=fill)
