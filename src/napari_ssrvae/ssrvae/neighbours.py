"""Which images look alike in whatever pose: labels spread to neighbours, or clusters without labels.

Images are compared on circles about their centres, turned onto one another by the best of all
angles; no weights. Where the classes are separate families of shapes, one label per class is
enough to name all of them.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh
from sklearn.cluster import KMeans
from torch import Tensor

__all__ = ["Families", "families", "find_families"]

_MOST = 2000
"""Images that are compared with one another; beyond that many a random choice."""

_NEIGHBOURS = 10
_SPREAD = 0.99
_FREQUENCIES, _ANGLES, _RINGS = 9, 32, 10
_SEPARATE, _MINGLED = 0.02, 0.12
"""A class with less than the first share of its ties leading out of it is a family of its own."""


@dataclass(frozen=True)
class Families:
    """What neighbours say of some images.

    Attributes
    ----------
    indices : Tensor of int64, shape (M,)
        Which images were compared.
    shares : Tensor, shape (M, K)
        How much each is tied to the labels of each class; the rows sum to 1.
    trust : float
        In [0, 1]: how far the classes are families of their own. 0 where they run into each other.
    """

    indices: Tensor
    shares: Tensor
    trust: float


def families(
    views: Tensor,
    classes: Tensor,
    n_classes: int,
    *,
    mirror: bool,
    generator: torch.Generator,
) -> Families:
    """Spread the labels along the neighbours, or cluster the images where there are no labels.

    Label spreading: Zhou et al., "Learning with local and global consistency", NIPS 2003;
    clusters: Ng, Jordan, Weiss, "On spectral clustering", NIPS 2001, both with the local scale of
    Zelnik-Manor and Perona, NIPS 2004.

    Parameters
    ----------
    views : Tensor, shape (N, n_radii, n_angles)
        Polar views.
    classes : Tensor of int64, shape (N,)
        -1 = unlabelled. A class without labels gets no share, unless no image has a label.
    n_classes : int
    mirror : bool
        Whether mirror images count as alike.
    generator : torch.Generator
    """
    finding = find_families(views, classes, n_classes, mirror=mirror, generator=generator)
    while True:
        try:
            next(finding)
        except StopIteration as end:
            found: Families = end.value
            return found


def find_families(
    views: Tensor,
    classes: Tensor,
    n_classes: int,
    *,
    mirror: bool,
    generator: torch.Generator,
) -> Generator[None, None, Families]:
    """Do what `families` does, yielding between the parts that take a fraction of a second each."""
    n = len(views)
    # Of a class with very many labels some are enough: a rare class must find room beside it.
    most = max(1, _MOST // (2 * n_classes))
    labelled = torch.cat([torch.nonzero(classes == k).flatten()[:most] for k in range(n_classes)])
    others = torch.nonzero(classes < 0).flatten()
    room = max(0, _MOST - len(labelled))
    chosen = torch.randperm(len(others), generator=generator, device=views.device)[:room]
    indices = (
        torch.cat([labelled, others[chosen]]) if n > _MOST else torch.arange(n, device=views.device)
    )
    distances = yield from _distances(_spectra(views[indices]), mirror=mirror)
    ties = _ties(distances)
    yield
    here = classes[indices]
    if not len(labelled):
        here = _clusters(ties, n_classes, generator)
    seen = here >= 0
    yield
    wanted = torch.zeros((len(indices), n_classes), device=views.device)
    wanted[seen, here[seen]] = 1
    root = ties.sum(dim=1).rsqrt()
    smooth = ties * root[:, None] * root
    spread = torch.linalg.solve(
        torch.eye(len(ties), device=ties.device) - _SPREAD * smooth, wanted
    ).clamp_min(0)
    total = spread.sum(dim=1, keepdim=True)
    # An image that nothing ties to a label could be anything.
    shares = torch.where(total > 1e-9, spread / total.clamp_min(1e-9), 1 / n_classes)
    return Families(indices, shares, _trust(ties, shares.argmax(dim=1), n_classes))


def _spectra(views: Tensor) -> Tensor:
    """Return (N, rings, frequencies), such that |a - b|^2 is the distance of two views."""
    n, n_radii, _ = views.shape
    radius = (torch.arange(n_radii, device=views.device) + 0.5) / n_radii
    found = torch.fft.rfft(views, dim=2)[:, :, :_FREQUENCIES] * radius[:, None].sqrt()
    found = found[:, : n_radii // _RINGS * _RINGS].view(n, _RINGS, -1, found.shape[2]).mean(dim=2)
    weight = torch.full((found.shape[2],), math.sqrt(2.0), device=views.device)
    weight[0] = 1.0
    weighted: Tensor = found * weight
    return weighted


def _distances(spectra: Tensor, *, mirror: bool) -> Generator[None, None, Tensor]:
    """Return (N, N): the squared distance at the best of all rotations."""
    angle = torch.arange(_ANGLES, device=spectra.device) * (2 * math.pi / _ANGLES)
    frequency = torch.arange(spectra.shape[2], device=spectra.device)
    phase = frequency[:, None] * angle
    waves = torch.cat([torch.cos(phase), -torch.sin(phase)])
    size = spectra.abs().square().sum(dim=(1, 2))
    every = spectra.permute(2, 1, 0).conj()  # (frequency, ring, N)
    rows: list[Tensor] = []
    for part in torch.split(spectra, 256):
        best = None
        for seen in (part, part.conj()) if mirror else (part,):
            product = torch.bmm(seen.permute(2, 0, 1), every)  # (frequency, part, N)
            flat = torch.cat([product.real, product.imag]).flatten(1)
            match = (waves.T @ flat).view(_ANGLES, len(part), -1).amax(dim=0)
            best = match if best is None else torch.maximum(best, match)
            yield
        assert best is not None
        rows.append(size[len(rows) * 256 :][: len(part), None] + size - 2 * best)
    found: Tensor = torch.cat(rows).clamp_min(0)
    return found


def _ties(distances: Tensor) -> Tensor:
    """Return (N, N), symmetric: how strongly each image is tied to its nearest neighbours."""
    n = len(distances)
    k = min(_NEIGHBOURS, n - 1)
    apart = distances.clone().fill_diagonal_(math.inf)
    near, who = apart.topk(k, dim=1, largest=False)
    scale = near[:, k // 2].sqrt()
    strength = torch.exp(-near / (scale[:, None] * scale[who] + 1e-9))
    ties = torch.zeros_like(distances).scatter_(1, who, strength + 1e-6)
    return torch.maximum(ties, ties.T)


def _clusters(ties: Tensor, n_classes: int, generator: torch.Generator) -> Tensor:
    """Return a class (N,) for every image, in the order of falling numbers."""
    n = len(ties)
    if n <= n_classes:
        return torch.arange(n, device=ties.device)
    seed = int(torch.randint(2**31, (1,), generator=generator, device=ties.device))
    root = ties.sum(dim=1).rsqrt()
    smooth = csr_array((ties * root[:, None] * root).cpu().double().numpy())
    if n_classes < n - 1:
        start = np.random.default_rng(seed).random(n)
        _, leading = eigsh(smooth, k=n_classes, which="LA", v0=start)
    else:
        leading = np.linalg.eigh(smooth.toarray())[1][:, -n_classes:]
    leading /= np.linalg.norm(leading, axis=1, keepdims=True).clip(1e-12)
    found = KMeans(n_classes, n_init=10, random_state=seed).fit_predict(leading)
    order = np.argsort(-np.bincount(found, minlength=n_classes), kind="stable")
    return torch.from_numpy(np.argsort(order)[found]).to(ties.device)


def _trust(ties: Tensor, classes: Tensor, n_classes: int) -> float:
    """Return how far the classes are separate: by the largest conductance of any."""
    member = torch.nn.functional.one_hot(classes, n_classes).to(ties)
    within = torch.diagonal(member.T @ ties @ member)
    volume = (ties.sum(dim=1)[:, None] * member).sum(dim=0)
    out = (1 - within / volume.clamp_min(1e-12))[volume > 0]
    worst = float(out.max()) if len(out) > 1 else 1.0
    return float(np.clip((_MINGLED - worst) / (_MINGLED - _SEPARATE), 0.0, 1.0))
