"""The generative model and its inference network, as one module."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from napari_ssrvae.ssrvae.decoder import CanvasDecoder
from napari_ssrvae.ssrvae.encoder import N_POSE, Explanations, PoseEncoder
from napari_ssrvae.ssrvae.geometry import background, centroid, polar_view, warp

__all__ = ["Look", "Network", "Shape"]


_DARKEST = 0.002
"""A background is never quite black or white: its logit must be finite."""


@dataclass(frozen=True)
class Look:
    """Centre (N, 2), grey value of the background (N,), polar view (N, n_radii, n_angles)."""

    centre: Tensor
    ground: Tensor
    view: Tensor

    def pick(self, which: Tensor | slice) -> Look:
        """Return the look at some of the images."""
        return Look(self.centre[which], self.ground[which], self.view[which])


@dataclass(frozen=True)
class Shape:
    """Everything that fixes the network's tensors; stored beside the weights."""

    n_classes: int
    size: int
    n_latents: int
    n_rotations: int
    hidden: int
    offset_prior: float
    grey_sd: float
    background: float


class Network(nn.Module):
    """x ~ p(x | warp(decoder(c, y); phi, t)), with q(r, y | x) q(z | x, r, y)."""

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = PoseEncoder(
            shape.n_classes, shape.n_latents, shape.n_rotations, shape.hidden, generator
        )
        self.decoder = CanvasDecoder(
            shape.n_classes,
            shape.n_latents,
            shape.size,
            shape.hidden,
            generator,
        )

    def look(self, images: Tensor) -> Look:
        """Return what is seen of images (N, S, S) without any weights."""
        centre, ground = centroid(images), background(images)
        polar = polar_view(images, centre, self.encoder.n_radii, self.encoder.n_angles)
        return Look(centre, ground, (polar - ground[:, None, None]) / self.shape.grey_sd)

    def encode(self, view: Tensor) -> Explanations:
        """Return q(r, y, z | x)."""
        explanations: Explanations = self.encoder(view)
        return explanations

    @torch.no_grad()
    def start_at(self, images: Tensor, look: Look) -> None:
        """Let every canvas begin as the mean of the centred images.

        From an empty canvas the first steps would only learn that there is an object at all, and
        saturate the decoder with it.
        """
        middle = torch.zeros(len(images), device=images.device)
        ground = look.ground[:, None, None]
        above = warp(images - ground, middle, -look.centre)
        canvas = _logit(above.mean(dim=0) + ground.mean()) - _logit(ground.mean())
        self.decoder.canvas.bias.copy_(canvas.flatten())

    def pose(self, z: Tensor, rotation: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
        """Return angle (M,) and offset (M, 2), x then y, of latents z (M, 3 + d)."""
        step = 2 * math.pi / self.shape.n_rotations
        angle = (rotation + 0.5 * z[:, 0]) * step
        u = z[:, 1:N_POSE] * self.shape.offset_prior
        c, s = torch.cos(angle), torch.sin(angle)
        turned = torch.stack([c * u[:, 0] + s * u[:, 1], -s * u[:, 0] + c * u[:, 1]], dim=1)
        return angle, centre + turned

    def decode(
        self, z: Tensor, rotation: Tensor, classes: Tensor, centre: Tensor, ground: Tensor
    ) -> Tensor:
        """Return the logits (M, S, S) of the images that latents, rotation and class explain."""
        angle, offset = self.pose(z, rotation, centre)
        canvas = self.decoder(z[:, N_POSE:], classes)
        return warp(canvas, angle, offset) + _logit(ground)[:, None, None]

    def upright(self, content: Tensor, classes: Tensor) -> Tensor:
        """Return grey values (M, S, S) of the upright objects."""
        canvas: Tensor = self.decoder(content, classes)
        return torch.sigmoid(canvas + _logit(torch.full_like(canvas, self.shape.background)))


def _logit(grey: Tensor) -> Tensor:
    return torch.logit(grey, eps=_DARKEST)
