"""What a model says of the particles, as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Predicted"]


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictions of N particles; K classes, d latents. See `Catalogue` for the columns."""

    by_model: NDArray[np.uint8]
    probability: NDArray[np.float32]
    uncertainty: NDArray[np.float32]
    novelty: NDArray[np.float32]
    angle_rad: NDArray[np.float32]
    offset_px: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    latents: NDArray[np.float32]

    @classmethod
    def blank(cls, n: int, n_classes: int = 0, n_latents: int = 0) -> Self:
        """Return what is known of particles that no model has seen."""

        def unknown(*shape: int) -> NDArray[np.float32]:
            return np.full(shape, np.nan, np.float32)

        return cls(
            np.zeros(n, np.uint8),
            unknown(n),
            unknown(n),
            unknown(n),
            np.zeros(n, np.float32),
            np.zeros((n, 2), np.float32),
            unknown(n, n_classes),
            unknown(n, n_latents),
        )

    @classmethod
    def read(cls, table: pd.DataFrame) -> tuple[Self, NDArray[np.int64]]:
        """Return the predictions of `ParticleLibrary.predictions` and the class of each probability."""
        classes = [name for name in table.columns if name.startswith("p_")]
        latents = [name for name in table.columns if name.startswith("z_")]

        def numbers(names: list[str]) -> NDArray[np.float32]:
            return (
                table[names].to_numpy(np.float32)
                if names
                else np.zeros((len(table), 0), np.float32)
            )

        p = numbers(classes)
        found = cls(
            table["class_id"].to_numpy(np.uint8),
            table["probability"].to_numpy(np.float32),
            _doubt(p),
            table["novelty"].to_numpy(np.float32),
            np.deg2rad(table["angle_deg"].to_numpy(np.float32)),
            numbers(["offset_y_px", "offset_x_px"]),
            p,
            numbers(latents),
        )
        return found, np.array([int(name[2:]) for name in classes], np.int64)

    def at(self, rows: NDArray[np.int64]) -> Self:
        """Return the predictions of these rows; -1 stands for a particle that no model has seen."""
        there = rows >= 0
        found = self.blank(len(rows), self.probabilities.shape[1], self.latents.shape[1])
        for column in fields(self):
            getattr(found, column.name)[there] = getattr(self, column.name)[rows[there]]
        return found

    def write(self, rows: NDArray[np.int64], others: Predicted) -> None:
        """Write what is said of some particles, in place."""
        for column in fields(self):
            getattr(self, column.name)[rows] = getattr(others, column.name)


def _doubt(p: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 - (p1 - p2) of each row, p1 and p2 the two largest."""
    if p.shape[1] == 0:
        return np.full(len(p), np.nan, np.float32)
    if p.shape[1] == 1:
        return np.asarray(1 - p[:, 0])
    best = np.partition(p, -2, axis=1)[:, -2:]
    return np.asarray(1 - (best[:, 1] - best[:, 0]))
