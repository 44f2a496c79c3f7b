"""Terms of the objective that every variant of the model shares, in nats."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["bernoulli_nll", "excess_cost", "kl_to_prior"]


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
