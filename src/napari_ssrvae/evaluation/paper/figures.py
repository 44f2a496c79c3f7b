"""Pieces of figures. Canvas objects only: pyplot keeps state for the whole process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "OFFSET_NAMES",
    "check_matplotlib",
    "heat_map",
    "legend_below",
    "montage",
    "new_figure",
    "png_bytes",
    "scatter",
    "show_montage",
]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
"""Okabe and Ito's, which people with any colour vision can tell apart."""

OFFSET_NAMES = {"vertical": "vertical offsets (paper)", "2d": "2-D offsets"}

_DPI = 150


def check_matplotlib() -> None:
    """Raise InputError where matplotlib is missing: better before the training than after it."""
    try:
        import matplotlib.backends.backend_agg  # noqa: F401
    except ImportError as error:
        raise InputError(
            'The figures need matplotlib: install it with pip install "napari-ssrvae[figures]".'
        ) from error


def new_figure(width: float, height: float, title: str) -> Figure:
    """Return an empty figure of this size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    return figure


def png_bytes(figure: Figure) -> bytes:
    """Return the figure as PNG."""
    from io import BytesIO

    target = BytesIO()
    figure.savefig(target, format="png", dpi=_DPI, facecolor="white")
    return target.getvalue()


def heat_map(
    axes: Axes,
    values: npt.ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    low: float = 0.0,
    high: float = 1.0,
    colours: str = "viridis",
) -> Any:
    """Draw numbers as colours between `low` and `high`, each with its value; NaN stays blank."""
    grid = np.asarray(values, dtype=float)
    picture = axes.imshow(grid, vmin=low, vmax=high, cmap=colours, aspect="auto")
    size = 9 if grid.shape[1] <= 6 else 7
    for (r, c), value in np.ndenumerate(grid):
        if np.isfinite(value):
            red, green, blue, _ = picture.cmap(picture.norm(value))
            dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
            # What is nearly but not quite 1, or small, deserves a third digit.
            text = f"{value:.3f}" if 0.995 <= value < 1 or high < 0.5 else f"{value:.2f}"
            axes.text(
                c, r, text, ha="center", va="center", fontsize=size, color="w" if dark else "k"
            )
    axes.set_xticks(range(len(columns)), columns, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_title(title, fontsize=9)
    return picture


def montage(tiles: npt.NDArray[np.float32], gap: int = 1) -> npt.NDArray[np.float32]:
    """Return pictures (R, C, S, S) as one, with white lines between them."""
    padded = np.pad(tiles, ((0, 0), (0, 0), (gap, 0), (gap, 0)), constant_values=1.0)
    rows, columns, height, width = padded.shape
    whole: npt.NDArray[np.float32] = padded.transpose(0, 2, 1, 3).reshape(
        rows * height, columns * width
    )
    return whole[gap:, gap:]


def show_montage(
    axes: Axes, tiles: npt.NDArray[np.float32], *, title: str = "", across: str = "", down: str = ""
) -> None:
    """Show pictures (R, C, S, S) side by side."""
    axes.imshow(montage(tiles), vmin=0, vmax=1, cmap="gray", interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel(across, fontsize=8)
    axes.set_ylabel(down, fontsize=8)


def legend_below(axes: Axes, columns: int = 2) -> None:
    """Put the legend below the axis label, where it hides no line."""
    axes.legend(
        fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=columns, frameon=False
    )


def scatter(
    axes: Axes,
    latents: npt.NDArray[np.float32],
    classes: npt.NDArray[np.int64],
    names: Sequence[str],
    *,
    title: str,
    legend: bool = True,
) -> None:
    """Show the first two latents (N, d), coloured by class; -1 is grey and lies below."""
    second = latents[:, 1] if latents.shape[1] > 1 else np.zeros(len(latents))
    for k in (-1, *range(len(names))):
        own = classes == k
        if own.any():
            axes.scatter(
                latents[own, 0],
                second[own],
                s=9 if k >= 0 else 5,
                alpha=0.75 if k >= 0 else 0.4,
                linewidths=0,
                color="#bbbbbb" if k < 0 else COLOURS[k % len(COLOURS)],
                label="no label" if k < 0 else names[k],
            )
    axes.set_xlabel("latent 1", fontsize=8)
    axes.set_ylabel("latent 2", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.set_title(title, fontsize=9)
    if legend:
        axes.legend(fontsize=7, markerscale=2, framealpha=0.85)
