"""What is decided before the first step: the network's shape, the labels kept aside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_ssrvae.ssrvae.model import Shape
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

__all__ = ["kept_aside", "shape_of"]

Array = npt.NDArray[np.float32]

_FEW_LABELS = 10


def shape_of(images: Array, n_classes: int, p: SSRVAEParameters) -> Shape:
    """Return what of the data and the parameters fixes the network."""
    border = np.concatenate(
        [
            images[:, 0].ravel(),
            images[:, -1].ravel(),
            images[..., 0].ravel(),
            images[..., -1].ravel(),
        ]
    )
    return Shape(
        n_classes=n_classes,
        size=images.shape[-1],
        n_latents=p.n_latents,
        n_rotations=p.n_rotations,
        hidden=p.hidden,
        offset_prior=p.offset_prior,
        grey_sd=max(float(images.std()), 1e-3),
        background=float(np.median(border)),
        invariance=p.invariance,
        likelihood=p.likelihood,
        noise_sd=p.noise_sd,
        angle_prior=p.angle_prior,
    )


def kept_aside(
    labels: npt.NDArray[np.int64], p: SSRVAEParameters, seed: int
) -> npt.NDArray[np.bool_]:
    """Choose the held-out labels: a fraction of each class, none of a class with few."""
    aside = np.zeros(len(labels), dtype=bool)
    rng = np.random.default_rng(seed)
    for k in np.unique(labels[labels >= 0]):
        members = np.flatnonzero(labels == k)
        if len(members) >= _FEW_LABELS:
            count = round(len(members) * p.held_out_fraction)
            aside[rng.choice(members, count, replace=False)] = True
    return aside
