"""A label carries its whole orbit: random poses and mild distortions of labelled images."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from napari_ssrvae.ssrvae.geometry import affine, centroid
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

__all__ = ["augmented", "with_noise"]


def augmented(images: Tensor, p: SSRVAEParameters, generator: torch.Generator) -> Tensor:
    """Return one random version of each image (N, S, S), turned about its own centre."""
    n, size = len(images), images.shape[-1]
    device = images.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand((n, *shape), generator=generator, device=device)

    angle = uniform(0, 2 * math.pi)
    scale = torch.exp(uniform(-p.scale, p.scale))
    shear = uniform(-p.shear, p.shear)
    flip = torch.ones(n, device=device)
    if p.mirror:
        flip = torch.where(uniform(0, 1) < 0.5, -flip, flip)
    c, s = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([c, -s], 1), torch.stack([s, c], 1)], 1)
    stretch = torch.zeros_like(turn)
    stretch[:, 0, 0], stretch[:, 0, 1], stretch[:, 1, 1] = flip / scale, shear, 1 / scale
    matrix = turn @ stretch
    shift = torch.randn((n, 2, 1), generator=generator, device=device) * (2 * p.shift_px / size)
    # About the object's own centre, so that an object off the middle stays in the picture.
    centre = centroid(images)[:, :, None]
    moved = affine(images, torch.cat([matrix, centre - matrix @ (centre + shift)], 2), "border")
    gain = torch.exp(uniform(-p.brightness, p.brightness))
    return (moved * gain[:, None, None]).clamp(0, 1)


def with_noise(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return images (N, S, S), of which a share has noise: grains on every pixel, or dead pixels.

    Drawn from none to as strong as the picture itself, so that no noise is a surprise later.
    """
    n, device = len(images), images.device

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=device)

    kind = uniform(n, 1, 1)
    sd = 1.1 * uniform(n, 1, 1) ** 0.25 * (kind < share * 0.7)
    grains = torch.randn(images.shape, generator=generator, device=device) * sd
    density = uniform(n, 1, 1) * 0.3 * ((kind >= share * 0.7) & (kind < share))
    dead = uniform(*images.shape) < density
    return torch.where(dead, uniform(n, 1, 1).round(), (images + grains).clamp(0, 1))
