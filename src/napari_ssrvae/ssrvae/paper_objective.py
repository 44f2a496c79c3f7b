"""The terms U, L and A of Ziatdinov et al., arXiv 2105.11475, section 2, per image and in nats.

U(x)    = sum_k q(k|x) [ NLL(x|k,z_k) + log q(k|x) + log K + beta KL(q(z|x,k) || p(z)) ]
L(x, y) = NLL(x|y,z) + log K + beta KL(q(z|x,y) || p(z))
A(x, y) = -log q(y|x), weighted by alpha
with one reparameterised z per class; the sum over the classes and the KL terms are exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.paper_network import PaperNetwork

__all__ = ["Bound", "classification", "labelled_bound", "unlabelled_bound"]


class Bound(NamedTuple):
    """Per image (N,): the bound to minimise, and its parts in nats, the KL without beta."""

    loss: Tensor
    reconstruction: Tensor
    kl: Tensor


def unlabelled_bound(network: PaperNetwork, images: Tensor, noise: Tensor, beta: float) -> Bound:
    """Return U.

    Parameters
    ----------
    network : PaperNetwork
    images : Tensor, shape (N, S, S)
    noise : Tensor, shape (K, N, L)
        Standard normal: what makes z of its mean and standard deviation.
    beta : float
        Weight of the KL term of z; that of the class has weight 1.
    """
    K, n, _ = noise.shape
    log_q = functional.log_softmax(network.class_logits(images), dim=1).T  # (K, N)
    posterior = network.posteriors(images)
    z = posterior.mean + posterior.sd * noise
    classes = torch.arange(K, device=images.device).repeat_interleave(n)
    drawn = network.decode(z.flatten(0, 1), classes)
    nll = network.likelihood.nll(drawn, images.repeat(K, 1, 1)).view(K, n)
    kl = network.latents.kl(posterior)
    q = log_q.exp()
    loss = (q * (nll + beta * kl + log_q)).sum(dim=0) + math.log(K)
    with torch.no_grad():
        parts = (q * nll).sum(dim=0), (q * kl).sum(dim=0)
    return Bound(loss, *parts)


def labelled_bound(
    network: PaperNetwork, images: Tensor, classes: Tensor, noise: Tensor, beta: float
) -> Bound:
    """Return L of images (N, S, S) of classes (N,), with standard normal `noise` (N, L)."""
    posterior = network.posterior(images, classes)
    z = posterior.mean + posterior.sd * noise
    nll = network.likelihood.nll(network.decode(z, classes), images)
    kl = network.latents.kl(posterior)
    loss = nll + beta * kl + math.log(network.shape.n_classes)
    return Bound(loss, nll.detach(), kl.detach())


def classification(network: PaperNetwork, images: Tensor, classes: Tensor) -> Tensor:
    """Return A (N,) without its weight alpha."""
    return functional.cross_entropy(network.class_logits(images), classes, reduction="none")
