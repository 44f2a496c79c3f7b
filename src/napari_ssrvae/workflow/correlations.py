"""Which latent goes with which measurement: Spearman's rank correlation of each pair."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_PAIRS", "Correlated", "correlate"]

Floats = NDArray[np.floating]

LEAST_PAIRS = 10
"""Of fewer particles nothing is said: the interval would span nearly everything."""


@dataclass(frozen=True)
class Correlated:
    """One latent with one measurement.

    Attributes
    ----------
    latent : int
        From 0.
    measurement : str
        Key of the measurement.
    rho : float
        Spearman's rank correlation in [-1, 1]; NaN where it is not defined: too few particles, or all equal.
    n : int
        Particles that have both numbers.
    low, high : float
        95 % interval; NaN with rho.
    """

    latent: int
    measurement: str
    rho: float
    n: int
    low: float
    high: float


def correlate(latents: Floats, measurements: Mapping[str, Floats]) -> Iterator[list[Correlated]]:
    """Correlate each latent with each measurement.

    Parameters
    ----------
    latents : (N, d) float
        NaN: not known.
    measurements : mapping
        Key to numbers (N,); NaN: not measured.

    Yields
    ------
    list of Correlated
        A measurement with each of the latents; between two lists others can have their turn. Before the first
        an empty list for each latent, whose ranks take as long.

    Notes
    -----
    Equal values share the mean of their ranks. The interval is Fisher's, with the standard error of Fieller,
    Hartley and Pearson (Biometrika 44, 1957, 470): 1.03 / sqrt(n - 3) on the scale of artanh(rho).
    """
    known = np.asarray(np.isfinite(latents).all(axis=1))
    latents = latents[known]
    ranks = []
    for latent in latents.T:
        ranks.append(_ranks(latent))
        yield []
    for name, values in measurements.items():
        here = np.asarray(values, np.float64)[known]
        there = np.isfinite(here)
        whole = bool(there.all())
        own = _ranks(here if whole else here[there])
        n = len(own)
        found = []
        for number, rank in enumerate(ranks):
            other = rank if whole else _ranks(latents[there, number])
            rho = _pearson(own, other) if n >= LEAST_PAIRS else math.nan
            found.append(Correlated(number, name, rho, n, *_interval(rho, n)))
        yield found


def _ranks(values: Floats) -> NDArray[np.float64]:
    """Return ranks from 0; equal values share the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(values) else order
    counts = np.diff(np.r_[starts, len(values)])
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(starts + (counts - 1) / 2, counts)
    return ranks


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return math.nan if scale == 0 else max(-1.0, min(1.0, float(a @ b) / scale))


def _interval(rho: float, n: int) -> tuple[float, float]:
    if not math.isfinite(rho) or n <= 3:
        return math.nan, math.nan
    if abs(rho) >= 1:
        return rho, rho
    half = 1.96 * 1.03 / math.sqrt(n - 3)
    return math.tanh(math.atanh(rho) - half), math.tanh(math.atanh(rho) + half)
