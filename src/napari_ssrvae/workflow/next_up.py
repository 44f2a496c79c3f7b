"""Which particles of a library help a model most when they are labelled next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae.suggest import Reason

__all__ = ["Described", "get_ready", "most_helpful"]

MOST_FREE = 2_000
"""Of more particles than these a random part stands for all: the clusters in it are the same."""

MOST_LABELLED = 500


class Described(Protocol):
    """Particles in columns, as the session's catalogue has them."""

    by_hand: NDArray[np.uint8]
    model_class_ids: NDArray[np.int64]

    @property
    def by_model(self) -> NDArray[np.uint8]:
        """Predicted classes (N,), 0 without a prediction."""

    @property
    def latents(self) -> NDArray[np.float32]:
        """Content latents (N, d)."""

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Probabilities (N, K)."""

    @property
    def novelty(self) -> NDArray[np.float32]:
        """Novelty (N,)."""

    def features(self, kind: Literal["model", "shape"]) -> NDArray[np.float32]:
        """Return standardised features (N, m)."""


def get_ready() -> None:
    """Import what the first suggestion needs, about a second; from any thread, when there is time."""
    import napari_ssrvae.ssrvae.suggest  # noqa: F401


def most_helpful(
    particles: Described,
    free: NDArray[np.int64],
    n: int,
    n_classes: int,
    rng: np.random.Generator,
) -> list[tuple[int, Reason]]:
    """Return up to `n` rows to label with the reason, the most useful first; see `ssrvae.label_next`.

    Parameters
    ----------
    particles : Described
    free : (M,) int64
        Rows to choose from.
    n : int
    n_classes : int
        Without a model all classes are equally probable, and standardised measurements stand for the latents.
    rng : numpy.random.Generator
    """
    from napari_ssrvae.ssrvae.suggest import label_next

    predicted = particles.by_model > 0
    by_model = bool(predicted[free].any())
    labelled = np.flatnonzero(particles.by_hand > 0)
    if by_model:
        free, labelled = free[predicted[free]], labelled[predicted[labelled]]
    classes = particles.model_class_ids if by_model else np.arange(n_classes)
    # All that `label_next` needs to see that there are labels enough is kept.
    labelled = _some(labelled, max(MOST_LABELLED, 5 * len(classes)), rng)
    free = _some(free, max(MOST_FREE, 4 * n), rng)
    rows = np.sort(np.concatenate([free, labelled]))
    y = np.where(particles.by_hand[rows] > 0, 0, -1)
    if by_model:
        latents, probabilities = particles.latents[rows], particles.probabilities[rows]
        novelty = particles.novelty[rows]
    else:
        latents = particles.features("shape")[rows]
        probabilities = np.full((len(rows), len(classes)), 1 / len(classes), np.float32)
        novelty = None
    # Labelled or drawn before: neither may be chosen.
    y[~np.isin(rows, free)] = 0
    said = label_next(latents, probabilities, y, n, rng, novelty, random_share=0.0)
    return [(int(rows[i]), reason) for i, reason in zip(said.indices, said.reasons, strict=True)]


def _some(rows: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(rows, most, replace=False) if len(rows) > most else rows
