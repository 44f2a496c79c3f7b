"""How much data the benchmarks take: as the issue defines them, or tiny to show that they run."""

from __future__ import annotations

from dataclasses import dataclass

from napari_ssrvae.ssrvae import SSRVAEParameters

__all__ = ["Sizes"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of patches and steps; cards count per class.

    Attributes
    ----------
    labelled, unlabelled, test : int
        Cards of the paper's three sets.
    cell : int
        Test cards in one cell of angles and shears.
    cards_steps, particle_steps : int
        Batches of 64 for the CNN: as the issue says on cards, enough for it to settle on particles.
    agglomerates, retrain : tuple of int
        Particles of 1, 2, 3 and more spheres.
    speed : int
        Patches read to measure the speed.
    parameters : SSRVAEParameters or None
        Of the model; None for its defaults.
    """

    labelled: int = 200
    unlabelled: int = 3000
    test: int = 1000
    cell: int = 500
    cards_steps: int = 1500
    particle_steps: int = 400
    agglomerates: tuple[int, ...] = (1156, 269, 46, 40)
    retrain: tuple[int, ...] = (305, 94, 49, 32)
    speed: int = 5000
    parameters: SSRVAEParameters | None = None

    @classmethod
    def tiny(cls) -> Sizes:
        """Return sizes with which everything runs within seconds and no number means anything."""
        return cls(
            labelled=6, unlabelled=20, test=12, cell=4, cards_steps=4, particle_steps=4,
            agglomerates=(24, 20, 18, 18), retrain=(24, 20, 18, 18), speed=20,
            parameters=SSRVAEParameters(epochs=1, hidden=16, n_rotations=8, n_pairs=1),
        )  # fmt: skip
