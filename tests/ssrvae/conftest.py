from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pytest
import torch

from napari_ssrvae.ssrvae import SSRVAE, FitEvent, FitPreparing, SSRVAEParameters

SMALL = SSRVAEParameters(epochs=6, hidden=32, n_rotations=8, n_pairs=2, batch_size=32)
"""Enough to tell rods from discs, in a few seconds."""


def rods_and_discs(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return patches (n, 24, 24), classes (0 rod, 1 disc) and the rods' angles in radians."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 2)
    angle = rng.uniform(0, np.pi, n)
    rows, columns = np.mgrid[:24, :24] - 11.5
    right, up = columns, -rows
    images = []
    for k, a in zip(y, angle, strict=True):
        along = right * np.cos(a) + up * np.sin(a)
        across = -right * np.sin(a) + up * np.cos(a)
        half = (8.0, 2.5) if k == 0 else (5.0, 5.0)
        size = rng.uniform(0.9, 1.1)
        distance = np.sqrt((along / half[0] / size) ** 2 + (across / half[1] / size) ** 2)
        images.append(0.1 + 0.8 / (1 + np.exp(8 * (distance - 1))))
    return np.array(images, dtype=np.float32), y, angle


def some_labels(y: np.ndarray, n: int) -> np.ndarray:
    """Keep the labels of the first n of each class."""
    few = np.full(len(y), -1)
    for k in np.unique(y):
        chosen = np.flatnonzero(y == k)[:n]
        few[chosen] = k
    return few


def after_preparing(events: Iterable[FitEvent]) -> Iterator[FitEvent]:
    """Leave out what comes while the particles are only looked at."""
    return (event for event in events if not isinstance(event, FitPreparing))


@pytest.fixture(scope="session")
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return rods_and_discs(160)


@pytest.fixture(scope="session")
def trained(data) -> SSRVAE:
    X, y, _ = data
    return SSRVAE(n_classes=2, parameters=SMALL, device="cpu").fit(X, some_labels(y, 12))


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors on many threads are slow where other work runs beside the tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
