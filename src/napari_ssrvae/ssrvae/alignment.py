"""Which way up images of one kind agree: correlation on circles about their centres, no weights.

Polar views (N, n_radii, n_angles) are `Look.view`; angles are counter-clockwise on the screen.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["Templates", "common_upright"]

_ROUNDS = 4
_SOFTNESS = 0.05
"""A rotation that resembles less, by this share of the best possible, counts e times less."""


def common_upright(views: Tensor) -> Tensor:
    """Return by how much (N,) each of N polar views is turned against the rest, in radians.

    All are turned onto one of them, then onto their mean, and so on, as class averages are made
    in electron microscopy. Every image is tried as the first one; the sharpest mean wins.
    """
    n_angles = views.shape[2]
    spectra = _slopes(views)
    frequency = torch.arange(spectra.shape[2], device=views.device)
    references = spectra
    for _ in range(_ROUNDS):
        turn = _likeness(spectra, references, n_angles).argmax(dim=2)  # (N, N first ones)
        back = 2 * math.pi / n_angles * turn[:, :, None] * frequency
        turned_back = torch.polar(torch.ones_like(back), back)
        references = torch.einsum("nrf,nmf->mrf", spectra, turned_back) / len(spectra)
    sharpest = references.abs().square().sum(dim=(1, 2)).argmax()
    angle: Tensor = turn[:, sharpest] * (2 * math.pi / n_angles)
    return angle


class Templates:
    """Tells rotations by upright pictures of the classes, before any weight is trained.

    Parameters
    ----------
    views : Tensor, shape (K, n_radii, n_angles)
        Polar views of the upright pictures.
    n_rotations : int
        Number R of rotations, a divisor of n_angles.
    """

    def __init__(self, views: Tensor, n_rotations: int) -> None:
        self._n_angles, self._n_rotations = views.shape[2], n_rotations
        self._spectra = _slopes(views)
        itself = _likeness(self._spectra, self._spectra, self._n_angles)[..., 0]
        # One scale for all: a disc, alike at every angle, must not be told by its noise.
        self._scale = itself.diagonal().amax().clamp_min(1e-6)

    def rotations(self, views: Tensor) -> Tensor:
        """Return (N, R, K), a softmax over the rotations for each class."""
        likeness = _likeness(_slopes(views), self._spectra, self._n_angles) / self._scale
        near = self._n_angles // self._n_rotations
        nearby = likeness.roll(near // 2, dims=2).unfold(2, near, near)
        return torch.softmax(nearby.amax(dim=3) / _SOFTNESS, dim=2).transpose(1, 2)


def _slopes(views: Tensor) -> Tensor:
    """Return spectra (N, n_radii, n_angles // 2 + 1) of the slope along each circle.

    The slope tells a tip from a round end, where the grey value sees little more than which way an
    object is longest. Outer circles have more pixels.
    """
    radius = (torch.arange(views.shape[1], device=views.device) + 0.5) / views.shape[1]
    spectra = torch.fft.rfft(views, dim=2)
    slopes: Tensor = (
        spectra * radius[:, None].sqrt() * torch.arange(spectra.shape[2], device=views.device)
    )
    return slopes


def _likeness(spectra: Tensor, references: Tensor, n_angles: int) -> Tensor:
    """Return (N, M, n_angles): how well N images agree with M references turned by each angle."""
    product = torch.einsum("nrf,mrf->nmf", spectra, references.conj())
    likeness: Tensor = torch.fft.irfft(product, n=n_angles, dim=2)
    return likeness
