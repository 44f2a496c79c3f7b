"""The colours of plots: napari's theme on the screen, black on white in files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.compat import isalive
from qtpy.QtCore import QObject
from qtpy.QtGui import QColor

if TYPE_CHECKING:
    import napari
    import pyqtgraph as pg

__all__ = ["PAPER", "Theming", "Tint", "themed", "tint_of", "visible_on"]


@dataclass(frozen=True)
class Tint:
    """Colours of a plot, as "#rrggbb".

    Attributes
    ----------
    background, text : str
    faint : str
        For lines that only guide the eye.
    """

    background: str
    text: str
    faint: str


# What a plot is saved with: files go into papers and onto slides.
PAPER = Tint("#ffffff", "#000000", "#8a8a8a")


def tint_of(viewer: napari.Viewer) -> Tint:
    """Return the colours of napari's theme."""
    from napari.utils.theme import get_theme

    theme = get_theme(viewer.theme)
    background, text = (str(c.as_hex("long"))[:7] for c in (theme.background, theme.text))
    return Tint(background, text, _between(background, text, 0.45))


def visible_on(colour: str, background: str) -> str:
    """Return a class colour, or a darker or lighter one where it would not be seen as a thin line."""
    light, ground = QColor(colour).lightnessF(), QColor(background).lightnessF()
    if abs(light - ground) >= 0.2:
        return colour
    return _between(colour, "#000000" if ground > 0.5 else "#ffffff", 0.35)


class Theming(QObject):
    """Keeps one plot in the colours of napari's theme.

    Parameters
    ----------
    plot : PlotWidget
        Whose axes, legend, title and background are coloured; this object belongs to it.
    viewer : Viewer
    repaint : callable, optional
        Called with the tint each time, for what else depends on it.
    """

    def __init__(
        self,
        plot: pg.PlotWidget,
        viewer: napari.Viewer,
        repaint: Callable[[Tint], None] | None = None,
    ) -> None:
        super().__init__(plot)
        self._plot, self._viewer, self._repaint = plot, viewer, repaint
        self.tint = tint_of(viewer)
        viewer.events.theme.connect(self.follow)
        self.apply(self.tint)

    def follow(self, _event: Any = None) -> None:
        """Take the colours of the theme."""
        if isalive(self._plot):
            self.apply(tint_of(self._viewer))

    def again(self) -> None:
        """Colour what came since, a legend's new entries for example."""
        self.apply(self.tint)

    def apply(self, tint: Tint) -> None:
        """Draw in these colours."""
        self.tint = tint
        plot, item = self._plot, self._plot.getPlotItem()
        plot.setBackground(tint.background)
        for side in ("left", "bottom", "right", "top"):
            axis = item.getAxis(side)
            axis.setPen(tint.text)
            axis.setTextPen(tint.text)
        if item.titleLabel.text:
            item.titleLabel.setText(item.titleLabel.text, color=tint.text)
        if item.legend is not None:
            ground = QColor(tint.background)
            ground.setAlpha(150)
            # What lies below stays visible, and the names readable.
            item.legend.setBrush(ground)
            item.legend.setLabelTextColor(tint.text)
            for _, label in item.legend.items:
                label.setText(label.text, color=tint.text)
        if self._repaint is not None:
            self._repaint(tint)


def themed(
    plot: pg.PlotWidget, viewer: napari.Viewer, repaint: Callable[[Tint], None] | None = None
) -> Theming:
    """Let a plot follow napari's theme, now and later; see `Theming`. Saving finds it as well and draws on white."""
    plot.theming = Theming(plot, viewer, repaint)
    theming: Theming = plot.theming
    return theming


def _between(one: str, other: str, share: float) -> str:
    a, b = QColor(one), QColor(other)
    mixed = (
        round(x + share * (y - x)) for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)
    )
    return QColor(*mixed).name()
