"""Layers whose first weights come from a local generator: the global one is nobody's here."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.utils import skip_init

__all__ = ["circular_conv", "linear"]


def linear(n_in: int, n_out: int, generator: torch.Generator, gain: float = 1.0) -> nn.Linear:
    """Return a linear layer with He-initialised weights and no bias at first."""
    layer: nn.Linear = skip_init(nn.Linear, n_in, n_out)
    _initialise(layer.weight, layer.bias, n_in, generator, gain)
    return layer


def circular_conv(
    n_in: int, n_out: int, kernel: tuple[int, int], stride: tuple[int, int], g: torch.Generator
) -> nn.Conv2d:
    """Return an unpadded convolution over (radius, angle); see `encoder.wrap` for its padding."""
    layer: nn.Conv2d = skip_init(nn.Conv2d, n_in, n_out, kernel, stride=stride)
    assert layer.bias is not None
    _initialise(layer.weight, layer.bias, n_in * kernel[0] * kernel[1], g, 1.0)
    return layer


def _initialise(
    weight: nn.Parameter, bias: nn.Parameter, fan_in: int, g: torch.Generator, gain: float
) -> None:
    with torch.no_grad():
        weight.normal_(0.0, gain * math.sqrt(2.0 / fan_in), generator=g)
        bias.zero_()
