"""The continuous latents of the paper's model: angle, offset and content; their priors.

    phi ~ N(0, 1)                          the paper's choice, or
    phi = atan2(v), v ~ N((1, 0), I_2)     a projected normal: v is the latent, of the angle only its
                                           direction is seen; circular standard deviation 1.1, or
    phi ~ U(circle)                        with a wrapped normal as posterior.
    t ~ N(0, I_2), c ~ N(0, I_d)

The Kullback-Leibler terms of all three are exact. A wrapped normal's entropy has a series: Mardia and
Jupp, Directional Statistics (2000), section 3.5.7; its density as a product: Jacobi's theta function.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.likelihood import kl_to_prior
from napari_ssrvae.ssrvae.model import Shape

__all__ = ["Latents", "ObjectPose", "Posterior", "wrapped_normal_entropy"]

_SMALLEST_SD = 1e-6
_NARROW, _FACTORS, _TERMS = 0.6, 64, 20
"""Below this width a normal is wrapped by less than 2e-7 of its mass; beyond it so many factors and
terms of the series hold all that double precision shows."""


class Posterior(NamedTuple):
    """Independent normals: mean and standard deviation (..., L) of z."""

    mean: Tensor
    sd: Tensor


class ObjectPose(NamedTuple):
    """Cosine and sine (M,) of the angle, and the shift (M, 2), x then y, in the object's frame.

    A point u of the image lies at R u + shift on the upright object, R = [[cos, -sin], [sin, cos]].
    """

    cos: Tensor
    sin: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Latents:
    """Which numbers of z are what: those of the angle, those of the offset, content.

    `angle` is the prior of the angle, or None where there is no latent angle.
    """

    angle: str | None
    offset: bool
    n_content: int
    offset_prior: float

    @classmethod
    def of(cls, shape: Shape) -> Self:
        """Return the latents of a model."""
        return cls(
            shape.angle_prior if shape.invariance in ("rotation", "both") else None,
            shape.invariance in ("translation", "both"),
            shape.n_latents,
            shape.offset_prior,
        )

    @property
    def n_angle(self) -> int:
        """Numbers of z that say the angle."""
        return {None: 0, "projected-normal": 2}.get(self.angle, 1)

    @property
    def n_pose(self) -> int:
        """Numbers of z before the content."""
        return self.n_angle + 2 * self.offset

    @property
    def size(self) -> int:
        """Length L of z."""
        return self.n_pose + self.n_content

    @property
    def n_told(self) -> int:
        """How many numbers an encoder must say to describe the posterior of z."""
        return 2 * self.size + (self.angle == "uniform")

    def posterior(self, told: Tensor) -> Posterior:
        """Return q(z | x, y) from the encoder's numbers (..., n_told).

        A direction is told by two numbers, since one that jumps from pi to -pi cannot be learnt
        (Falorsi et al., arXiv 1807.04689).
        """
        mean, spread = told[..., : -self.size], told[..., -self.size :]
        if self.angle == "uniform":
            direction = torch.atan2(mean[..., 1:2], mean[..., :1])
            mean = torch.cat([direction, mean[..., 2:]], dim=-1)
        return Posterior(mean, functional.softplus(spread).clamp_min(_SMALLEST_SD))

    def kl(self, q: Posterior) -> Tensor:
        """Return KL(q || p) in nats, (...)."""
        mean, sd = q
        if self.angle == "projected-normal":
            mean = torch.cat([mean[..., :1] - 1, mean[..., 1:]], dim=-1)
        if self.angle != "uniform":
            return kl_to_prior(mean, sd)
        rest = kl_to_prior(mean[..., 1:], sd[..., 1:])
        return rest + math.log(2 * math.pi) - wrapped_normal_entropy(sd[..., 0])

    def content(self, z: Tensor) -> Tensor:
        """Return the content (..., d) of z (..., L)."""
        return z[..., self.n_pose :]

    def angle_of(self, z: Tensor) -> Tensor:
        """Return the angle (M,) of z (M, L), in radians, counter-clockwise on the screen."""
        if self.angle is None:
            return z.new_zeros(len(z))
        if self.angle == "projected-normal":
            return torch.atan2(z[:, 1], z[:, 0])
        return z[:, 0]

    def pose(self, z: Tensor) -> ObjectPose:
        """Return the pose of the objects of z (M, L)."""
        angle = self.angle_of(z)
        shift = z[:, self.n_angle : self.n_pose] if self.offset else z.new_zeros((len(z), 2))
        shift = shift * self.offset_prior
        return ObjectPose(torch.cos(angle), torch.sin(angle), shift)


def wrapped_normal_entropy(sd: Tensor) -> Tensor:
    """Return the entropy in nats of normals of these standard deviations wrapped on the circle."""
    narrow = sd < _NARROW
    tight = torch.where(narrow, sd, torch.ones_like(sd))
    wide = torch.where(narrow, torch.ones_like(sd), sd)
    variance = wide.square()[..., None]
    n = torch.arange(1, _FACTORS + 1, dtype=sd.dtype, device=sd.device)
    euler = torch.log(-torch.expm1(-variance * n)).sum(dim=-1)
    n = n[:_TERMS]
    sign = 1 - 2 * (n % 2)
    rest = sign / n * torch.exp(-variance * (n * n + n) / 2) / -torch.expm1(-variance * n)
    wrapped = math.log(2 * math.pi) - euler + 2 * rest.sum(dim=-1)
    return torch.where(narrow, torch.log(tight) + 0.5 * math.log(2 * math.pi * math.e), wrapped)
