from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from napari_ssrvae.ssrvae.calibration import probabilities, temperature_of


def drawn(n: int, sharpness: float, seed: int = 0):
    """Return logits that are too sharp by a factor, and classes drawn from the honest ones."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 1.5, (n, 4))
    classes = np.array([rng.choice(4, p=p) for p in softmax(honest, axis=1)])
    return (honest * sharpness).astype(np.float32), classes


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
def test_many_labels_find_the_temperature(sharpness):
    logits, classes = drawn(4000, sharpness)
    assert temperature_of(logits, classes) == pytest.approx(sharpness, rel=0.1)


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_a_dozen_labels_do_not_decide(wrong):
    classes = np.arange(12) % 4
    logits = 8 * np.eye(4, dtype=np.float32)[classes]
    logits[:wrong] = np.roll(logits[:wrong], 1, axis=1)
    assert 0.7 < temperature_of(logits, classes) < 2.5


def test_rows_sum_to_one():
    np.testing.assert_allclose(probabilities(drawn(50, 5.0)[0], 2.0).sum(axis=1), 1, atol=1e-6)
