"""Where the experiments get cards and trained models; what several of them ask for is made once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.baselines import AugmentedCNN
from napari_ssrvae.evaluation.cards import SUITS, make_cards
from napari_ssrvae.evaluation.paper.events import Running, Stage
from napari_ssrvae.evaluation.paper.settings import OFFSETS, Offset, PaperSettings
from napari_ssrvae.ssrvae import (
    SSRVAE,
    EpochEvent,
    FitEvent,
    FitFailed,
    FitNotice,
    SSRVAEParameters,
)

__all__ = [
    "HOME_ANGLE",
    "HOME_SHEAR",
    "Images",
    "Lab",
    "Labels",
    "Trained",
    "shear_of_percent",
    "trained",
]

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

HOME_ANGLE, HOME_SHEAR = 60.0, 15.0
"""Where the paper trains: rotations and shears of the unlabelled cards, in degrees."""

_LABELLED_ANGLE = 5.0
_LABELLED_SEED, _UNLABELLED_SEED, _TEST_SEED = 0, 1, 2


def shear_of_percent(percent: float) -> float:
    """Return the shear in degrees that the paper calls so many per cent: degrees times 100 / 64."""
    return percent * 64 / 100


@dataclass(frozen=True)
class Trained:
    """Which model is asked for: how it is built, and the unlabelled cards that it learns from."""

    preset: str
    offset: Offset
    angle_deg: float = HOME_ANGLE
    shear_deg: float = HOME_SHEAR
    seed: int = 0

    @property
    def text(self) -> str:
        """In words."""
        return (
            f"{self.preset} model, seed {self.seed}, angles within ±{self.angle_deg:g}°, shears within "
            f"±{self.shear_deg:g}°, {'vertical' if self.offset == 'vertical' else '2-D'} offsets"
        )


class Lab:
    """Cards and models for one run; a context manager that forgets its models at the end.

    Models at home (60 degrees, shear 15) serve most experiments: they are kept on disk, for in memory each
    would hold its training images.
    """

    def __init__(self, settings: PaperSettings, glyphs: Images | None = None) -> None:
        self.settings, self.glyphs = settings, glyphs
        self._rivals: dict[int, AugmentedCNN] = {}
        self._kept: dict[Trained, Path] = {}
        self._shelf = tempfile.TemporaryDirectory(prefix="napari-ssrvae-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shelf.cleanup()

    def test_cards(
        self, offset: Offset, angle_deg: float = HOME_ANGLE, shear_deg: float = HOME_SHEAR
    ) -> tuple[Images, Labels, dict[str, Images]]:
        """Return the cards that no model has seen, their suits, and how they were deformed."""
        return make_cards(
            self.settings.n_test,
            angle_deg,
            shear_deg,
            offset,
            seed=_TEST_SEED,
            glyphs=self.glyphs,
        )

    def model(self, wanted: Trained) -> Running[SSRVAE]:
        """Train the model, or take it from the shelf."""
        settings = self.settings
        if wanted in self._kept:
            return SSRVAE.load(self._kept[wanted], settings.device)
        yield Stage(f"training: {wanted.text}")
        few, classes = self._labelled()
        many, *_ = make_cards(
            settings.n_unlabelled,
            wanted.angle_deg,
            wanted.shear_deg,
            wanted.offset,
            seed=_UNLABELLED_SEED,
            glyphs=self.glyphs,
        )
        X = np.concatenate([few, many])
        y = np.concatenate([classes, np.full(len(many), -1)])
        model = yield from trained(len(SUITS), wanted.preset, wanted.seed, settings, X, y)
        if (wanted.angle_deg, wanted.shear_deg) != (HOME_ANGLE, HOME_SHEAR):
            return model
        self._kept[wanted] = model.save(Path(self._shelf.name) / str(len(self._kept)))
        return SSRVAE.load(self._kept[wanted], settings.device)

    def rival(self, seed: int) -> Running[AugmentedCNN]:
        """Return a small CNN that was trained on the labelled cards alone, turned at random."""
        if seed not in self._rivals:
            yield Stage(f"training: CNN on the labels alone, seed {seed}")
            self._rivals[seed] = AugmentedCNN(len(SUITS), seed, self.settings.rival_steps).fit(
                *self._labelled()
            )
        return self._rivals[seed]

    def judges(self, offset: Offset) -> Running[dict[str, list[Any]]]:
        """Return for the ss-rVAE and the rival one model per seed, trained at home."""
        models: dict[str, list[Any]] = {"ss-rVAE": [], "CNN": []}
        for seed in self.settings.seeds:
            wanted = Trained(self.settings.preset, offset, seed=seed)
            models["ss-rVAE"].append((yield from self.model(wanted)))
            models["CNN"].append((yield from self.rival(seed)))
        return models

    @property
    def offsets(self) -> tuple[Offset, ...]:
        """The kinds of offset that accuracy is reported for."""
        return OFFSETS

    def _labelled(self) -> tuple[Images, Labels]:
        X, y, _ = make_cards(
            self.settings.n_labelled,
            _LABELLED_ANGLE,
            HOME_SHEAR,
            None,
            seed=_LABELLED_SEED,
            glyphs=self.glyphs,
        )
        return X, y


def trained(
    n_classes: int,
    preset: str,
    seed: int,
    settings: PaperSettings,
    X: Images,
    y: Labels | None = None,
) -> Running[SSRVAE]:
    """Train one model and pass on its epochs and notices.

    Raises
    ------
    InputError
        The training failed.
    """
    steps = settings.max_steps
    if preset == "rvae" and settings.rvae_steps is not None:
        steps = settings.rvae_steps
    changes = dict(settings.changes) | ({} if steps is None else {"max_steps": steps})
    parameters = SSRVAEParameters.of_preset(preset).model_copy(update=changes)
    model = SSRVAE(n_classes, preset, seed, settings.device, parameters)
    yield from _told(model.iter_fit(X, y))
    return model


def _told(events: Iterable[FitEvent]) -> Iterator[EpochEvent | FitNotice]:
    for event in events:
        if isinstance(event, FitFailed):
            raise InputError(event.message)
        if isinstance(event, EpochEvent | FitNotice):
            yield event
