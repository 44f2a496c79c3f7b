"""Gradients by finite differences, in double precision."""

from __future__ import annotations

import pytest
import torch
from torch.func import functional_call

from napari_ssrvae.ssrvae import paper_pixels
from napari_ssrvae.ssrvae.paper_objective import classification, labelled_bound, unlabelled_bound
from tests.ssrvae.paper_models import network, pictures

SMALL = {"n_classes": 2, "size": 3, "hidden": 2, "n_latents": 1}
CLASSES = torch.tensor([1, 0])


class Term(torch.nn.Module):
    """One term as a function of the weights."""

    def __init__(self, net, name: str) -> None:
        super().__init__()
        self.net, self.name = net, name
        self.x = pictures(2, 3)
        generator = torch.Generator().manual_seed(1)
        self.noise = torch.randn((2, 2, net.latents.size), generator=generator, dtype=torch.float64)

    def forward(self):
        if self.name == "U":
            return unlabelled_bound(self.net, self.x, self.noise, 1.5).loss
        if self.name == "L":
            return labelled_bound(self.net, self.x, CLASSES, self.noise[0], 1.5).loss
        return classification(self.net, self.x, CLASSES)


CASES = [
    ("U", "both", "bernoulli", "normal"),
    ("U", "both", "continuous-bernoulli", "normal"),
    ("U", "both", "gaussian", "projected-normal"),
    ("L", "translation", "bernoulli", "normal"),
    ("U", "none", "continuous-bernoulli", "normal"),
    ("L", "rotation", "bernoulli", "uniform"),
    ("A", "both", "bernoulli", "normal"),
]


@pytest.mark.parametrize(("term", "invariance", "likelihood", "angle_prior"), CASES)
def test_gradients_are_those_of_finite_differences(
    monkeypatch, term, invariance, likelihood, angle_prior
):
    # One picture at a time: what several turns add up must be right as well.
    monkeypatch.setattr(paper_pixels, "_ROWS_CPU", 9)
    net = network(
        spread=1.5, invariance=invariance, likelihood=likelihood, angle_prior=angle_prior, **SMALL
    )
    asked = Term(net, term)
    names = [name for name, _ in asked.named_parameters()]
    values = tuple(p.detach().clone().requires_grad_() for p in asked.parameters())

    def value(*weights):
        return functional_call(asked, dict(zip(names, weights, strict=True)), ())

    assert torch.autograd.gradcheck(value, values, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("term", ["U", "L"])
def test_every_weight_that_matters_is_reached(term):
    asked = Term(network(**SMALL), term)
    asked().backward()
    for name, value in asked.named_parameters():
        if term == "L" and ".classifier." in name:
            assert value.grad is None
        else:
            assert value.grad.abs().sum() > 0, name


@pytest.mark.parametrize("rows", [1, 36, 100, 10**6])
def test_the_loss_does_not_depend_on_how_many_pictures_go_together(monkeypatch, rows):
    net, x = network(), pictures(5)
    z = torch.randn((5, 5), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    classes, weight = torch.tensor([0, 1, 2, 0, 1]), torch.linspace(0.1, 1, 5, dtype=torch.float64)
    weight.requires_grad_()
    plain = weight @ net.likelihood.nll(net.decode(z, classes), x)
    expected = torch.autograd.grad(plain, [weight, *net.decoder.parameters()])
    monkeypatch.setattr(paper_pixels, "_ROWS_CPU", rows)
    total, costs = net.weighted_nll(weight, z, classes, x)
    found = torch.autograd.grad(3 * total, [weight, *net.decoder.parameters()])
    torch.testing.assert_close(total, plain)
    torch.testing.assert_close(weight @ costs, plain)
    torch.testing.assert_close(found, tuple(3 * value for value in expected))
