"""Dropping what has not the shape of a particle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.particles.measurements import measure_particles
from napari_ssrvae.particles.parameters import SegmentationParameters

__all__ = ["shapes_that_fit"]


def shapes_that_fit(
    labels: NDArray[np.int32], parameters: SegmentationParameters, n_before: int = 0
) -> int:
    """Take out of `labels` what is too ragged or too long, number the rest anew, return how many are left.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Changed in place; its numbers begin at `n_before` + 1.
    parameters : SegmentationParameters
        `min_solidity` and `max_elongation` matter.
    n_before : int
        Particles numbered earlier, in other rows.
    """
    table = measure_particles(labels, labels)
    keep = table["solidity"].to_numpy() >= parameters.min_solidity
    if parameters.max_elongation is not None:
        # A particle one pixel wide has no width by its second moments: a pixel is its least.
        width = np.maximum(table["minor_axis_px"].to_numpy(), 1.0)
        keep = keep & (table["major_axis_px"].to_numpy() <= parameters.max_elongation * width)
    ids = table.index.to_numpy()
    lookup = np.zeros(int(ids.max(initial=0)) + 1, dtype=np.int32)
    lookup[ids[keep]] = np.arange(n_before + 1, n_before + 1 + int(keep.sum()), dtype=np.int32)
    for start in range(0, labels.shape[0], 256):
        labels[start : start + 256] = lookup[labels[start : start + 256]]
    return int(keep.sum())
