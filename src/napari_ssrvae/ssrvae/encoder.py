"""One encoder looks at every rotation of the image and scores each as each class.

The image is seen on circles about its centre, where a rotation is a cyclic shift: a convolution
over the angle is the same encoder applied to all rotations at once, for the price of one.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_ssrvae.ssrvae.layers import circular_conv, linear

__all__ = ["Explanations", "PoseEncoder", "all_rotations"]

N_POSE = 3
"""Latents of pose that come before the content: residual angle, offset x, offset y."""

_ANGLES_PER_ROTATION = 4
_CHANNELS = 32


class Explanations(NamedTuple):
    """q(r, y, z | x) for all R rotations and K classes.

    `logits` (N, R, K), a softmax over both; `mean` and `sd` (N, R, K, 3 + d) of z, which holds the
    residual angle (in half steps of the rotation grid), the offset (in prior widths, upright
    frame), the content.
    """

    logits: Tensor
    mean: Tensor
    sd: Tensor

    def pick(self, which: Tensor | slice) -> Explanations:
        """Return the explanations of some of the images."""
        return Explanations(self.logits[which], self.mean[which], self.sd[which])

    @property
    def log_joint(self) -> Tensor:
        """Return log q(r, y | x), (N, R, K)."""
        return functional.log_softmax(self.logits.flatten(1), dim=1).view_as(self.logits)

    @property
    def class_logits(self) -> Tensor:
        """Return (N, K), whose softmax is q(y | x): the sum over rotations."""
        return torch.logsumexp(self.logits, dim=1)


class PoseEncoder(nn.Module):
    """Polar view (N, n_radii, n_angles) to `Explanations`; equivariant to rotation by one step."""

    def __init__(
        self,
        n_classes: int,
        n_latents: int,
        n_rotations: int,
        hidden: int,
        generator: torch.Generator,
        n_radii: int = 20,
    ) -> None:
        super().__init__()
        self.n_classes, self.n_rotations = n_classes, n_rotations
        self.n_z = N_POSE + n_latents
        self.n_radii, self.n_angles = n_radii, n_rotations * _ANGLES_PER_ROTATION
        self.near = circular_conv(1, 16, (3, 5), (1, 2), generator)
        self.wider = circular_conv(16, _CHANNELS, (3, 3), (2, 1), generator)
        self.wide = circular_conv(_CHANNELS, _CHANNELS, (3, 3), (2, 2), generator)
        rings = math.ceil(math.ceil(n_radii / 2) / 2)
        self.rings = linear(_CHANNELS * rings, hidden // 2, generator)
        self.whole = linear(hidden // 2 * n_rotations, hidden, generator)
        self.hidden = linear(hidden, hidden, generator)
        self.score = linear(hidden, n_classes, generator, gain=0.1)
        self.latent = linear(hidden, n_classes * self.n_z * 2, generator, gain=0.1)

    def forward(self, view: Tensor) -> Explanations:
        """Explain polar views (N, n_radii, n_angles)."""
        n, R, K = len(view), self.n_rotations, self.n_classes
        h = functional.leaky_relu(self.near(_wrap(view[:, None], 1, 2)), 0.1)
        h = functional.leaky_relu(self.wider(_wrap(h, 1, 1)), 0.1)
        h = functional.leaky_relu(self.wide(_wrap(h, 1, 1)), 0.1)
        h = functional.leaky_relu(self.rings(h.flatten(1, 2).transpose(1, 2)), 0.1)
        h = functional.leaky_relu(all_rotations(h, self.whole), 0.1)
        h = functional.leaky_relu(self.hidden(h), 0.1)
        mean, spread = self.latent(h).view(n, R, K, 2 * self.n_z).chunk(2, dim=-1)
        return Explanations(self.score(h), mean, functional.softplus(spread + 0.5) + 1e-3)


def _wrap(h: Tensor, radius: int, angle: int) -> Tensor:
    """Pad (N, C, radii, angles): around in the angle, with nothing in the radius."""
    around = functional.pad(h, (angle, angle, 0, 0), mode="circular")
    return functional.pad(around, (0, 0, radius, radius))


def all_rotations(h: Tensor, layer: nn.Linear) -> Tensor:
    """Return (N, R, out): the layer applied to h (N, R, C) as seen from each of its R rotations.

    A cyclic correlation, as a product of spectra: a seventh of the work. The transforms are
    products of real matrices, which every format of exported graphs knows.
    """
    R, channels = h.shape[1:]
    turn = torch.arange(R, device=h.device, dtype=h.dtype) * (2 * math.pi / R)
    frequency = torch.arange(R // 2 + 1, device=h.device, dtype=h.dtype)
    cos, sin = torch.cos(frequency[:, None] * turn), torch.sin(frequency[:, None] * turn)
    weight = layer.weight.view(-1, channels, R)
    seen = torch.cat(
        [torch.einsum("nrc,fr->fnc", h, cos), torch.einsum("nrc,fr->fnc", h, sin)], dim=2
    )
    even = torch.einsum("ocr,fr->fco", weight, cos)
    odd = torch.einsum("ocr,fr->fco", weight, sin)
    both = torch.cat([torch.cat([even, odd], dim=2), torch.cat([odd, -even], dim=2)], dim=1)
    real, imaginary = torch.bmm(seen, both).chunk(2, dim=2)
    # Every frequency stands for its negative too, but for the first and the last.
    share = torch.where((frequency == 0) | (frequency == R // 2), 1.0, 2.0)[:, None] / R
    turned = torch.einsum("fno,fr->nro", real, share * cos)
    return turned - torch.einsum("fno,fr->nro", imaginary, share * sin) + layer.bias
