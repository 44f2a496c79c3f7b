"""How large a piece of the micrograph a patch shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.checks import opened_labels
from napari_ssrvae.particles.runs import LabelRuns

__all__ = ["choose_window", "window_for"]

# The soft edge of the mask and a little air for the pose.
MARGIN_PX = 3.0
LARGEST_PART = 0.99
# Four particles in a row are four times as wide as one, however rare they are.
AGGLOMERATE = 4.0
# A rare one may lose its tips before all others are shown smaller.
TIPS = 1.2
# A single artefact among few particles: no agglomerate of interest is so many times the usual particle.
ARTEFACT = 8.0
LEAST_WINDOW = 8
DEFAULT_WINDOW = 32


def choose_window(labels: Any) -> int:
    """Return the edge in pixels of one square window that fits the particles at any angle.

    The window holds the circle around the centroid of the largest particle that counts. Particles
    that do not count: the largest 1 % (a window for the odd giant would shrink all others to
    dots), and what is more than 8 times as wide as the median. Among the largest 1 %, those up to 4 times as
    wide as the median may be a rare class of agglomerate: the window holds five sixths of their width at
    least. What does not fit is cut, and `Patches.clipped` says which.

    Parameters
    ----------
    labels : array_like of int or memory map, shape (H, W)

    Returns
    -------
    int
        Even, at least 8; 32 where there is no particle.
    """
    return window_for(LabelRuns.of(opened_labels(labels)).radii())


def window_for(radii: NDArray[np.float64]) -> int:
    """Return the window for particles of these bounding radii in pixels."""
    if len(radii) == 0:
        return DEFAULT_WINDOW
    diameters = np.sort(2 * radii + 1)
    median = float(np.median(diameters))
    common = diameters[: max(1, int(np.ceil(LARGEST_PART * len(diameters))))]
    largest = float(common[common <= ARTEFACT * median][-1])
    rare = float(diameters[diameters <= AGGLOMERATE * median][-1])
    held = max(largest, rare / TIPS)
    return max(LEAST_WINDOW, 2 * int(np.ceil((held + 2 * MARGIN_PX) / 2)))
