"""Size and outline of the object in a patch: a few numbers that no pose changes, and no weights.

Where size tells the class, a handful of labels fixes a straight line in these numbers better than
a network of a hundred thousand weights; where it does not, the line says little and does no harm.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from napari_ssrvae.ssrvae.geometry import background, pixel_centres

__all__ = ["N_MEASURES", "fit_line", "silhouette"]

N_MEASURES = 6

_EDGE = 12.0
"""Slope of the soft threshold, so that an area counts parts of pixels."""

_STRENGTH = 10.0
_AREA = 3.0
"""Area counts more than the others from the start: of all it is the surest to be measured."""


def silhouette(images: Tensor) -> Tensor:
    """Return (N, 6) of images (N, S, S): six numbers of the object's outline.

    Log of area (px^2), of perimeter^2 / area, of the mean square radius against a disc's, the
    elongation, the log of the farthest point's square radius against a disc's, the log of the
    fourth moment against the square of the second. The outline is where the contrast is half of
    its highest.
    """
    size = images.shape[-1]
    contrast = (images - background(images)[:, None, None]).abs()
    highest = contrast.flatten(1).topk(max(4, size * size // 200), dim=1).values.mean(dim=1)
    inside = torch.sigmoid((contrast / highest.clamp_min(1e-6)[:, None, None] - 0.5) * _EDGE)
    u = pixel_centres(size, images.device) * (size / 2)
    area = inside.sum(dim=(1, 2))
    x = (inside.sum(dim=1) * u).sum(dim=1) / area
    y = (inside.sum(dim=2) * u).sum(dim=1) / area
    dx = (u[None, :] - x[:, None])[:, None, :]
    dy = (u[None, :] - y[:, None])[:, :, None]
    square = dx**2 + dy**2
    xx = (inside * dx**2).sum(dim=(1, 2)) / area
    yy = (inside * dy**2).sum(dim=(1, 2)) / area
    xy = (inside * dx * dy).sum(dim=(1, 2)) / area
    radius2 = xx + yy
    across = inside[:, 1:-1, 1:] - inside[:, 1:-1, :-1]
    down = inside[:, 1:, 1:-1] - inside[:, :-1, 1:-1]
    slope = (across[:, :, 1:] ** 2 + down[:, 1:] ** 2).sqrt()
    # An empty patch has none, and its logarithm must be finite.
    perimeter = slope.sum(dim=(1, 2)).clamp_min(0.5)
    farthest = (square * (inside > 0.5)).flatten(1).amax(dim=1).clamp_min(0.25)
    disc = area / math.pi
    return torch.stack(
        [
            area.log(),
            (perimeter**2 / area).log(),
            (radius2 / disc).log(),
            ((xx - yy) ** 2 + 4 * xy**2).clamp_min(1e-9).sqrt() / radius2,
            (farthest / disc).log(),
            ((inside * square**2).sum(dim=(1, 2)) / area / radius2**2).log(),
        ],
        dim=1,
    )


def fit_line(
    measures: npt.NDArray[np.float64], classes: npt.NDArray[np.int64], n_classes: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return weight (K, 6) and bias (K,) of a logistic regression on standardised measures.

    Parameters
    ----------
    measures : (M, 6)
        Of the labelled images, mean 0 and standard deviation 1 over all images.
    classes : (M,)
        A class without a label gets the mean of the others: the line says nothing about it.
    """
    present = np.unique(classes)
    weight, bias = np.zeros((n_classes, measures.shape[1])), np.zeros(n_classes)
    if len(present) < 2:
        return weight, bias
    counts = np.bincount(classes, minlength=n_classes)
    scale = np.ones(measures.shape[1])
    scale[0] = _AREA
    found = LogisticRegression(C=_STRENGTH, max_iter=5000).fit(
        measures * scale, classes, sample_weight=counts.max() / counts[classes]
    )
    if len(present) == 2:
        weight[present[1]], bias[present[1]] = found.coef_[0] * scale, found.intercept_[0]
    else:
        weight[present], bias[present] = found.coef_ * scale, found.intercept_
    absent = np.setdiff1d(np.arange(n_classes), present)
    weight[absent], bias[absent] = weight[present].mean(axis=0), bias[present].mean()
    return weight, bias
