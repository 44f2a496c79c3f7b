"""Agglomerates in relief, laid out and lit: the specimen of a generated micrograph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.aggregates import Aggregates, grown_relief
from napari_ssrvae.evaluation.laying import lay
from napari_ssrvae.evaluation.se_signal import secondary_electrons
from napari_ssrvae.evaluation.sem_picture import substrate

__all__ = ["relief_specimen"]

LEAST_COVERAGE = 1e-3


def relief_specimen(
    n: int,
    diameters: tuple[float, float],
    how: Aggregates,
    shape: tuple[int, int] | None,
    rows_of: Callable[[tuple[int, int]], int],
    *,
    coverage: float,
    gap: float,
    contrast: float,
    edge: float,
    gradient: float,
    rng: np.random.Generator,
) -> tuple[tuple[int, int], NDArray[np.float32], NDArray[np.int32], NDArray[np.int64]]:
    """Return the shape of the micrograph, its signal, the true labels, and primaries in each object.

    Parameters
    ----------
    n : int
        How many agglomerates are laid; fewer objects where some lie on others.
    diameters : (float, float)
        Of primary particles, one mean for each agglomerate.
    how : Aggregates
    shape : (int, int), optional
        Rows and columns with the data bar; by default what gives `coverage`.
    rows_of : callable
        The rows above the data bar of a micrograph of such a shape.
    coverage, gap, contrast, edge, gradient : float
        As in `generate_micrograph`.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        They do not fit.
    """
    least, most = how.primaries
    if not 1 <= least <= most:
        raise InputError(f"Agglomerates of {least} to {most} primary particles: start at 1.")
    detector = float(rng.uniform(0, 2 * np.pi))
    numbers = np.exp(rng.uniform(np.log(least), np.log(most + 1), n)).astype(np.int64)
    radii = rng.uniform(*diameters, size=n) / 2
    reliefs = [
        grown_relief(int(k), float(r), how, detector, rng)
        for k, r in zip(numbers, radii, strict=True)
    ]
    wished = shape
    while True:
        area = sum(int(relief.inside.sum()) for relief in reliefs) / coverage
        width = max(160, 4 * int(np.ceil(np.sqrt(area * 4 / 3) / 4)))
        shape = wished or (max(120, int(np.ceil(area / width / 0.935))), width)
        try:
            within = (rows_of(shape), shape[1])
            laid = lay(reliefs, within, gap, cut=how.cut, overlap=how.overlap, rng=rng)
            break
        except InputError:
            if wished is not None or coverage < LEAST_COVERAGE:
                raise
            coverage *= 0.85
    picture = secondary_electrons(
        laid,
        substrate(within, gradient, rng),
        float(radii.mean()),
        how,
        contrast=contrast,
        edge=edge,
        detector=detector,
        rng=rng,
    )
    primaries = np.array([numbers[m].sum() for m in laid.members], dtype=np.int64)
    return shape, picture, laid.labels, primaries
