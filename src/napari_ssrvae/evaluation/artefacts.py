"""What goes wrong between the specimen and the file: charging, drift, focus, saturation, compression."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

__all__ = ["Artefacts", "charged", "compressed", "defocused", "drifted", "saturated"]


@dataclass(frozen=True, kw_only=True)
class Artefacts:
    """Artefacts of a recording; amplitudes are shares of the grey range.

    Attributes
    ----------
    charging_streaks : float
        Tails beside particles along the fast scan: dark below 0, bright above.
    streak_length_px : float
        Over which a tail fades to 1 / e.
    charging_halo : float
        Ring on the substrate round particles: dark below 0, bright above.
    halo_width_px : float
        Sigma of the ring.
    slow_scan_drift : float
        Wandering of the brightness from the first line to the last.
    defocus_px : float
        Additional blur (sigma) on one side of the micrograph, none on the other.
    gain : float
        Contrast about the middle grey; above 1 highlights and shadows saturate.
    offset : float
        Brightness added.
    line_jitter : float
        Standard deviation of the brightness from line to line.
    bandwidth_px : float
        Sigma over which the amplifier smears signal and noise along a line, as at fast scans.
    jpeg_quality : int or None
        The picture went through JPEG of this quality, 1 to 95.
    bits : int
        8, or 16 with counts that leave part of the range empty, as instruments do.
    """

    charging_streaks: float = 0.0
    streak_length_px: float = 60.0
    charging_halo: float = 0.0
    halo_width_px: float = 10.0
    slow_scan_drift: float = 0.0
    defocus_px: float = 0.0
    gain: float = 1.0
    offset: float = 0.0
    line_jitter: float = 0.0
    bandwidth_px: float = 0.0
    jpeg_quality: int | None = None
    bits: int = 8


def charged(
    picture: NDArray[np.float32],
    labels: NDArray[np.int32],
    how: Artefacts,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the picture with the streaks and rings of charged particles."""
    inside = labels > 0
    if how.charging_halo:
        ring = ndimage.gaussian_filter(inside.astype(np.float32), how.halo_width_px)
        ring /= max(float(np.percentile(ring[~inside], 99)) if (~inside).any() else 1.0, 1e-6)
        halo = how.charging_halo * np.minimum(ring, 1.2) * ~inside
        picture = np.asarray(picture + halo, np.float32)
    if how.charging_streaks:
        n = int(labels.max())
        charge = np.where(rng.random(n + 1) < 0.5, rng.uniform(0.3, 1.0, n + 1), 0.0)
        charge[0] = 0
        lines = ndimage.gaussian_filter1d(rng.normal(1.0, 0.8, labels.shape[0]), 0.8)[:, None]
        fade = float(np.exp(-1 / how.streak_length_px))
        source = (charge[labels] * np.clip(lines, 0, 2)).astype(np.float32)
        # Fed along the line; 15 px of particle charge it up.
        tail = np.minimum(signal.lfilter([1 / 15], [1, -fade], source, axis=1), 1.0)
        picture = picture + how.charging_streaks * tail * np.where(inside, 0.3, 1.0)
    return np.asarray(picture, np.float32)


def drifted(
    picture: NDArray[np.float32], how: Artefacts, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the picture with a brightness that wanders and jumps from line to line."""
    rows = picture.shape[0]
    if how.slow_scan_drift:
        walk = ndimage.gaussian_filter1d(np.cumsum(rng.normal(size=rows)), 0.03 * rows + 1)
        jump = np.where(np.arange(rows) > rng.integers(rows), 0.4 * rng.choice([-1, 1]), 0.0)
        walk = (walk - walk.mean()) / max(float(np.ptp(walk)), 1e-6) + jump * 0.5
        drift: NDArray[np.float32] = np.asarray(how.slow_scan_drift * walk, np.float32)
        picture = np.asarray(picture + drift[:, None], np.float32)
    if how.line_jitter:
        jitter = rng.normal(0, how.line_jitter, (rows, 1))
        picture = np.asarray(picture + jitter, np.float32)
    return np.asarray(picture, np.float32)


def defocused(
    picture: NDArray[np.float32], how: Artefacts, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the picture with a blur that grows from one side to the other."""
    if not how.defocus_px:
        return picture
    angle = rng.uniform(0, 2 * np.pi)
    y = np.linspace(-1, 1, picture.shape[0])[:, None]
    x = np.linspace(-1, 1, picture.shape[1])[None, :]
    far = y * np.sin(angle) + x * np.cos(angle)
    far = (far - far.min()) / np.ptp(far) * 4
    steps = [picture] + [
        ndimage.gaussian_filter(picture, how.defocus_px * i / 4) for i in range(1, 5)
    ]
    weights = [np.clip(1 - np.abs(far - i), 0, 1) for i in range(5)]
    blended = sum(w * step for w, step in zip(weights, steps, strict=True))
    return np.asarray(blended, np.float32)


def saturated(picture: NDArray[np.float32], how: Artefacts) -> NDArray[np.float32]:
    """Return the picture as the detector's brightness and contrast leave it."""
    return np.asarray((picture - 0.5) * how.gain + 0.5 + how.offset, np.float32)


def compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Return the picture as it comes out of a JPEG file."""
    from PIL import Image

    with io.BytesIO() as file:
        Image.fromarray(image).save(file, "JPEG", quality=quality)
        file.seek(0)
        return np.array(Image.open(file).convert("L"), dtype=np.uint8)
