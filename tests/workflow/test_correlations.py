"""Correlations of latents with measurements, against scipy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from napari_ssrvae.workflow.correlations import LEAST_PAIRS, Correlated, correlate


def rows(latents: np.ndarray, **measurements: np.ndarray) -> list[list[Correlated]]:
    return [row for row in correlate(latents, measurements) if row]


@given(st.integers(0, 10_000), st.integers(LEAST_PAIRS, 60), st.integers(2, 9), st.floats(0, 0.4))
def test_it_is_spearmans_with_ties_and_missing_numbers(
    seed: int, n: int, steps: int, missing: float
) -> None:
    rng = np.random.default_rng(seed)
    latents = rng.integers(0, steps, (n, 2)).astype(np.float32)
    size = latents[:, 0] + rng.integers(0, steps, n)
    size[rng.random(n) < missing] = np.nan
    latents[rng.random(n) < missing / 2] = np.nan
    (found,) = rows(latents, size=size)
    both = np.isfinite(size) & np.isfinite(latents).all(axis=1)
    for number, pair in enumerate(found):
        a, b = latents[both, number], size[both]
        assert (pair.latent, pair.measurement, pair.n) == (number, "size", both.sum())
        if both.sum() < LEAST_PAIRS or len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
            assert math.isnan(pair.rho)
        else:
            assert pair.rho == pytest.approx(spearmanr(a, b).statistic, abs=1e-9)
            assert pair.low <= pair.rho <= pair.high


def test_any_rising_function_of_a_latent_is_that_latent() -> None:
    z = np.random.default_rng(0).normal(size=(200, 2))
    (found,) = rows(z, size=np.exp(3 * z[:, 1]))
    assert found[1].rho == pytest.approx(1)
    assert abs(found[0].rho) < 0.3
    (found,) = rows(z, size=-(z[:, 1] ** 3))
    assert found[1].rho == pytest.approx(-1)


def test_the_interval_holds_what_is_true_19_times_of_20() -> None:
    rng, rho, n, held = np.random.default_rng(1), 0.6, 80, 0
    # Of two normal numbers with Pearson's r, Spearman's is 6 / pi arcsin(r / 2).
    true = 6 / np.pi * np.arcsin(rho / 2)
    for _ in range(400):
        a = rng.normal(size=n)
        b = rho * a + np.sqrt(1 - rho**2) * rng.normal(size=n)
        (found,) = rows(a[:, None], b=b)
        held += found[0].low <= true <= found[0].high
    assert 0.92 <= held / 400 <= 0.98


def test_of_few_particles_nothing_is_said() -> None:
    few = np.arange(LEAST_PAIRS - 1.0)
    (found,) = rows(few[:, None], size=few)
    assert math.isnan(found[0].rho)
    assert found[0].n == LEAST_PAIRS - 1
    assert rows(np.zeros((5, 0)), size=np.ones(5)) == []
