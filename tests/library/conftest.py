from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from made_up import fill, new_library

from napari_ssrvae.library import ParticleLibrary


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[ParticleLibrary]:
    with ParticleLibrary.create(tmp_path / "gold") as library:
        yield library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[ParticleLibrary]:
    """One micrograph with twelve particles, ids 1..12."""
    with new_library(tmp_path / "gold") as library:
        yield library


@pytest.fixture
def predicted(library: ParticleLibrary) -> ParticleLibrary:
    """The same with a model that has spoken: particle i is of class 1 + i % 4."""
    ids = library.particles().index.to_numpy()
    n = len(ids)
    probabilities = np.full((n, 4), 0.1)
    probabilities[np.arange(n), ids % 4] = 0.7
    folder = library.model_folder("first")
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    library.add_model(
        "first",
        parameters={"preset": "default"},
        seed=3,
        class_ids=[1, 2, 3, 4],
        n_labels=8,
        versions={"torch": "0"},
        metrics={"balanced_accuracy": 0.9},
    )
    library.set_predictions(
        "first",
        ids,
        probabilities=probabilities,
        class_ids=[1, 2, 3, 4],
        novelty=ids / 100,
        angle_rad=np.full(n, np.pi / 2),
        offset_px=np.column_stack([ids, -ids]),
        latents=np.column_stack([ids * 0.5, ids * 2.0]),
    )
    return library


@pytest.fixture
def refill() -> Callable[..., object]:
    return fill
