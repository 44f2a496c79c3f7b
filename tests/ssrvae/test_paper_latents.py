"""Likelihoods, priors and pose of the paper's model."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from napari_ssrvae.ssrvae.geometry import warp
from napari_ssrvae.ssrvae.likelihood import Likelihood
from napari_ssrvae.ssrvae.paper_latents import Latents, Posterior, wrapped_normal_entropy
from tests.ssrvae.paper_models import network, pictures, shape
from tests.ssrvae.test_paper_objective import wrapped_entropy


def one(value: float, dtype=torch.float64) -> torch.Tensor:
    return torch.full((1, 1, 1), value, dtype=dtype)


@given(st.floats(-60, 60))
@settings(deadline=None, max_examples=40)
def test_continuous_bernoulli_is_a_density_with_the_mean_it_says(logit):
    scatter = Likelihood("continuous-bernoulli", 1.0)
    nodes, weights = np.polynomial.legendre.leggauss(120)
    x = torch.from_numpy((nodes + 1) / 2)[:, None, None]
    density = np.exp(-scatter.nll(torch.full_like(x, logit), x).numpy()) * weights / 2
    assert density.sum() == pytest.approx(1, abs=1e-9)
    mean = (density * x[:, 0, 0].numpy()).sum()
    assert float(scatter.grey(one(logit))) == pytest.approx(mean, abs=1e-8)


@given(st.floats(-90, 90), st.floats(0, 1))
@settings(deadline=None, max_examples=50)
def test_single_precision_is_enough_for_the_normaliser(logit, x):
    scatter = Likelihood("continuous-bernoulli", 1.0)
    logit = float(np.float32(logit))
    exact, found = (scatter.nll(one(logit, t), one(x, t)) for t in (torch.float64, torch.float32))
    assert float(found) == pytest.approx(float(exact), rel=2e-5, abs=2e-5)
    slope = one(logit, torch.float32).requires_grad_()
    scatter.nll(slope, one(x, torch.float32)).backward()
    expected = float(scatter.grey(one(logit))) - float(np.float32(x))
    assert float(slope.grad) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("kind", ["bernoulli", "continuous-bernoulli", "gaussian"])
def test_a_perfect_picture_costs_nothing_and_any_other_more(kind):
    scatter = Likelihood(kind, 0.3)
    images = pictures(3) * 0.6 + 0.2
    perfect = torch.logit(images)
    if kind == "continuous-bernoulli":
        low, high = torch.full_like(images, -50), torch.full_like(images, 50)
        for _ in range(60):
            middle = (low + high) / 2
            below = scatter.grey(middle) < images
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        perfect = low
    torch.testing.assert_close(scatter.grey(perfect), images, atol=1e-6, rtol=0)
    assert scatter.excess(perfect, images).abs().max() < 1e-6
    assert scatter.excess(perfect + 0.5, images).min() > 0.05


@given(st.floats(0.01, 8))
@settings(deadline=None, max_examples=40)
def test_entropy_of_a_wrapped_normal(sd):
    found = float(wrapped_normal_entropy(torch.tensor(sd, dtype=torch.float64)))
    expected = stats.norm(0, sd).entropy() if sd < 0.3 else wrapped_entropy(sd)
    assert found == pytest.approx(expected, abs=2e-6)
    assert found <= math.log(2 * math.pi) + 1e-9


def test_the_entropy_has_a_slope_everywhere():
    sd = torch.tensor([1e-6, 0.1, 0.5999, 0.6, 0.6001, 2.0, 50.0]).requires_grad_()
    wrapped_normal_entropy(sd).sum().backward()
    assert torch.isfinite(sd.grad).all()
    torch.testing.assert_close(sd.grad[2], sd.grad[4], rtol=1e-3, atol=0)
    assert float(sd.grad[-1]) == 0


def test_kl_of_a_projected_normal_is_that_of_the_plane():
    latents = Latents.of(shape(angle_prior="projected-normal"))
    mean, sd = (
        torch.tensor([[0.3, -0.8, 0.0, 0.0, 0.0, 0.0]]),
        torch.tensor([[0.5, 0.7, 1, 1, 1, 1]]),
    )
    expected = sum(
        float(torch.distributions.kl_divergence(
            torch.distributions.Normal(m, s), torch.distributions.Normal(p, 1.0)))
        for m, s, p in ((0.3, 0.5, 1.0), (-0.8, 0.7, 0.0))
    )  # fmt: skip
    assert float(latents.kl(Posterior(mean, sd))) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("angle_prior", ["normal", "projected-normal", "uniform"])
@pytest.mark.parametrize("invariance", ["none", "rotation", "translation", "both"])
def test_the_upright_object_warped_by_the_pose_is_the_picture(invariance, angle_prior):
    size, angle, shift = 40, 0.7, (0.9, -1.6)
    net = network(
        size=size, hidden=24, spread=3, invariance=invariance, angle_prior=angle_prior,
    ).float()  # fmt: skip
    turns, moves = invariance in ("rotation", "both"), invariance in ("translation", "both")
    said = {"normal": [angle], "uniform": [2 * math.cos(angle), 2 * math.sin(angle)]}.get(
        angle_prior, [3 * math.cos(angle), 3 * math.sin(angle)]
    )
    told = turns * said + moves * [*shift] + [0.4, -0.3]
    last = net.encoder.rest[-1]
    with torch.no_grad():
        last.weight.zero_()
        last.bias[: len(told)] = torch.tensor(told)
        found = net.explain(pictures(3, size).float(), picture=True)
        upright = net.upright(found.content, found.class_logits.argmax(dim=1))
    torch.testing.assert_close(found.content, torch.tensor([[0.4, -0.3]]).expand(3, 2))
    torch.testing.assert_close(found.angle, torch.full((3,), angle * turns))
    # The paper's shift is on the object, ours on the image.
    c, s = math.cos(angle * turns), math.sin(angle * turns)
    x, y = (0.1 * moves * value for value in shift)
    expected = torch.tensor([-c * x - s * y, s * x - c * y]).expand(3, 2)
    torch.testing.assert_close(found.offset, expected)
    again = warp(upright, found.angle, found.offset)
    middle = slice(10, 30)  # what lies outside the canvas, a warp takes for black
    error = (again - found.grey)[:, middle, middle].abs().max()
    contrast = upright[:, middle, middle].std()
    wrong = warp(upright, found.angle + 0.3, found.offset + 0.1)
    assert error < 0.1 * contrast
    assert (wrong - found.grey)[:, middle, middle].abs().max() > 0.5 * contrast
