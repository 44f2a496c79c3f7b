"""Layers whose first weights come from a local generator: the global one is nobody's here."""

from __future__ import annotations

import math

import torch
from torch import nn

__all__ = ["circular_conv", "linear"]


def linear(n_in: int, n_out: int, generator: torch.Generator, gain: float = 1.0) -> nn.Linear:
    """Return a linear layer with He-initialised weights and no bias at first."""
    layer = nn.Linear(n_in, n_out, device="meta").to_empty(device="cpu")
    _initialise(layer.weight, layer.bias, n_in, generator, gain)
    return layer


def circular_conv(
    n_in: int, n_out: int, kernel: tuple[int, int], stride: tuple[int, int], g: torch.Generator
) -> nn.Conv2d:
    """Return an unpadded convolution over (radius, angle); see `encoder._wrap` for its padding."""
    layer = nn.Conv2d(n_in, n_out, kernel, stride, device="meta").to_empty(device="cpu")
    _initialise(layer.weight, layer.bias, n_in * kernel[0] * kernel[1], g, 1.0)
    return layer


def _initialise(
    weight: torch.Tensor, bias: torch.Tensor | None, fan_in: int, g: torch.Generator, gain: float
) -> None:
    with torch.no_grad():
        weight.normal_(0.0, gain * math.sqrt(2.0 / fan_in), generator=g)
        if bias is not None:
            bias.zero_()
