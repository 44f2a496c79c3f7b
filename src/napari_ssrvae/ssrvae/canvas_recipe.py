"""How the default model is trained: one step on U, L and A together, the pose taught at first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields

import torch
from torch import Tensor
from torch.nn import functional

from napari_ssrvae.ssrvae.adamw import Group
from napari_ssrvae.ssrvae.alignment import Templates
from napari_ssrvae.ssrvae.augment import augmented
from napari_ssrvae.ssrvae.model import Clock, Model, Recipe, Shape, Terms
from napari_ssrvae.ssrvae.network import Look, Network
from napari_ssrvae.ssrvae.objective import evidence, pose_lesson

__all__ = ["CanvasRecipe"]

_TAUGHT_FOR, _LESSON = 0.33, 20.0
"""For this share of the training templates tell the rotation too, with a weight that fades."""

_MOST_DECODED_LABELS = 16


class CanvasRecipe(Recipe):
    """Trains `Network`."""

    images: Tensor
    classes: Tensor
    look: Look
    templates: Templates

    def build(self, shape: Shape, generator: torch.Generator) -> Network:
        """Return an untrained network."""
        return Network(shape, generator)

    def begin(
        self,
        models: tuple[Model, ...],
        images: Tensor,
        classes: Tensor,
        pool: Tensor,
        *,
        anew: bool,
    ) -> None:
        """Look once at what carries no weights; start the canvases at the labels."""
        networks = [model for model in models if isinstance(model, Network)]
        parts = [networks[0].look(chunk) for chunk in torch.split(images, 512)]
        self.images, self.classes = images, classes
        self.look = Look(
            *(torch.cat([getattr(part, f.name) for part in parts]) for f in fields(Look))
        )
        shown = torch.full_like(classes, -1)
        shown[pool] = classes[pool]
        for network in networks:
            if anew:
                network.start_at(images, self.look, shown)
        self.templates = networks[0].templates()

    def losses(
        self, model: Model, batch: Tensor, pool: Tensor, clock: Clock, generator: torch.Generator
    ) -> Iterator[Terms]:
        """Yield U + L + alpha A, and the pose's lesson in the first third."""
        assert isinstance(model, Network)
        p = self.p
        draws = torch.multinomial(
            _balanced(self.classes[pool]),
            p.labelled_batch_size,
            replacement=True,
            generator=generator,
        )
        classes = self.classes[pool[draws]]
        images = augmented(self.images[pool[draws]], p, generator)
        look = model.look(images)
        n = len(batch)
        views = torch.cat([self.look.view[batch], look.view])
        q = model.encode(views)
        q_labelled = q.pick(slice(n, None))
        U = evidence(
            model, self.images[batch], self.look.pick(batch), q.pick(slice(n)), None,
            n_pairs=p.n_pairs, beta=p.beta, class_evidence=p.class_evidence, generator=generator,
        )  # fmt: skip
        few = slice(min(len(classes), _MOST_DECODED_LABELS))
        L = evidence(
            model, images[few], look.pick(few), q_labelled.pick(few), classes[few],
            n_pairs=p.n_pairs, beta=p.beta, class_evidence=1.0, generator=generator,
        )  # fmt: skip
        A = functional.cross_entropy(q_labelled.class_logits, classes)
        total = (U.loss.sum() + L.loss.sum()) / (len(U.loss) + len(L.loss)) + p.alpha * A
        teaching = 0.0 if self.warm else 1 - clock.fraction / _TAUGHT_FOR
        if teaching > 0:
            target = self.templates.rotations(views)
            total = total + teaching * _LESSON * pose_lesson(q, target, classes).mean()
        with torch.no_grad():
            accuracy = (q_labelled.class_logits.argmax(dim=1) == classes).float().mean()
        yield Terms(total, U.reconstruction.mean(), U.kl.mean(), A, accuracy)

    def groups(self, model: Model) -> list[Group]:
        """Return the encoder, whose weights decay, and the decoder."""
        assert isinstance(model, Network)
        return [
            Group(list(model.encoder.parameters()), self.p.learning_rate, self.p.weight_decay),
            Group(list(model.decoder.parameters()), self.p.learning_rate),
        ]

    def rates(self, clock: Clock) -> list[float]:
        """Return a short rise, then a cosine to nearly nothing.

        The pose first: the canvases stay near their start until the encoder can follow.
        """
        if self.warm:
            return [self.p.learning_rate * 0.5 * (1 - clock.fraction)] * 2
        rate = self.p.learning_rate * _schedule(clock.fraction)
        return [rate, rate * min(1.0, clock.fraction / _TAUGHT_FOR)]


def _schedule(fraction: float) -> float:
    rise = 0.05
    if fraction < rise:
        return (fraction + 0.002) / (rise + 0.002)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (fraction - rise) / (1 - rise)))


def _balanced(classes: Tensor) -> Tensor:
    """Return a weight per label such that every class is drawn equally often."""
    counts = torch.bincount(classes).float()
    return 1 / counts[classes]
