"""The terms U, L and A of Ziatdinov et al., arXiv 2105.11475, with the pose on a grid.

U(x)    = sum_ry q(r,y|x) [ NLL + beta KL(z) + log q(r,y|x) + log R + log K ]
L(x, y) = sum_r  q(r|x,y) [ NLL + beta KL(z) + log q(r|x,y) + log R ] + log K
A(x, y) = -log q(y|x), weighted by alpha
The sums are estimated from a few pairs (r, y) drawn without replacement; the entropies are exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.encoder import Explanations
from napari_ssrvae.ssrvae.likelihood import bernoulli_nll, kl_to_prior
from napari_ssrvae.ssrvae.network import Look, Network

__all__ = ["Evidence", "draw_pairs", "evidence", "pose_lesson"]


class Evidence(NamedTuple):
    """Per image (N,): the bound to minimise, and its parts in nats."""

    loss: Tensor
    reconstruction: Tensor
    kl: Tensor


def draw_pairs(log_weights: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Return n column indices per row of (N, M), without replacement (Gumbel top-k)."""
    uniform = torch.rand(log_weights.shape, generator=generator, device=log_weights.device)
    gumbel = -torch.log(-torch.log(uniform.clamp(1e-9, 1 - 1e-7)))
    return (log_weights.detach() + gumbel).topk(min(n, log_weights.shape[1]), dim=1).indices


def evidence(
    network: Network,
    images: Tensor,
    look: Look,
    q: Explanations,
    classes: Tensor | None,
    *,
    n_pairs: int,
    beta: float,
    class_evidence: float,
    generator: torch.Generator,
) -> Evidence:
    """Return U of images (N, S, S), or L where `classes` (N,) are given."""
    n, R, K = q.logits.shape
    if classes is None:
        log_q = q.log_joint.flatten(1)  # (N, R * K)
    else:
        here = torch.arange(n, device=images.device)
        log_q = functional.log_softmax(q.logits[here, :, classes], dim=1)  # (N, R)
    chosen = draw_pairs(log_q, n_pairs, generator)
    pairs = chosen.shape[1]
    owner = torch.arange(n, device=images.device).repeat_interleave(pairs)
    if classes is None:
        rotation, label = (chosen // K).flatten(), (chosen % K).flatten()
    else:
        rotation, label = chosen.flatten(), classes[owner]

    mean, sd = q.mean[owner, rotation, label], q.sd[owner, rotation, label]
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    logits = network.decode(
        mean + sd * noise, rotation, label, look.centre[owner], look.ground[owner]
    )
    nll = bernoulli_nll(logits, images[owner]).view(n, pairs)
    kl = kl_to_prior(mean, sd).view(n, pairs)
    cost = nll + beta * kl

    weight = functional.softmax(log_q.gather(1, chosen), dim=1)
    entropy = -(log_q.exp() * log_q).sum(dim=1)
    # The same value whatever class_evidence is; it only scales what reaches the weights.
    explained = (weight.detach() * cost).sum(dim=1)
    choice = (weight * cost.detach()).sum(dim=1) - entropy
    choice = class_evidence * choice + (1 - class_evidence) * choice.detach()
    loss = explained + choice - (weight * cost).sum(dim=1).detach() + math.log(R * K)
    with torch.no_grad():
        parts = (weight * nll).sum(dim=1), (weight * kl).sum(dim=1)
    return Evidence(loss, *parts)


def pose_lesson(q: Explanations, target: Tensor, classes: Tensor) -> Tensor:
    """Return (N,): the cross-entropy of q(r | x, y) to rotations (N, R, K) told by templates.

    Averaged over the classes with q(y | x), which it does not move; the last images, as many as
    there are `classes`, have the class that was labelled.
    """
    with torch.no_grad():
        share = functional.softmax(q.class_logits, dim=1)
        share[len(share) - len(classes) :] = functional.one_hot(classes, share.shape[1]).to(share)
    given = functional.log_softmax(q.logits, dim=1)
    return -(share[:, None] * target * given).sum(dim=(1, 2))
