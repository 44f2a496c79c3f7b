"""The paper's own numbers, with where they stand.

Ziatdinov, Yaman, Liu, Ginger, Kalinin, "Semi-supervised learning of images with strong rotational disorder:
assembling nanoparticle libraries", arXiv 2105.11475 (2021). All for the authors' offset, along the rows only.
"""

from __future__ import annotations

__all__ = [
    "CONFUSION",
    "GRID",
    "HOME_ACCURACY",
    "NOISE",
    "PIXELS",
    "RANGE_WITH_AT_LEAST",
    "SOURCE",
]

SOURCE = {
    "fig3a": "arXiv 2105.11475, the authors' learning curve at a = 60 deg, epoch 100",
    "fig3a range": "arXiv 2105.11475, Fig. 3a: ss-rVAE above 75 % for 5 < a < 90 deg",
    "fig4a": "arXiv 2105.11475, Fig. 4a, read off the figure, +-0.005",
    "fig4b": "arXiv 2105.11475, Fig. 4b",
    "fig4e": "arXiv 2105.11475, Fig. 4e, read off the figure",
    "fig4f": "arXiv 2105.11475, Fig. 4f, intensity 1, read off the figure",
}

HOME_ACCURACY = 0.871
"""ss-rVAE trained and tested within +-60 degrees, shears within 15 degrees."""

RANGE_WITH_AT_LEAST = (5.0, 90.0, 0.75)
"""Between these angles the ss-rVAE is right more often than this."""

GRID: dict[tuple[float, float], float] = {
    (shear, angle): accuracy
    for shear, line in {
        0: (1.00, 0.95, 0.91, 0.88, 0.79, 0.76, 0.74, 0.73, 0.69),
        14: (0.98, 0.94, 0.90, 0.87, 0.78, 0.75, 0.72, 0.69, 0.67),
        20: (0.96, 0.92, 0.87, 0.84, 0.75, 0.71, 0.67, 0.66, 0.63),
        30: (0.84, 0.79, 0.74, 0.71, 0.64, 0.61, 0.57, 0.56, 0.54),
    }.items()
    for angle, accuracy in zip((0, 24, 48, 60, 84, 96, 120, 144, 180), line, strict=True)
}
"""Accuracy at (shear, angle) in degrees, trained at (15, 60)."""

CONFUSION = (
    (0.927, 0.002, 0.071, 0.0),
    (0.001, 0.967, 0.026, 0.006),
    (0.001, 0.381, 0.618, 0.0),
    (0.0, 0.003, 0.0, 0.997),
)
"""Rows true, columns predicted: club, spade, heart, diamond."""

NOISE = {0.0: 0.87, 0.1: 0.87, 0.2: 0.87, 0.3: 0.87, 0.63: 0.81, 1.0: 0.70, 1.8: 0.51}
"""Accuracy at the standard deviation of added noise, not clipped."""

PIXELS = {0.05: 0.86, 0.1: 0.73, 0.15: 0.54, 0.2: 0.43, 0.3: 0.28}
"""Accuracy at the density of pixels set to 1."""
