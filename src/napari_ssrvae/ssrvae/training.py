"""The fit loop: one for every variant of the model.

The number of torch's threads is left alone: it belongs to the whole process, and a generator that
changed it would leave the change behind at every event. See "Threads" in docs/experiments.md.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.adamw import AdamW, Group
from napari_ssrvae.ssrvae.alignment import Templates
from napari_ssrvae.ssrvae.augment import augmented
from napari_ssrvae.ssrvae.events import (
    CheckpointEvent,
    EpochEvent,
    FitEvent,
    FitFinished,
    FitStarted,
    StepEvent,
)
from napari_ssrvae.ssrvae.network import Look, Network
from napari_ssrvae.ssrvae.objective import evidence, pose_lesson
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

__all__ = ["HeldOut", "TrainingData", "class_logits", "train"]

_FEWEST_STEPS = 16
_TAUGHT_FOR, _LESSON = 0.33, 20.0
"""For this share of the training templates tell the rotation too, with a weight that fades."""

_FALLING, _PATIENCE = 0.003, 3
"""A loss that fell by less than this fraction in each of so many epochs has converged."""


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
    look: Look = field(init=False)

    def see(self, network: Network) -> None:
        """Compute once what carries no weights."""
        parts = [network.look(chunk) for chunk in torch.split(self.images, 512)]
        self.look = Look(
            *(torch.cat([getattr(part, f.name) for part in parts]) for f in fields(Look))
        )


def train(
    live: Network,
    student: Network,
    data: TrainingData,
    p: SSRVAEParameters,
    generator: torch.Generator,
    report: list[HeldOut],
) -> Iterator[FitEvent]:
    """Train `student`; `live` follows as its running mean and is usable after every event.

    The held-out labels are judged at the end of the first two thirds, put into `report`, and then
    join the training.
    """
    began = time.perf_counter()
    n = len(data.images)
    data.see(student)
    shown = data.classes.masked_fill(data.held_out, -1)
    for network in (live, student):
        templates = network.start_at(data.images, data.look, shown)
    steps = max(_FEWEST_STEPS, math.ceil(n / p.batch_size))
    epochs = min(p.epochs, math.ceil(p.max_steps / steps))
    total = steps * epochs
    joined = max(1, math.ceil(epochs * 2 / 3))
    has_held_out = bool(data.held_out.any())
    labelled = data.classes >= 0
    yield FitStarted(
        n,
        int(labelled.sum()),
        int(data.held_out.sum()),
        epochs,
        steps,
        data.images.device.type,
    )
    optimiser = AdamW(_groups(student, p), betas=(0.9, 0.98))
    best, stale, reason = math.inf, 0, "complete"
    done = 0
    for epoch in range(1, epochs + 1):
        aside = has_held_out and epoch <= joined
        pool = torch.nonzero(labelled & ~data.held_out if aside else labelled).flatten()
        weights = _balanced(data.classes[pool])
        order = torch.randperm(n, generator=generator, device=data.images.device)
        sums = np.zeros(5)
        for step in range(1, steps + 1):
            for group in optimiser.groups:
                group.lr = p.learning_rate * _schedule(done / total)
            # The pose first: the canvases stay near their start until the encoder can follow.
            untaught = min(1.0, done / (_TAUGHT_FOR * total))
            optimiser.groups[1].lr *= untaught
            start = (step - 1) * p.batch_size
            batch = order[torch.arange(start, start + p.batch_size, device=order.device) % n]
            draws = torch.multinomial(
                weights, p.labelled_batch_size, replacement=True, generator=generator
            )
            losses = _losses(
                student, data, batch, pool[draws], p, generator, templates, 1 - untaught
            )
            optimiser.zero_grad()
            losses[0].backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(student.parameters(), 200.0)
            optimiser.step()
            done += 1
            _follow(live, student, min(0.98, done / (done + 9)))
            sums += [float(part.detach()) for part in losses]
            yield StepEvent(epoch, step, steps, done / total)
        loss, reconstruction, kl, classification, accuracy = (sums / steps).tolist()
        held_out_accuracy = None
        if aside:
            judged = HeldOut(
                data.classes[data.held_out].cpu().numpy(),
                class_logits(live, data.look.view[data.held_out]),
            )
            held_out_accuracy = _recall(judged)
            report[:] = [judged]
        seconds = time.perf_counter() - began
        yield EpochEvent(
            epoch,
            epochs,
            loss,
            reconstruction,
            kl,
            classification,
            accuracy,
            held_out_accuracy,
            seconds,
            seconds / epoch * (epochs - epoch),
        )
        yield CheckpointEvent(epoch)
        stale = stale + 1 if loss > best * (1 - _FALLING) else 0
        best = min(best, loss)
        if p.early_stopping and stale >= _PATIENCE and joined < epoch < epochs:
            reason = "converged"
            break
    yield FitFinished(reason, epoch, time.perf_counter() - began)


def _losses(
    network: Network,
    data: TrainingData,
    batch: Tensor,
    labelled: Tensor,
    p: SSRVAEParameters,
    generator: torch.Generator,
    templates: Templates,
    teaching: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return loss, reconstruction, KL, classification and training accuracy of one step."""
    classes = data.classes[labelled]
    images = augmented(data.images[labelled], p, generator)
    look = network.look(images)
    n = len(batch)
    q = network.encode(torch.cat([data.look.view[batch], look.view]))
    q_labelled = q.pick(slice(n, None))
    U = evidence(
        network, data.images[batch], data.look.pick(batch), q.pick(slice(n)), None,
        n_pairs=p.n_pairs, beta=p.beta, class_evidence=p.class_evidence, generator=generator,
    )  # fmt: skip
    few = slice(min(len(classes), 16))
    L = evidence(
        network, images[few], look.pick(few), q_labelled.pick(few), classes[few],
        n_pairs=p.n_pairs, beta=p.beta, class_evidence=1.0, generator=generator,
    )  # fmt: skip
    A = functional.cross_entropy(q_labelled.class_logits, classes)
    total = (U.loss.sum() + L.loss.sum()) / (len(U.loss) + len(L.loss)) + p.alpha * A
    if teaching > 0:
        target = templates.rotations(torch.cat([data.look.view[batch], look.view]))
        total = total + teaching * _LESSON * pose_lesson(q, target, classes).mean()
    with torch.no_grad():
        accuracy = (q_labelled.class_logits.argmax(dim=1) == classes).float().mean()
    return (
        total,
        U.reconstruction.mean(),
        U.kl.mean(),
        A.detach(),
        accuracy,
    )


@torch.no_grad()
def class_logits(network: Network, view: Tensor) -> npt.NDArray[np.float32]:
    """Return (N, K) for polar views, in chunks."""
    parts = [network.encode(chunk).class_logits for chunk in torch.split(view, 512)]
    logits: npt.NDArray[np.float32] = torch.cat(parts).cpu().numpy()
    return logits


def _schedule(fraction: float) -> float:
    """Return the learning rate's factor: a short rise, then a cosine to nearly nothing."""
    rise = 0.05
    if fraction < rise:
        return (fraction + 0.002) / (rise + 0.002)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (fraction - rise) / (1 - rise)))


def _groups(network: Network, p: SSRVAEParameters) -> list[Group]:
    return [
        Group(list(network.encoder.parameters()), p.learning_rate, p.weight_decay),
        Group(list(network.decoder.parameters()), p.learning_rate),
    ]


def _balanced(classes: Tensor) -> Tensor:
    """Return a weight per label such that every class is drawn equally often."""
    counts = torch.bincount(classes).float()
    return 1 / counts[classes]


def _recall(judged: HeldOut) -> float:
    hit = judged.logits.argmax(axis=1) == judged.classes
    return float(np.mean([hit[judged.classes == k].mean() for k in np.unique(judged.classes)]))


@torch.no_grad()
def _follow(live: Network, student: Network, keep: float) -> None:
    torch._foreach_lerp_(list(live.parameters()), list(student.parameters()), 1 - keep)
