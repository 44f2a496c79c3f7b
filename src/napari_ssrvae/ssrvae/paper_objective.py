"""The terms U, L and A of Ziatdinov et al., arXiv 2105.11475, section 2, in nats.

U(x)    = sum_k q(k|x) [ NLL(x|k,z_k) + log q(k|x) + log K + beta KL(q(z|x,k) || p(z)) ]
L(x, y) = NLL(x|y,z) + log K + beta KL(q(z|x,y) || p(z))
A(x, y) = -log q(y|x), weighted by alpha
with one reparameterised z per class. The sum over the classes is exact but for pictures of classes whose
probability is below single precision's resolution: a decided classifier makes U several times cheaper.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.paper_network import PaperNetwork

__all__ = ["Bound", "classification", "labelled_bound", "unlabelled_bound"]

_NEGLIGIBLE = 1e-7
"""Less than this share of a picture's cost cannot be seen in the sum."""


class Bound(NamedTuple):
    """Means over the images: the bound to minimise, and its parts in nats, the KL without beta."""

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
    kl = network.latents.kl(posterior)
    q = log_q.exp()
    weight, z = q.flatten(), z.flatten(0, 1)
    # Said as "not less": what is no number must be seen, and stop the fit.
    seen = torch.nonzero(~(weight <= _NEGLIGIBLE)).flatten()
    nll, nlls = network.weighted_nll(weight[seen] / n, z[seen], classes[seen], images[seen % n])
    loss = nll + (q * (beta * kl + log_q)).sum(dim=0).mean() + math.log(K)
    with torch.no_grad():
        parts = weight[seen] @ nlls / n, (q * kl).sum(dim=0).mean()
    return Bound(loss, *parts)


def labelled_bound(
    network: PaperNetwork, images: Tensor, classes: Tensor, noise: Tensor, beta: float
) -> Bound:
    """Return L of images (N, S, S) of classes (N,), with standard normal `noise` (N, L)."""
    posterior = network.posterior(images, classes)
    z = posterior.mean + posterior.sd * noise
    weight = images.new_full((len(images),), 1 / len(images))
    nll, _ = network.weighted_nll(weight, z, classes, images)
    kl = network.latents.kl(posterior).mean()
    loss = nll + beta * kl + math.log(network.shape.n_classes)
    return Bound(loss, nll.detach(), kl.detach())


def classification(network: PaperNetwork, images: Tensor, classes: Tensor) -> Tensor:
    """Return the mean of A over images (N, S, S) of classes (N,), without its weight alpha."""
    return functional.cross_entropy(network.class_logits(images), classes)
