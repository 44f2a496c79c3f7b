"""How unlike anything it was trained on the model finds an image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["cost_scale", "novelty_of"]

_ENOUGH = 8
_TINY = 1e-3


def cost_scale(
    cost: npt.NDArray[np.float32], classes: npt.NDArray[np.int64], n_classes: int
) -> tuple[float, ...]:
    """Return median, lower and upper spread of the log cost of each class, flat (3 K).

    A class with few particles borrows the scale of all.
    """
    log_cost = np.log(np.maximum(cost, _TINY))
    scales: list[float] = []
    for k in range(n_classes):
        own = log_cost[classes == k]
        low, middle, high = np.quantile(own if len(own) >= _ENOUGH else log_cost, [0.1, 0.5, 0.9])
        # 1.28 standard deviations lie between the median and a decile of a normal distribution.
        scales += [
            float(middle),
            max(float(middle - low) / 1.28, 0.05),
            max(float(high - middle) / 1.28, 0.05),
        ]
    return tuple(scales)


def novelty_of(
    cost: npt.NDArray[np.float32], classes: npt.NDArray[np.int64], scales: tuple[float, ...]
) -> npt.NDArray[np.float32]:
    """Return (N,) in [0, 1] from how far the cost lies outside what its class usually costs.

    Two-sided: a blank crop is explained too well (Nalisnick et al. 2019, arXiv 1810.09136). Half
    is reached at about four standard deviations.
    """
    scale = np.asarray(scales, dtype=np.float64).reshape(-1, 3)[classes]
    deviation = np.log(np.maximum(cost, _TINY)) - scale[:, 0]
    z = np.abs(deviation) / np.where(deviation < 0, scale[:, 1], scale[:, 2])
    return (1 - np.exp(-((z / 5) ** 2))).astype(np.float32)
