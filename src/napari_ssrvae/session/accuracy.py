"""How often a model was right on particles drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RunningAccuracy"]


@dataclass(frozen=True)
class RunningAccuracy:
    """How often a model was right on random particles, before it learned from the answers.

    Attributes
    ----------
    model : str
    right, judged : int
    low, high : float
        95 % Wilson interval of right / judged; 0 and 1 before the first answer.
    """

    model: str
    right: int
    judged: int
    low: float
    high: float

    @classmethod
    def of(cls, model: str, checks: pd.DataFrame) -> Self:
        """Return what the answers say of a model; see `ParticleLibrary.checks`."""
        from napari_ssrvae.evaluation.metrics import wilson_interval

        right, judged = int(checks["right"].sum()), len(checks)
        low, high = wilson_interval(right, judged)
        return cls(model, right, judged, float(low), float(high))
