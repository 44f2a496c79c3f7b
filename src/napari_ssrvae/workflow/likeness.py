"""How like each other particles are: in what a model says of them, else in what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["distance_to_nearest", "model_features", "shape_features"]

Floats = NDArray[np.float32]

# Outlines alone: with brightness beside them the suggestions find fewer of a rare class (docs/experiments.md).
SHAPES = ("eccentricity", "solidity", "circularity")
LENGTHS = ("equivalent_diameter", "perimeter", "major_axis", "minor_axis")

CLASS_DISTANCE = 2.0
"""How far two classes lie apart, in spreads of the latents, when both are certain: as in `label_next`."""

MOST_REFERENCES = 256
"""More than this many particles to be like are thinned out: the picture they give is the same."""

CHUNK = 16_384


def shape_features(measurements: pd.DataFrame, unit: str) -> Floats:
    """Return measurements (N, m) that do not depend on place and turn, each with mean 0 and spread 1.

    Lengths enter by their logarithm: twice as long is equally far for small and for large ones. What was
    not measured is 0, as usual as can be.
    """
    columns: list[NDArray[np.float64]] = []
    for name in LENGTHS:
        known = f"{name}_{unit}"
        if known in measurements:
            columns.append(np.log(np.maximum(measurements[known].to_numpy(float), 1e-9)))
    columns += [measurements[name].to_numpy(float) for name in SHAPES if name in measurements]
    if not columns:
        return np.zeros((len(measurements), 1), np.float32)
    return _standardised(np.column_stack(columns))


def model_features(latents: Floats, probabilities: Floats) -> Floats:
    """Return where particles (N, d + K) lie in latents and class together; NaN without a prediction.

    Latents are conditioned on the class: equal ones of two classes are different particles.
    """
    known = np.isfinite(latents).all(axis=1) & np.isfinite(probabilities).all(axis=1)
    found = np.full((len(latents), latents.shape[1] + probabilities.shape[1]), np.nan, np.float32)
    apart = CLASS_DISTANCE * np.sqrt(max(latents.shape[1], 1))
    found[known] = np.hstack([_standardised(latents[known]), apart * probabilities[known]])
    return found


def _standardised(values: NDArray[np.floating]) -> Floats:
    if not len(values):
        return values.astype(np.float32)
    known = np.where(np.isfinite(values), values, np.nan)
    if known.dtype == np.float32:
        known = known.astype(np.float64)
    counts = np.maximum(np.isfinite(known).sum(axis=0), 1)
    mean = np.nansum(known, axis=0) / counts
    known = known - mean
    spread = np.sqrt(np.nansum(known**2, axis=0) / counts)
    return np.asarray(np.nan_to_num(known / np.maximum(spread, 1e-9)), np.float32)


def distance_to_nearest(features: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return how far each particle is from the nearest of some; inf where nothing is known of it.

    Parameters
    ----------
    features : (N, m) float32
        NaN: not known.
    rows : (M,) int64
        The particles to be like. Of more than 256, 256 evenly spread ones stand for all.

    Returns
    -------
    (N,) float32
        0 for the particles themselves.
    """
    found = np.full(len(features), np.inf, np.float32)
    known = np.asarray(np.isfinite(features).all(axis=1))
    some = rows[known[rows]]
    if len(some) > MOST_REFERENCES:
        some = some[np.linspace(0, len(some) - 1, MOST_REFERENCES).round().astype(int)]
    if len(some):
        references = features[some]
        norms = (references**2).sum(axis=1)
        for start in range(0, len(features), CHUNK):
            part = features[start : start + CHUNK]
            squares = norms - 2 * part @ references.T
            nearest = squares.min(axis=1) + (part**2).sum(axis=1)
            found[start : start + CHUNK] = np.sqrt(np.maximum(nearest, 0))
        found[~known] = np.inf
    found[rows] = 0
    return found
