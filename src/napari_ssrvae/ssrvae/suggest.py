"""Which particles to label next: the typical ones first, then the doubtful, always some at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.checks import checked_classes

__all__ = ["Reason", "Suggestions", "label_next"]

Reason = Literal["typical", "uncertain", "random"]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FEW_PER_CLASS = 5
"""Below this many labels per class a model's doubts say more about the model than the particles."""

_NEIGHBOURS = 20
_MOST_CLUSTERS = 500
_CLASS_DISTANCE = 2.0
"""How far two classes lie apart, in spreads of the latents, when both are certain."""

_SHARPNESS = 2.0
_TOO_NOVEL = 0.9
"""Dust and halves of particles: nothing to learn a class from while there is anything else."""


@dataclass(frozen=True)
class Suggestions:
    """Particles to label, the most useful first, with the random ones strewn in between.

    Attributes
    ----------
    indices : (n,) int64
        Rows of what was asked about; none twice, none that has a label.
    reasons : tuple of {"typical", "uncertain", "random"}
        Why each was chosen. The random ones are drawn evenly from everything without a label,
        before the others: how often the model was right on them, before it learned from the
        answers, estimates its accuracy there without bias. They must be counted apart for that.
    """

    indices: Ints
    reasons: tuple[Reason, ...]

    def __len__(self) -> int:
        return len(self.reasons)


def label_next(
    latents: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    y: npt.ArrayLike,
    n: int,
    rng: np.random.Generator,
    novelty: npt.ArrayLike | None = None,
    random_share: float = 0.15,
) -> Suggestions:
    """Suggest `n` particles to label, or as many as have no label.

    Up to about five labels per class: the densest particle of every cluster, in latents and class
    together, that has no label yet (TypiClust; Hacohen et al., arXiv 2202.02794). From then on a
    draw that prefers a small margin between the two most probable classes (Bahri et al., arXiv
    2210.03822), with Gumbel noise on its logarithm, so that one batch is not ten times the same
    doubt (Kirsch et al., arXiv 2106.12059).

    Parameters
    ----------
    latents : array-like, shape (N, d)
        Content latents, free of pose: `SSRVAE.transform`.
    probabilities : array-like, shape (N, K)
        Class probabilities: `SSRVAE.predict_proba`.
    y : array-like of int, shape (N,)
        Classes, -1 = unlabelled.
    n : int
        How many, at least 1.
    rng : numpy.random.Generator
        The only source of chance.
    novelty : array-like, shape (N,), optional
        `SSRVAE.novelty`; the most novel are left to chance while there are others.
    random_share : float
        Share of random ones, in [0, 1]; kept exactly on average, whatever `n`.

    Returns
    -------
    Suggestions

    Raises
    ------
    InputError
        The arrays do not belong together, or `n` or `random_share` is out of range.
    """
    z, p, strange = _checked(latents, probabilities, novelty)
    labels = checked_classes(y, len(p), p.shape[1], lowest=-1)
    if n < 1:
        raise InputError(f"n is {n}: ask for at least one particle.")
    if not 0 <= random_share <= 1:
        raise InputError(f"random_share is {random_share}: give a number from 0 to 1.")
    free = labels < 0
    n = min(int(n), int(free.sum()))
    n_random = min(n, int(n * random_share + rng.random()))
    by_chance = rng.choice(np.flatnonzero(free), n_random, replace=False)
    free[by_chance] = False

    n_labels = int((labels >= 0).sum())
    n_typical = min(n - n_random, max(0, _FEW_PER_CLASS * p.shape[1] - n_labels))
    likely = free & (strange <= _TOO_NOVEL)
    typical = _typical(_features(z, p), labels >= 0, likely, n_typical, rng)
    free[typical] = False
    uncertain = _uncertain(p, strange, free, n - n_random - len(typical), rng)

    chosen = np.concatenate([typical, uncertain])
    reasons: list[Reason] = ["typical" for _ in typical]
    reasons += ["uncertain" for _ in uncertain]
    # Strewn in: whoever stops after the first few has still answered some of them.
    places = np.sort(rng.integers(0, len(chosen) + 1, n_random))
    for place, index in zip(places[::-1], by_chance, strict=True):
        chosen = np.insert(chosen, place, index)
        reasons.insert(int(place), "random")
    return Suggestions(chosen.astype(np.int64), tuple(reasons))


def _checked(latents: Any, probabilities: Any, novelty: Any) -> tuple[Floats, Floats, Floats]:
    z, p = (np.asarray(a, dtype=np.float64) for a in (latents, probabilities))
    strange = np.zeros(len(p)) if novelty is None else np.asarray(novelty, dtype=np.float64)
    if (
        z.ndim != 2
        or p.ndim != 2
        or not p.shape[1]
        or not (strange.shape == (len(z),) == (len(p),))
    ):
        raise InputError(
            "Latents (N, d), probabilities (N, K) and novelty (N,) must be of the same particles, "
            f"these have the shapes {z.shape}, {p.shape} and {strange.shape}: compute them anew."
        )
    if not all(np.isfinite(a).all() for a in (z, p, strange)):
        raise InputError("Latents, probabilities and novelty must be finite: train the model anew.")
    return z, p, strange


def _features(z: Floats, p: Floats) -> Floats:
    """Return where the particles lie, in latents and class together.

    Latents are conditioned on the class: equal ones of two classes are different particles.
    """
    spread = np.maximum(z.std(axis=0), 1e-9)
    apart = _CLASS_DISTANCE * np.sqrt(max(z.shape[1], 1))
    return np.concatenate([(z - z.mean(axis=0)) / spread, apart * p], axis=1)


def _typical(
    features: Floats,
    labelled: npt.NDArray[np.bool_],
    free: npt.NDArray[np.bool_],
    n: int,
    rng: np.random.Generator,
) -> Ints:
    """Return up to `n` free particles: the densest one of each cluster without a label."""
    n = min(n, int(free.sum()))
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    n_clusters = min(int(labelled.sum()) + n, _MOST_CLUSTERS, len(np.unique(features, axis=0)))
    seed = int(rng.integers(2**31))
    cluster = KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(features)
    size = np.bincount(cluster, minlength=n_clusters)
    covered = np.bincount(cluster[labelled], minlength=n_clusters)
    waiting = [
        _densest_first(features, np.flatnonzero(cluster == c), free) for c in range(n_clusters)
    ]
    chosen: list[int] = []
    while len(chosen) < n:
        # The least covered, of these the largest: labels go where most particles are like them.
        c = min((c for c in range(n_clusters) if waiting[c]), key=lambda c: (covered[c], -size[c]))
        chosen.append(waiting[c].pop(0))
        covered[c] += 1
    return np.array(chosen, dtype=np.int64)


def _densest_first(features: Floats, members: Ints, free: npt.NDArray[np.bool_]) -> list[int]:
    """Return the free members of a cluster by their mean distance to their neighbours in it."""
    if len(members) < 2:
        return [int(i) for i in members if free[i]]
    k = min(_NEIGHBOURS, len(members) - 1)
    distance, _ = NearestNeighbors(n_neighbors=k).fit(features[members]).kneighbors()
    order = members[np.argsort(distance.mean(axis=1), kind="stable")]
    return [int(i) for i in order if free[i]]


def _uncertain(
    p: Floats,
    strange: Floats,
    free: npt.NDArray[np.bool_],
    n: int,
    rng: np.random.Generator,
) -> Ints:
    """Draw `n` free particles with a probability that grows with their doubt, without repeats."""
    candidates = np.flatnonzero(free)
    best = np.sort(p[candidates], axis=1)[:, -2:]
    margin = best[:, -1] - best[:, 0] if p.shape[1] > 1 else np.ones(len(candidates))
    doubt = _SHARPNESS * np.log(np.clip(1 - margin, 1e-9, 1)) + rng.gumbel(size=len(candidates))
    too_novel = strange[candidates] > _TOO_NOVEL
    order: Ints = candidates[np.lexsort((-doubt, too_novel))]
    return order[:n]
