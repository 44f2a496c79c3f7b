"""Where the particles point to, as a rose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ssrvae.docks.plots import Tint, name_axis, new_plot, plot_text, themed, visible_on
from napari_ssrvae.docks.report.page import compact

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.workflow.distributions import Histogram

__all__ = ["Rose"]

ROUND = np.linspace(0, 2 * np.pi, 121)
STEPS = (0.5, 1, 2, 5, 10, 20, 25, 50)


class Rose:
    """Share of each class per sector of the circle, counter-clockwise as seen on the micrograph."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self.plot = new_plot("share", "")
        compact(self.plot, 240)
        self.plot.setAccessibleName("Orientations")
        item = self.plot.getPlotItem()
        item.setAspectLocked(True)
        item.hideAxis("left")
        self.legend = self.plot.addLegend(offset=(4, 4), labelTextSize="8pt", verSpacing=-3)
        self._guides: list[Any] = []
        self._lines: list[tuple[Any, str]] = []
        self.theming = themed(self.plot, viewer, self._paint)

    def show(self, found: Histogram, names: Sequence[str], colours: Sequence[str]) -> None:
        """Show the shares; names are shown as they are."""
        import pyqtgraph as pg

        item = self.plot.getPlotItem()
        for thing in [*self._guides, *(line for line, _ in self._lines)]:
            item.removeItem(thing)
        self._guides, self._lines = [], []
        self.legend.clear()
        n = found.counts.sum(axis=1)
        share = 100 * found.counts / np.maximum(n, 1)[:, None]
        most = max(float(share.max(initial=0.0)), 1.0)
        step = next((s for s in STEPS if most / s <= 3), 100)
        rings = np.arange(step, most + step, step)
        for ring in rings:
            self._guides.append(item.plot(ring * np.cos(ROUND), ring * np.sin(ROUND)))
        far = float(rings[-1])
        for degrees in (0, 90, 180, 270):
            t = np.deg2rad(degrees)
            text = pg.TextItem(f"{degrees}°", anchor=(0.5, 0.5))
            text.setPos(1.16 * far * np.cos(t), 1.16 * far * np.sin(t))
            item.addItem(text, ignoreBounds=True)
            self._guides.append(text)
        for k, (name, colour) in enumerate(zip(names, colours, strict=True)):
            if not n[k]:
                continue
            # Each sector is an arc of its own radius.
            t = np.concatenate(
                [np.linspace(a, b, 6) for a, b in zip(found.edges, found.edges[1:], strict=False)]
            )
            r = np.repeat(share[k], 6)
            x, y = r * np.cos(t), r * np.sin(t)
            line = item.plot(np.append(x, x[0]), np.append(y, y[0]))
            self.legend.addItem(line, plot_text(f"{name}, n = {n[k]:,}"))
            self._lines.append((line, colour))
        ticks = [(sign * far, f"{far:g}") for sign in (-1, 1)]
        item.getAxis("bottom").setTicks([[(0.0, "0"), *ticks]])
        width = 360 / found.counts.shape[1]
        name_axis(self.plot, "bottom", f"share of the class per {width:g}° of angle", "%")
        self.plot.setRange(xRange=(-1.3 * far, 1.3 * far), yRange=(-1.3 * far, 1.3 * far))
        self.theming.again()

    def _paint(self, tint: Tint) -> None:
        import pyqtgraph as pg

        for guide in self._guides:
            if isinstance(guide, pg.TextItem):
                guide.setColor(tint.text)
            else:
                guide.setPen(pg.mkPen(tint.faint, width=1))
        for line, colour in self._lines:
            line.setPen(pg.mkPen(visible_on(colour, tint.background), width=2))
