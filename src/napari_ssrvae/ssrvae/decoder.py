"""From class and content to the upright object."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_ssrvae.ssrvae.layers import linear

__all__ = ["CanvasDecoder"]


class CanvasDecoder(nn.Module):
    """(class, content) to an upright canvas of logits above the background.

    The canvas says by how much a pixel's logit exceeds the background's, so that an empty canvas,
    and whatever a warp brings in from outside, is background and not mid-grey.
    """

    def __init__(
        self,
        n_classes: int,
        n_latents: int,
        size: int,
        hidden: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.n_classes, self.size = n_classes, size
        self.start = linear(n_latents + n_classes, hidden, generator)
        self.middle = linear(hidden, hidden, generator)
        self.canvas = linear(hidden, size * size, generator, gain=0.3)

    def forward(self, content: Tensor, classes: Tensor) -> Tensor:
        """Return (N, S, S) for content (N, d) and class indices (N,)."""
        canvas: Tensor = self.canvas(self._hidden(content, classes))
        return canvas.view(-1, self.size, self.size)

    @torch.no_grad()
    def start_at(self, canvases: Tensor) -> None:
        """Let class k without content be canvas k of (K, S, S), by the least change of weights."""
        K = self.n_classes
        content = torch.zeros((K, self.start.in_features - K), device=canvases.device)
        h = self._hidden(content, torch.arange(K, device=canvases.device))
        wanted = canvases.flatten(1)
        self.canvas.bias.copy_(wanted.mean(dim=0))
        # No inverse of what is nearly singular: with more classes than hidden units it is.
        inverse = torch.linalg.pinv(h, rtol=1e-3)
        self.canvas.weight += (inverse @ (wanted - self.canvas(h))).T

    def _hidden(self, content: Tensor, classes: Tensor) -> Tensor:
        onehot = functional.one_hot(classes, self.n_classes).to(content.dtype)
        h = functional.silu(self.start(torch.cat([content, onehot], dim=1)))
        return functional.silu(self.middle(h))
