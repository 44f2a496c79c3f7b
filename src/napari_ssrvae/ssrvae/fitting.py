"""The estimator being trained."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import progress
from napari_ssrvae.ssrvae.calibration import temperature_of
from napari_ssrvae.ssrvae.checks import checked_images, checked_labels
from napari_ssrvae.ssrvae.estimator_base import Array, EstimatorBase
from napari_ssrvae.ssrvae.events import FitEvent, FitFailed, FitNotice
from napari_ssrvae.ssrvae.infer import plain
from napari_ssrvae.ssrvae.keeper import Keeper
from napari_ssrvae.ssrvae.parameters import UNLABELLED, SSRVAEParameters
from napari_ssrvae.ssrvae.pictures import FitPainter
from napari_ssrvae.ssrvae.preparation import kept_aside, shape_of
from napari_ssrvae.ssrvae.progress import Checkpoint
from napari_ssrvae.ssrvae.training import Fit, HeldOut, TrainingData
from napari_ssrvae.ssrvae.variants import recipe_of

__all__ = ["Fitting"]

_WARM = {"epochs": 3, "max_steps": 36, "held_out_fraction": 0.0, "early_stopping": False}


class Fitting(EstimatorBase):
    """The part of `SSRVAE` that learns."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on patches (N, S, S) in [0, 1] and classes (N,), -1 = unlabelled.

        Without `y` the classes are clusters that the model finds by itself.

        Raises
        ------
        InputError
            The data is at fault, or the device failed.
        """
        for event in self.iter_fit(X, y):
            if isinstance(event, FitFailed):
                raise InputError(event.message)
        return self

    def iter_fit(
        self,
        X: Any,
        y: Any = None,
        *,
        checkpoint: str | Path | Checkpoint | None = None,
        pictures: bool = False,
    ) -> Generator[FitEvent, None, None]:
        """Train as `fit`, yielding an event after every batch and epoch.

        The arrays are checked at the call. Whoever stops iterating keeps the best model so far; a
        failure inside torch is the last event, `FitFailed`, and not an exception.

        Parameters
        ----------
        checkpoint : path or Checkpoint, optional
            A folder where the state of the fit is kept every few seconds, and when the iterator is
            closed. If it holds the state of a fit of the same data, parameters and seed, that fit is
            continued, to the same result; at the end the folder is removed. Not used by a warm
            start, which takes seconds.
        pictures : bool
            Whether `FitPictures` come every few seconds.

        Raises
        ------
        InputError
            The data is at fault.
        """
        images = checked_images(X)
        if len(images) < 2:
            raise InputError("Of one patch nothing can be learnt: find more particles.")
        if y is None or self.preset in UNLABELLED:
            labels = np.full(len(images), -1, dtype=np.int64)
            if len(images) < self.n_classes and self.preset not in UNLABELLED:
                raise InputError(
                    f"There are fewer particles ({len(images)}) than classes ({self.n_classes}): "
                    "find more particles or ask for fewer classes."
                )
        else:
            labels = checked_labels(y, len(images), self.n_classes)
        if isinstance(checkpoint, str | Path):
            checkpoint = Checkpoint(Path(checkpoint))
        return self._iter_fit(images, labels, checkpoint, pictures)

    def _iter_fit(
        self,
        images: Array,
        labels: npt.NDArray[np.int64],
        checkpoint: Checkpoint | None,
        pictures: bool,
    ) -> Generator[FitEvent, None, None]:
        try:
            fit, of = self._begin(images, labels)
            keeper = Keeper(fit, of, checkpoint)
            if (kept := keeper.read()) is not None:
                fit.go_on_from(*kept)
                yield FitNotice(
                    f"Training goes on where it was broken off, in epoch {fit.numbers.epoch}."
                )
            if self.warm_start and self._network is not None and not fit.warm:
                yield FitNotice(
                    "The model that is there has another shape: training begins anew and takes longer."
                )
            painter = FitPainter(fit) if pictures else None
            try:
                for event in fit.run():
                    self._follow(fit, images)
                    if (notice := keeper.keep_now_and_then()) is not None:
                        yield notice
                    yield event
                    if painter is not None and (drawn := painter.after(event)) is not None:
                        yield drawn
            except GeneratorExit:
                keeper.keep()
                raise
            keeper.end()
        except InputError as error:
            yield FitFailed(str(error))
        except (RuntimeError, MemoryError, ValueError, ArithmeticError) as error:
            yield FitFailed(plain(error), again=isinstance(error, RuntimeError | MemoryError))

    def _follow(self, fit: Fit, images: Array) -> None:
        """Be the model that is trained, once it has begun to be one."""
        if not fit.begun or (self._network is not None and not fit.numbers.steps_done):
            # A fit that fails at once leaves the model that was there.
            return
        if self._network is not fit.live:
            self._take(fit, images)
        if fit.judged is not None and self._held_out is not fit.judged:
            self._calibrate(fit.judged)
            self._held_out_rows = fit.held_out_rows
        self._costs = ()

    def _take(self, fit: Fit, images: Array) -> None:
        """Become the model that the fit trains; a warm start keeps how the old one was judged."""
        judged, temperature = self._held_out, self._temperature
        self._forget()
        self._network, self._images = fit.live, images
        if fit.warm and judged is not None:
            self._held_out, self._temperature, self._calibrated = judged, temperature, True

    def _begin(self, images: Array, labels: npt.NDArray[np.int64]) -> tuple[Fit, str | None]:
        """Return the fit and, unless it is a warm start, what identifies it."""
        p = self.parameters or SSRVAEParameters.of_preset(self.preset)
        device = self._device()
        generator = torch.Generator(device).manual_seed(self.random_state)
        n_classes = 1 if self.preset in UNLABELLED else self.n_classes
        shape = shape_of(images, n_classes, p)
        old = self._network
        warm = (
            self.warm_start
            and old is not None
            and old.shape
            == replace(shape, grey_sd=old.shape.grey_sd, background=old.shape.background)
        )
        if warm:
            assert old is not None
            # Every label may have been learnt from: none is left to judge by.
            shape, p = old.shape, p.model_copy(update=_WARM)
        recipe = recipe_of(self.preset, p, warm=warm)
        live, student = (
            recipe.build(shape, torch.Generator().manual_seed(self.random_state)).to(device)
            for _ in range(2)
        )
        if warm:
            assert old is not None
            for model in (live, student):
                model.load_state_dict(old.state_dict())
        live.requires_grad_(False)
        data = TrainingData(
            torch.from_numpy(images).to(device),
            torch.from_numpy(labels).to(device),
            torch.from_numpy(kept_aside(labels, p, self.random_state)).to(device),
        )
        fit = Fit(live, student, recipe, data, generator)
        if warm:
            return fit, None
        told = (self.preset, str(self.random_state), device.type, p.model_dump_json())
        return fit, progress.fingerprint(fit, images, labels, *told)

    def _calibrate(self, judged: HeldOut) -> None:
        self._held_out = judged
        self._temperature = temperature_of(judged.logits, judged.classes)
        self._calibrated = True
