"""The fit loop: one for every variant of the model.

The number of torch's threads is left alone: it belongs to the whole process, and a generator that
changed it would leave the change behind at every event. See "Threads" in docs/experiments.md.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.adamw import AdamW
from napari_ssrvae.ssrvae.events import (
    CheckpointEvent,
    EpochEvent,
    FitEvent,
    FitFinished,
    FitNotice,
    FitPreparing,
    FitStarted,
    StepEvent,
)
from napari_ssrvae.ssrvae.infer import is_out_of_memory
from napari_ssrvae.ssrvae.model import Clock, Model, Recipe
from napari_ssrvae.ssrvae.pace import Pace

__all__ = ["Fit", "FitNumbers", "HeldOut", "TrainingData", "class_logits"]

_FEWEST_STEPS = 12
_FALLING, _PATIENCE = 0.003, 3
"""A loss that fell by less than this fraction in each of so many epochs has converged."""

_GOOD_EVERY = 50
_MOST_HALVINGS = 6
_SMALLEST_BATCH = 4


@dataclass
class HeldOut:
    """Labels that training has not seen when they were judged: class and logits (M, K)."""

    classes: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]


@dataclass
class TrainingData:
    """Images (N, S, S), classes (N,) with -1, and which labels are kept aside."""

    images: Tensor
    classes: Tensor
    held_out: Tensor


@dataclass
class FitNumbers:
    """Where a fit stands, apart from its tensors: `position` counts particles of this epoch."""

    epoch: int
    position: int
    batch_size: int
    steps_done: int = 0
    halvings: int = 0
    best_loss: float = math.inf
    best_held_out: float = 0.0
    stale: int = 0
    seconds: float = 0.0
    sums: tuple[float, ...] = (0.0,) * 5
    ended: str = ""
    history: list[list[Any]] = field(default_factory=list)
    """The numbers of each `EpochEvent` so far."""


class Fit:
    """One training of `student`; `live` follows as its running mean and is usable at any time.

    The held-out labels are judged during the first two thirds and then join the training.

    Parameters
    ----------
    live, student : Model
    recipe : Recipe
    data : TrainingData
    generator : torch.Generator
        On the device of the data; everything random comes from it.
    """

    def __init__(
        self,
        live: Model,
        student: Model,
        recipe: Recipe,
        data: TrainingData,
        generator: torch.Generator,
    ) -> None:
        self.live, self.student, self.recipe, self.data = live, student, recipe, data
        self.judged: HeldOut | None = None
        self.warm = recipe.warm
        self._generator = generator
        self._broken_off: dict[str, Tensor] | None = None
        self.begun = False
        self._since, self._per_step = 0.0, Pace()
        p = recipe.p
        n = len(data.images)
        steps = max(_FEWEST_STEPS, math.ceil(n / p.batch_size))
        if self.warm:
            # Of many particles a part is enough to follow a few more labels.
            steps = min(steps, max(_FEWEST_STEPS, p.max_steps // p.epochs))
        self._items = steps * p.batch_size
        self.epochs = max(1, min(p.epochs, math.ceil(p.max_steps / steps)))
        self._labelled = data.classes >= 0
        self._joined = max(1, math.ceil(self.epochs * 2 / 3)) if data.held_out.any() else 0
        self._order = torch.arange(n, device=data.images.device)
        self.numbers = FitNumbers(epoch=1, position=0, batch_size=p.batch_size)
        self._optimiser = AdamW(recipe.groups(student), betas=recipe.betas)

    @property
    def held_out_rows(self) -> npt.NDArray[np.int64]:
        """Rows (M,) of the images whose labels were kept aside, in the order of `judged`."""
        rows: npt.NDArray[np.int64] = torch.nonzero(self.data.held_out).flatten().cpu().numpy()
        return rows

    @property
    def fraction(self) -> float:
        """Return how much of the fit is done, [0, 1]."""
        return min(
            1.0, (self.numbers.epoch - 1 + self.numbers.position / self._items) / self.epochs
        )

    # ------------------------------------------------------------------ breaking off, going on

    def tensors(self) -> dict[str, Tensor]:
        """Return everything beside `numbers` from which the fit can go on (not copied)."""
        found = {"order": self._order, "generator": self._generator.get_state()}
        for name, model in (("live", self.live), ("student", self.student)):
            found |= {f"{name}.{key}": value for key, value in model.state_dict().items()}
        found |= {f"optimiser.{key}": value for key, value in self._optimiser.tensors().items()}
        if self.judged is not None:
            found["judged.classes"] = torch.from_numpy(self.judged.classes)
            found["judged.logits"] = torch.from_numpy(self.judged.logits)
        return found

    def go_on_from(self, tensors: dict[str, Tensor], numbers: FitNumbers) -> None:
        """Take up a fit of the same data and parameters where it was broken off.

        The models must be fresh ones of the same seed: what the recipe derives from them is
        derived again, then their weights are put back.
        """
        self.numbers, self._broken_off = numbers, tensors
        self._order = tensors["order"].to(self._order.device)
        self._generator.set_state(tensors["generator"].cpu())
        if "judged.classes" in tensors:
            self.judged = HeldOut(
                tensors["judged.classes"].cpu().numpy(), tensors["judged.logits"].cpu().numpy()
            )

    def _put_back(self, tensors: dict[str, Tensor]) -> None:
        def part(of: str) -> dict[str, Tensor]:
            return {k.partition(".")[2]: v for k, v in tensors.items() if k.startswith(of + ".")}

        self.live.load_state_dict(part("live"))
        self.student.load_state_dict(part("student"))
        self._optimiser.load(part("optimiser"))

    # ------------------------------------------------------------------ the loop

    def run(self) -> Iterator[FitEvent]:
        """Train, with an event after every step and epoch.

        What whoever iterates does between two events is not counted as time of the training.

        Raises
        ------
        InputError
            The loss is not a number at any learning rate.
        """
        events = self._run()
        while True:
            self._since = time.perf_counter()
            event = next(events, None)
            self.numbers.seconds = self._seconds()
            if event is None:
                return
            yield event

    def _seconds(self) -> float:
        return self.numbers.seconds + time.perf_counter() - self._since

    def _seconds_left(self) -> float | None:
        told = self.numbers
        steps = (1 - self.fraction) * self.epochs * self._items / told.batch_size
        return self._per_step.for_steps(steps)

    def _after(self, epochs: int) -> float:
        """Return how long so many epochs will take, in seconds."""
        left = self._per_step.for_steps(epochs * math.ceil(self._items / self.numbers.batch_size))
        return self._seconds() / self.numbers.epoch * epochs if left is None else left

    def _run(self) -> Iterator[FitEvent]:
        data, told = self.data, self.numbers
        models = (self.live, self.student)
        pool = self._pool(1)
        for _ in self.recipe.begin(models, data.images, data.classes, pool, anew=not self.warm):
            yield FitPreparing()
        if self._broken_off is not None:
            self._put_back(self._broken_off)
            self._broken_off = None
        self.begun = True
        yield FitStarted(
            len(data.images),
            int(self._labelled.sum()),
            int(data.held_out.sum()),
            self.epochs,
            math.ceil(self._items / told.batch_size),
            data.images.device.type,
            self.warm,
        )
        yield from (EpochEvent(*numbers) for numbers in list(told.history))
        while told.epoch <= self.epochs and not told.ended:
            if told.position == 0:
                self._order = torch.randperm(
                    len(data.images), generator=self._generator, device=data.images.device
                )
            yield from self._pass()
            yield self._end_of_pass()
            yield CheckpointEvent(told.epoch - 1)
        yield FitFinished(told.ended or "complete", told.epoch - 1, self._seconds())

    def _pool(self, epoch: int) -> Tensor:
        """Return the indices of the labels that may be used in an epoch."""
        usable = self._labelled & ~self.data.held_out if epoch <= self._joined else self._labelled
        return torch.nonzero(usable).flatten()

    def _pass(self) -> Iterator[FitEvent]:
        told, n = self.numbers, len(self.data.images)
        pool = self._pool(told.epoch)
        self.recipe.begin_pass((self.live, self.student), pool)
        good = {name: value.clone() for name, value in self.tensors().items()}
        while told.position < self._items:
            steps = math.ceil(self._items / told.batch_size)
            clock = Clock(told.epoch, told.position // told.batch_size + 1, steps, self.fraction)
            count = min(told.batch_size, self._items - told.position)
            ahead = torch.arange(told.position, told.position + count, device=self._order.device)
            before, began = self._generator.get_state(), time.perf_counter()
            try:
                parts = self._step(self._order[ahead % n], pool, clock)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or told.batch_size <= _SMALLEST_BATCH:
                    raise
                self._optimiser.zero_grad()
                self._generator.set_state(before)
                told.batch_size = max(_SMALLEST_BATCH, told.batch_size // 2)
                yield FitNotice(
                    "The memory is not enough: training goes on with batches of "
                    f"{told.batch_size} particles."
                )
                continue
            if parts is None:
                told.halvings += 1
                if told.halvings > _MOST_HALVINGS:
                    raise InputError(
                        "The loss is not a number however small the learning rate is: look for "
                        "damaged patches, or choose other parameters."
                    )
                self._put_back(good)
                yield FitNotice(
                    "The loss was not a number: training went back to its last good state and "
                    "goes on with half the learning rate."
                )
                continue
            told.position += count
            told.steps_done += 1
            told.sums = tuple(s + count * part for s, part in zip(told.sums, parts, strict=True))
            _follow(self.live, self.student, min(0.98, told.steps_done / (told.steps_done + 9)))
            if told.steps_done % _GOOD_EVERY == 0:
                good = {name: value.clone() for name, value in self.tensors().items()}
            self._per_step.add(time.perf_counter() - began)
            yield StepEvent(
                told.epoch,
                clock.step,
                steps,
                self.fraction,
                told.sums[0] / told.position,
                self._seconds_left(),
                self._seconds(),
            )

    def _step(self, batch: Tensor, pool: Tensor, clock: Clock) -> list[float] | None:
        """Step on each loss of a batch; return the terms to report, None if one or its slope is no number."""
        slower = 0.5**self.numbers.halvings
        for group, rate in zip(self._optimiser.groups, self.recipe.rates(clock), strict=True):
            group.lr = rate * slower
        total, parts = 0.0, [0.0] * 4
        for terms in self.recipe.losses(self.student, batch, pool, clock, self._generator):
            value = float(terms.total.detach())
            if not math.isfinite(value):
                return None
            self._optimiser.zero_grad()
            terms.total.backward()  # type: ignore[no-untyped-call]
            norm = torch.nn.utils.clip_grad_norm_(self.student.parameters(), self.recipe.clip_norm)
            if not math.isfinite(float(norm)):
                return None  # A loss may be a number where its slope is none.
            self._optimiser.step()
            total += value
            parts = [
                old if new is None else float(new.detach())
                for old, new in zip(parts, terms[1:], strict=True)
            ]
        return [total, *parts]

    def _end_of_pass(self) -> EpochEvent:
        told = self.numbers
        loss, reconstruction, kl, classification, accuracy = (
            part / self._items for part in told.sums
        )
        held_out_accuracy = None
        if told.epoch <= self._joined:
            aside = self.data.held_out
            self.judged = HeldOut(
                self.data.classes[aside].cpu().numpy(),
                class_logits(self.live, self.data.images[aside]),
            )
            held_out_accuracy = _recall(self.judged)
        # Of a density the loss may be negative.
        fall = _FALLING * abs(told.best_loss) if math.isfinite(told.best_loss) else 0.0
        better = loss < told.best_loss - fall or (
            held_out_accuracy is not None and held_out_accuracy > told.best_held_out
        )
        told.stale = 0 if better else told.stale + 1
        told.best_loss = min(told.best_loss, loss)
        told.best_held_out = max(told.best_held_out, held_out_accuracy or 0.0)
        event = EpochEvent(
            told.epoch,
            self.epochs,
            loss,
            reconstruction,
            kl,
            classification,
            accuracy,
            held_out_accuracy,
            self._seconds(),
            self._after(self.epochs - told.epoch),
            0 if held_out_accuracy is None else int(self.data.held_out.sum()),
        )
        told.history.append(list(astuple(event)))
        if self.recipe.p.early_stopping and told.stale >= _PATIENCE:
            if told.epoch < self._joined:
                # Neither the loss nor the held-out labels improve: let those labels join.
                told.epoch, told.stale = self._joined, 0
            elif self._joined < told.epoch < self.epochs:
                told.ended = "converged"
        told.epoch, told.position, told.sums = told.epoch + 1, 0, (0.0,) * 5
        return event


def class_logits(model: Model, images: Tensor) -> npt.NDArray[np.float32]:
    """Return (N, K) for images (N, S, S), in chunks."""
    with torch.no_grad():
        parts = [model.class_logits(chunk) for chunk in torch.split(images, 512)]
    logits: npt.NDArray[np.float32] = torch.cat(parts).cpu().numpy()
    return logits


def _recall(judged: HeldOut) -> float:
    hit = judged.logits.argmax(axis=1) == judged.classes
    return float(np.mean([hit[judged.classes == k].mean() for k in np.unique(judged.classes)]))


@torch.no_grad()
def _follow(live: Model, student: Model, keep: float) -> None:
    torch._foreach_lerp_(list(live.parameters()), list(student.parameters()), 1 - keep)
