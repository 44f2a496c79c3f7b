"""What the benchmarks share within one run: the settings, the data, and models trained once."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, TypeVar

import numpy as np

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.bench.rows import Classes, Images
from napari_ssrvae.evaluation.bench.sizes import Sizes
from napari_ssrvae.evaluation.cards import draw_suits
from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["Workshop", "draw_labels"]

Thing = TypeVar("Thing")


class Workshop:
    """Settings of one run of the benchmarks, and what several tasks need; a context.

    Parameters
    ----------
    sizes : Sizes
    n_seeds : int, optional
        Repetitions; by default each task's own number.
    first_seed : int
    glyphs : (4, 64, 64) float32, optional
        Other glyphs instead of the drawn suits.
    data : Path, optional
        The folder that holds `gold` and `nmers`.
    """

    def __init__(
        self,
        sizes: Sizes | None = None,
        n_seeds: int | None = None,
        first_seed: int = 0,
        glyphs: Images | None = None,
        data: Path | None = None,
    ) -> None:
        self.sizes = sizes or Sizes()
        self.n_seeds, self.first_seed = n_seeds, first_seed
        self.own_glyphs = glyphs is not None
        self.glyphs: Images = draw_suits() if glyphs is None else glyphs
        self.data = data
        self._kept: dict[Any, Any] = {}
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    @property
    def folder(self) -> Path:
        """A folder for trained models, gone when the context ends: in memory each keeps its images."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="napari-ssrvae-bench-")
        return Path(self._folder.name)

    def seeds(self, usual: int = 5) -> range:
        """Return the seeds of a task that by itself takes `usual`."""
        return range(self.first_seed, self.first_seed + (self.n_seeds or usual))

    def model(self, n_classes: int, seed: int, **more: Any) -> SSRVAE:
        """Return an untrained model."""
        return SSRVAE(n_classes, random_state=seed, parameters=self.sizes.parameters, **more)

    def kept(self, key: Any) -> Any | None:
        """Return what was kept under a key, or None."""
        return self._kept.get(key)

    def keep(self, key: Any, thing: Thing) -> Thing:
        """Keep something for the tasks to come."""
        self._kept[key] = thing
        return thing

    def once(self, key: Any, make: Callable[[], Thing]) -> Thing:
        """Return what `make` made the first time."""
        if key not in self._kept:
            self._kept[key] = make()
        thing: Thing = self._kept[key]
        return thing

    def settings(self) -> dict[str, Any]:
        """Return what the numbers depend on."""
        import torch

        from napari_ssrvae import __version__

        return {
            "version": __version__,
            "torch": torch.__version__,
            "threads": torch.get_num_threads(),
            "machine": platform.machine(),
            "first_seed": self.first_seed,
            "seeds": self.n_seeds,
            "glyphs": "given" if self.own_glyphs else "drawn",
            "quick": self.sizes != Sizes(),
        }


def draw_labels(y: Classes, n: int, seed: int) -> Classes:
    """Return the classes (N,) of `n` random members of each class, -1 for the others.

    Raises
    ------
    InputError
        A class has no more than `n` members: none would be left to test on.
    """
    rng = np.random.default_rng(seed)
    few = np.full(len(y), -1, dtype=np.int64)
    for k in np.unique(y):
        members = np.flatnonzero(y == k)
        if len(members) <= n:
            raise InputError(
                f"Class {k} has {len(members)} particles, too few to label {n}: take fewer labels."
            )
        few[rng.choice(members, n, replace=False)] = k
    return few
