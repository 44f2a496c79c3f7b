"""Pictures that sharpen while a model learns, for little of its time."""

from __future__ import annotations

import time
from contextlib import suppress

import numpy as np
import numpy.typing as npt
import torch

from napari_ssrvae.ssrvae.events import EpochEvent, FitEvent, FitFinished, FitPictures, StepEvent
from napari_ssrvae.ssrvae.training import Fit

__all__ = ["FitPainter", "rows_to_show"]

_MOST = 8
_EVERY = 2.0
"""Seconds between two sets of pictures within an epoch."""

_SHARE = 0.02
"""Of the time since the first step, what the pictures may take."""


class FitPainter:
    """Draws some particles as the model sees them now, and its classes.

    The first time at the first epoch's end or after two seconds, then after two seconds or at an
    epoch's end as far as the time allows, and at the end of the fit.
    """

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self._rows = rows_to_show(fit.data.classes.cpu().numpy())
        self._images = fit.data.images[torch.from_numpy(self._rows).to(fit.data.images.device)]
        self._began: float | None = None
        self._last = self._took = 0.0
        self._drawn = 0

    def after(self, event: FitEvent) -> FitPictures | None:
        """Return pictures if they are due after this event."""
        now = time.perf_counter()
        if self._began is None:
            if not isinstance(event, StepEvent):
                return None
            self._began = self._last = now
        if not isinstance(event, FitFinished):
            waited = now - self._last >= _EVERY
            if not (waited or isinstance(event, EpochEvent)):
                return None
            if self._drawn and self._took > _SHARE * (now - self._began):
                return None
        found = None
        with suppress(RuntimeError, MemoryError):
            # No room for pictures is no reason to lose the training.
            found = self._draw()
        self._drawn += 1
        self._last = time.perf_counter()
        self._took += self._last - now
        return found

    @torch.no_grad()
    def _draw(self) -> FitPictures:
        model, device = self._fit.live, self._images.device
        shape = model.shape
        content = torch.zeros((shape.n_classes, shape.n_latents), device=device)
        templates = model.upright(content, torch.arange(shape.n_classes, device=device))
        seen = model.explain(self._images, picture=True).grey

        def grey(images: torch.Tensor) -> npt.NDArray[np.float32]:
            return images.clamp(0, 1).cpu().numpy().astype(np.float32)

        told = self._fit.numbers
        return FitPictures(
            min(told.epoch, self._fit.epochs),
            self._rows,
            grey(self._images),
            grey(seen),
            grey(templates),
        )


def rows_to_show(classes: npt.NDArray[np.int64], most: int = _MOST) -> npt.NDArray[np.int64]:
    """Choose at most `most` rows of classes (N,), -1 = unlabelled: all classes in turn, then others."""
    of_class = [np.flatnonzero(classes == k) for k in np.unique(classes[classes >= 0])]
    longest = max((len(rows) for rows in of_class), default=0)
    in_turn = [
        int(rows[turn])
        for turn in range(min(longest, most))
        for rows in of_class
        if turn < len(rows)
    ]
    # Half of them are those that it must make out by itself.
    few = max(len(of_class), most // 2)
    free = np.flatnonzero(classes < 0)
    room = max(0, min(most - min(few, len(in_turn)), len(free)))
    spread = free[np.linspace(0, len(free) - 1, room).astype(int)].tolist() if room else []
    chosen = [*in_turn[:few], *spread, *in_turn[few:]][:most]
    chosen.sort(key=lambda row: (classes[row] < 0, classes[row]))
    return np.array(chosen, dtype=np.int64)
