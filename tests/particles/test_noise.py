"""Where there is only noise, of whatever kind, no particle is found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_ssrvae.particles import segment_particles

SHAPE = (300, 340)


def _white(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=SHAPE)


KINDS = {
    "white, 8 bit": lambda rng: (128 + 20 * _white(rng)).clip(0, 255).astype(np.uint8),
    "white, 16 bit": lambda rng: (30_000 + 5_000 * _white(rng)).astype(np.uint16),
    "alike along rows": lambda rng: 128 + 40 * ndimage.gaussian_filter1d(_white(rng), 2, axis=1),
    "rows of their own": lambda rng: 20 * _white(rng) + 15 * rng.normal(size=(SHAPE[0], 1)),
    "scaled up": lambda rng: ndimage.zoom(_white(rng)[:100, :120], 3, order=1),
    "grainy": lambda rng: 128 + 40 * ndimage.gaussian_filter(_white(rng), 1.5),
    "one electron in three pixels": lambda rng: rng.poisson(0.3, SHAPE).astype(np.uint8),
    "one electron": lambda rng: rng.poisson(1.0, SHAPE).astype(np.uint8),
    "30 electrons": lambda rng: rng.poisson(30, SHAPE).astype(np.uint8),
    "single wrong pixels": lambda rng: np.where(
        rng.random(SHAPE) < 0.01, 255, 100 + 10 * _white(rng)
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_noise_of_any_kind_is_no_particle(kind, seed):
    image = KINDS[kind](np.random.default_rng(seed))
    assert segment_particles(image).max() <= 1


@pytest.mark.parametrize("kind", ["white, 8 bit", "alike along rows", "grainy"])
def test_a_particle_in_noise_is_found(kind):
    image = KINDS[kind](np.random.default_rng(3)).astype(np.float64)
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    disc = (rows - 120) ** 2 + (columns - 200) ** 2 < 14**2
    labels = segment_particles(image + 12 * image.std() * disc)
    found = labels == labels[120, 200]
    assert labels[120, 200] > 0
    assert (found & disc).sum() / (found | disc).sum() > 0.8
