"""The costly part of the paper's model: what each pixel of each picture costs, and its gradient.

The decoder of coordinates has 33,000 weights to multiply for every pixel: 256 pictures of 48 x 48
have 590,000 pixels, and keeping a hidden layer of all for the way back takes 300 MB. Here a few
pictures at a time go forwards and straight backwards while they are in the cache. For that the weight
of each picture in the loss must be known beforehand; it is: q(y | x).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

__all__ = ["Cost", "PixelLayers", "hidden_layers", "weighted_cost"]

Cost = Callable[[Tensor, Tensor], Tensor]

_ROWS_CPU, _ROWS_OTHER = 8192, 1 << 18
"""Pixels that go through the layers together: what fits a cache, or fills an accelerator."""


class PixelLayers(NamedTuple):
    """What a pixel goes through: weights and biases of two hidden layers and of the last."""

    first: Tensor
    first_bias: Tensor
    second: Tensor
    second_bias: Tensor
    out: Tensor
    out_bias: Tensor


def hidden_layers(
    start: Tensor, turned: Tensor, grid: Tensor, layers: PixelLayers
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the three hidden layers (M * P, H) and the logits (M * P,).

    Parameters
    ----------
    start : Tensor, shape (M, H)
        What the first layer adds at every pixel of a picture.
    turned : Tensor, shape (M, 2, H)
        What it does to x and y.
    grid : Tensor, shape (P, 2)
    layers : PixelLayers
    """
    h0 = torch.baddbmm(start[:, None], grid.expand(len(start), *grid.shape), turned).tanh_()
    # As one long matrix: a layer's output must not be a view if tanh is to work in place.
    h0 = h0.flatten(0, 1)
    h1 = torch.addmm(layers.first_bias, h0, layers.first.T).tanh_()
    h2 = torch.addmm(layers.second_bias, h1, layers.second.T).tanh_()
    return h0, h1, h2, torch.addmm(layers.out_bias, h2, layers.out.T)[:, 0]


def weighted_cost(
    weight: Tensor,
    start: Tensor,
    turned: Tensor,
    grid: Tensor,
    layers: PixelLayers,
    images: Tensor,
    cost: Cost,
) -> tuple[Tensor, Tensor]:
    """Return the sum over M pictures of weight times cost, and the costs (M,) without gradient.

    Parameters
    ----------
    weight : Tensor, shape (M,)
    start, turned, grid, layers
        As for `hidden_layers`.
    images : Tensor, shape (M, S, S)
    cost : callable
        From logits and images (m, S, S) to (m,).
    """
    total, costs = _WeightedCost.apply(  # type: ignore[no-untyped-call]
        cost, grid, images, weight, start, turned, *layers
    )
    return total, costs


class _WeightedCost(torch.autograd.Function):
    """The gradient is ready when the value is: `backward` only hands it out."""

    @staticmethod
    def forward(
        ctx: Any,
        cost: Cost,
        grid: Tensor,
        images: Tensor,
        weight: Tensor,
        start: Tensor,
        turned: Tensor,
        *layers: Tensor,
    ) -> tuple[Tensor, Tensor]:
        rows = _ROWS_CPU if images.device.type == "cpu" else _ROWS_OTHER
        at_once = max(1, rows // len(grid))
        whole = PixelLayers(*layers)
        slopes = PixelLayers(*(torch.zeros_like(value) for value in layers))
        costs, starts, turns = [], [], []
        for i in range(0, len(images), at_once):
            part = slice(i, i + at_once)
            found, d_start, d_turned = _there_and_back(
                cost, grid, images[part], weight[part], start[part], turned[part], whole, slopes
            )
            costs.append(found)
            starts.append(d_start)
            turns.append(d_turned)
        costs_ = torch.cat(costs)
        ctx.save_for_backward(costs_, torch.cat(starts), torch.cat(turns), *slopes)
        ctx.mark_non_differentiable(costs_)
        return weight @ costs_, costs_

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, None, *(slope * upstream[0] for slope in ctx.saved_tensors)


def _there_and_back(
    cost: Cost,
    grid: Tensor,
    images: Tensor,
    weight: Tensor,
    start: Tensor,
    turned: Tensor,
    layers: PixelLayers,
    slopes: PixelLayers,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return costs (m,) and the gradients for `start` and `turned`; add the layers' to `slopes`."""
    h0, h1, h2, flat = hidden_layers(start, turned, grid, layers)
    logits = flat.view_as(images)
    with torch.enable_grad():
        logits.requires_grad_()
        costs = cost(logits, images)
        (d_logits,) = torch.autograd.grad(costs, logits, weight)
    d = d_logits.view(-1, 1)
    slopes.out.addmm_(d.T, h2)
    slopes.out_bias.add_(d.sum())
    d = _through_tanh(d * layers.out, h2)
    slopes.second.addmm_(d.T, h1)
    slopes.second_bias.add_(d.sum(dim=0))
    # What is no longer needed is written over: fresh memory costs more than arithmetic.
    d = _through_tanh(torch.mm(d, layers.second, out=h2), h1)
    slopes.first.addmm_(d.T, h0)
    slopes.first_bias.add_(d.sum(dim=0))
    d = _through_tanh(torch.mm(d, layers.first, out=h1), h0)
    d = d.view(len(images), len(grid), -1)
    return costs.detach(), d.sum(dim=1), grid.T @ d


def _through_tanh(slope: Tensor, h: Tensor) -> Tensor:
    """Return slope * (1 - h^2), in the place of `slope`."""
    return torch.ops.aten.tanh_backward.grad_input(slope, h, grad_input=slope)  # type: ignore[no-any-return]
