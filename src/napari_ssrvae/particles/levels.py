"""The first look: how bright background and particles are, and how wide a particle is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from napari_ssrvae.particles.backgrounds import fit_background, smooth_background
from napari_ssrvae.particles.surfaces import Surface

__all__ = [
    "LEAST_PIECE_PX",
    "Levels",
    "fill_small_holes",
    "flattened",
    "flattened_by",
    "measure_levels",
    "particles_are_bright",
    "split_level",
]

# Otsu's method splits plain noise, too: its two halves are then about 2.5 of their own widths apart.
LEAST_SEPARATION = 3.2
OUTLIER_SIGMAS = 5.0
LEAST_CONTRAST_SIGMAS = 2.5
# What was found as an outlier is above 5 sigmas anyhow: it must be so clearly.
LEAST_RARE_SIGMAS = 6.5
# Fewer pixels than this together are noise.
LEAST_PIECE_PX = 7
LEAST_WIDTH_PX = 3.0
# Chords of a disc: their median is the diameter times sqrt(3) / 2.
MEDIAN_CHORD = 0.866
ROUNDS = 3
# With less background than this in view the last estimate stands.
LEAST_KNOWN = 0.02
# A dark face inside bright edges is at most this part of the image.
LARGEST_FACE = 60
MOSTLY_EMPTY = 0.1


@dataclass(frozen=True)
class Levels:
    """What the first look found; grey values are those of the flattened image.

    Attributes
    ----------
    low, high : float
        Median of background and of particles.
    spread : float
        Standard deviation of the background, smoothed as it is.
    width_px : float
        Usual width of a particle or of a sphere in an agglomerate.
    rare : bool
        Particles are too few to show as a second hill in the histogram.
    """

    low: float
    high: float
    spread: float
    width_px: float
    rare: bool

    @property
    def contrast(self) -> float:
        """How far particles stand out."""
        return self.high - self.low

    @property
    def separation(self) -> float:
        """How far particles stand out, in standard deviations of the background."""
        return self.contrast / max(self.spread, 1e-12 * abs(self.contrast), 1e-30)

    @property
    def significant(self) -> bool:
        """Whether there is anything but noise."""
        sigmas = LEAST_RARE_SIGMAS if self.rare else LEAST_CONTRAST_SIGMAS
        return self.contrast > sigmas * self.spread


def split_level(flat: NDArray[np.float32]) -> tuple[float, bool]:
    """Return a threshold between background and bright particles, and whether these are rare.

    Otsu's, unless it merely halves the noise, as it does where particles are rare: then what stands out
    of the background counts.
    """
    level = float(threshold_otsu(flat))
    above = flat > level
    if above.any() and not above.all():
        upper, lower = flat[above], flat[~above]
        share = len(upper) / flat.size
        within = np.sqrt(share * float(upper.var()) + (1 - share) * float(lower.var()))
        if float(upper.mean()) - float(lower.mean()) > LEAST_SEPARATION * within:
            return level, False
    middle = float(np.median(flat))
    sigma = 1.4826 * float(np.median(np.abs(flat - middle)))
    return (max(level, middle + OUTLIER_SIGMAS * sigma) if sigma > 0 else level), True


def flattened(smooth: NDArray[np.float32], wide_px: float) -> tuple[NDArray[np.float32], Surface]:
    """Return the image minus the smooth background between its bright particles, and that background.

    What is background is not known beforehand: threshold and background are found in turns.
    """

    def near_particles(flat: NDArray[np.float32], level: float) -> NDArray[np.bool_]:
        near: NDArray[np.bool_] = ndimage.binary_dilation(flat > level, iterations=2)
        return near

    return flattened_by(smooth, wide_px, near_particles)


def flattened_by(
    smooth: NDArray[np.float32],
    wide_px: float,
    near_particles: Callable[[NDArray[np.float32], float], NDArray[np.bool_]],
) -> tuple[NDArray[np.float32], Surface]:
    """Do what `flattened` does, with another rule for what is too near to a particle to be background."""
    known = np.ones(smooth.shape, dtype=bool)
    for turn in range(ROUNDS):
        surface = fit_background(smooth, known, wide_px)
        flat = smooth - surface.over(smooth.shape)
        if turn + 1 < ROUNDS:
            known = ~near_particles(flat, split_level(flat)[0])
            if known.mean() < LEAST_KNOWN:
                break
    return flat, surface


def measure_levels(
    flat: NDArray[np.float32], least_piece_px: float = 0.0, *, halves: bool = False
) -> Levels | None:
    """Return the levels of a flattened image with bright particles; None where nothing stands out.

    With `halves` the brighter half is taken for particles, however little it stands out.
    """
    level, rare = (float(threshold_otsu(flat)), False) if halves else split_level(flat)
    mask = flat > level
    if mask.mean() < MOSTLY_EMPTY:
        mask = _without_crumbs(mask, max(LEAST_PIECE_PX, least_piece_px))
    if not mask.any() or mask.all():
        return None
    outside = flat[~mask]
    low = float(np.median(outside))
    spread = 1.4826 * float(np.median(np.abs(outside - low)))
    high = float(np.median(flat[mask]))
    filled = fill_small_holes(mask, flat.size // LARGEST_FACE)
    return Levels(low, high, spread, _usual_width(filled), rare)


def _usual_width(mask: NDArray[np.bool_]) -> float:
    chords = np.concatenate([_runs(mask), _runs(mask.T)])
    chords = chords[chords > 2] if (chords > 2).any() else chords
    return max(LEAST_WIDTH_PX, float(np.median(chords)) / MEDIAN_CHORD if len(chords) else 0.0)


def _without_crumbs(mask: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    pieces, n = ndimage.label(mask)
    keep = np.bincount(pieces.ravel(), minlength=n + 1) >= least
    keep[0] = False
    kept: NDArray[np.bool_] = keep[pieces]
    return kept


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the lengths of all runs of True along the rows."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 1), dtype=np.int8)
    padded[:, :-1] = mask
    change = np.diff(padded.ravel(), prepend=np.int8(0))
    return np.flatnonzero(change == -1) - np.flatnonzero(change == 1)


def fill_small_holes(mask: NDArray[np.bool_], largest_px: float) -> NDArray[np.bool_]:
    """Return the mask with enclosed holes of at most `largest_px` pixels filled."""
    holes, n = ndimage.label(~mask)
    if n == 0:
        return mask
    area = np.bincount(holes.ravel(), minlength=n + 1)
    fill = area <= largest_px
    for rim in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        fill[rim] = False
    fill[0] = True
    filled: NDArray[np.bool_] = fill[holes]
    return filled


def particles_are_bright(smooth: NDArray[np.float32]) -> bool:
    """Tell whether particles are brighter than the background.

    The background is the part that hangs together: of the bright and the dark half, the one whose
    largest connected piece holds the greater share of it.
    """
    step = max(1, max(smooth.shape) // 1024)
    small = smooth[::step, ::step]
    flat = small - smooth_background(small, np.ones(small.shape, dtype=bool), max(small.shape) / 8)
    level = float(threshold_otsu(flat))
    bright, dark = flat > level, flat <= level
    skew = float(((flat - flat.mean()) ** 3).mean()) / max(float(flat.std()) ** 3, 1e-30)
    votes = _connectedness(dark) - _connectedness(bright) + 0.25 * float(np.clip(skew, -1, 1))
    return votes >= 0


def _connectedness(mask: NDArray[np.bool_]) -> float:
    pieces, n = ndimage.label(mask)
    if n == 0:
        return 0.0
    area = np.bincount(pieces.ravel())[1:]
    return float(area.max() / area.sum())
