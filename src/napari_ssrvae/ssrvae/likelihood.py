"""Terms of the objective that the variants of the model share, in nats.

A pixel's natural parameter is the decoder's output before the sigmoid ("logit").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Likelihood", "bernoulli_nll", "excess_cost", "kl_to_prior"]

_SMALL = 0.1
"""Nearer to 0 than this the continuous Bernoulli's terms are taken from their series."""


def bernoulli_nll(logits: Tensor, images: Tensor) -> Tensor:
    """Return -log p(x | logits), summed over the pixels of (M, S, S)."""
    nll = functional.binary_cross_entropy_with_logits(logits, images, reduction="none")
    return nll.sum(dim=(1, 2))


def kl_to_prior(mean: Tensor, sd: Tensor) -> Tensor:
    """Return KL(N(mean, sd^2) || N(0, 1)), summed over the last axis."""
    return 0.5 * (mean**2 + sd**2 - 1 - 2 * torch.log(sd)).sum(dim=-1)


def excess_cost(logits: Tensor, images: Tensor) -> Tensor:
    """Return (M,): by how many nats a picture (M, S, S) is worse than a perfect one."""
    x = images.clamp(1e-4, 1 - 1e-4)
    floor = -(x * x.log() + (1 - x) * (1 - x).log()).sum(dim=(1, 2))
    return bernoulli_nll(logits, images) - floor


@dataclass(frozen=True)
class Likelihood:
    """How the grey values of an image (S, S) scatter about a picture of logits.

    "bernoulli": x log p + (1 - x) log(1 - p) with p = sigmoid(logit), as if a grey value were the
    share of white; "continuous-bernoulli": the same, normalised over [0, 1] (Loaiza-Ganem and
    Cunningham, arXiv 1907.06845); "gaussian": a normal distribution about p with `noise_sd`.
    """

    kind: str
    noise_sd: float

    def nll(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return (M,): -log p(x | logits) of (M, S, S), in nats; below 0 where p is a density."""
        if self.kind == "bernoulli":
            return bernoulli_nll(logits, images)
        if self.kind == "continuous-bernoulli":
            return (_log_partition(logits) - logits * images).sum(dim=(1, 2))
        nll = 0.5 * ((images - torch.sigmoid(logits)) / self.noise_sd) ** 2
        pixels = images.shape[-1] * images.shape[-2]
        return nll.sum(dim=(1, 2)) + pixels * math.log(self.noise_sd * math.sqrt(2 * math.pi))

    def grey(self, logits: Tensor) -> Tensor:
        """Return the expected grey values (M, S, S), in [0, 1]."""
        if self.kind == "continuous-bernoulli":
            return _partition_slope(logits)
        return torch.sigmoid(logits)

    def excess(self, logits: Tensor, images: Tensor) -> Tensor:
        """Return (M,): by how many nats a picture (M, S, S) is worse than a perfect one.

        The continuous Bernoulli has none (the density of a black pixel is unbounded): its expected
        grey values are judged as the Bernoulli's are.
        """
        if self.kind == "gaussian":
            error = (images - torch.sigmoid(logits)) / self.noise_sd
            return 0.5 * error.square().sum(dim=(1, 2))
        if self.kind == "continuous-bernoulli":
            logits = torch.logit(self.grey(logits), eps=1e-6)
        return excess_cost(logits, images)


def _log_partition(logits: Tensor) -> Tensor:
    """Return log of the integral of exp(logit * x) over x in [0, 1]: log((e^l - 1) / l)."""
    size = logits.abs()
    near = size < _SMALL
    far = torch.where(near, torch.ones_like(size), size)
    square = torch.where(near, logits, torch.zeros_like(logits)).square()
    series = 0.5 * logits + square / 24 - square**2 / 2880 + square**3 / 181440
    exact = functional.relu(logits) + torch.log(-torch.expm1(-far)) - torch.log(far)
    return torch.where(near, series, exact)


def _partition_slope(logits: Tensor) -> Tensor:
    """Return the derivative of `_log_partition`: the continuous Bernoulli's mean."""
    near = logits.abs() < _SMALL
    far = torch.where(near, torch.ones_like(logits), logits)
    series = 0.5 + logits / 12 - logits**3 / 720
    return torch.where(near, series, -1 / torch.expm1(-far) - 1 / far).clamp(0, 1)
