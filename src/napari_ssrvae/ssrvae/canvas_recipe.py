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
from napari_ssrvae.ssrvae.augment import augmented, with_noise
from napari_ssrvae.ssrvae.model import Clock, Model, Recipe, Shape, Terms
from napari_ssrvae.ssrvae.neighbours import find_families
from napari_ssrvae.ssrvae.network import Look, Network
from napari_ssrvae.ssrvae.objective import evidence, pose_lesson

__all__ = ["CanvasRecipe"]

_TAUGHT_FOR, _LESSON = 0.33, 20.0
"""For this share of the training templates tell the rotation too, with a weight that fades."""

_MOST_DECODED_LABELS = 16

_ENOUGH_LABELS, _SURE = 50, 0.7
"""With fewer labels in a class, images whose neighbours agree by so much are taken as labelled."""


class CanvasRecipe(Recipe):
    """Trains `Network`."""

    images: Tensor
    classes: Tensor
    look: Look
    templates: Templates
    relatives: Tensor
    relatives_classes: Tensor
    pool: Tensor | None
    known: Tensor
    known_classes: Tensor
    weights: Tensor
    trust: float
    by_outline: bool

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
    ) -> Iterator[None]:
        """Look once at what carries no weights; start the canvases at the labels."""
        networks = [model for model in models if isinstance(model, Network)]
        parts = []
        for chunk in torch.split(images, 512):
            parts.append(networks[0].look(chunk))
            yield
        self.images, self.classes, self.pool = images, classes, None
        self.look = Look(
            *(torch.cat([getattr(part, f.name) for part in parts]) for f in fields(Look))
        )
        shown = torch.full_like(classes, -1)
        shown[pool] = classes[pool]
        yield from self._find_relatives(networks[0], shown)
        shown[self.relatives] = self.relatives_classes
        # Decided once, held-out labels included: they are judged by what is used in the end.
        known = torch.cat([classes[classes >= 0], self.relatives_classes])
        counts = torch.bincount(known)
        self.by_outline = self.p.outline and int(counts[counts > 0].min()) < _ENOUGH_LABELS
        for network in networks:
            if anew:
                network.start_at(images, self.look, shown)
                yield
        self.templates = networks[0].templates()

    def _keep_classes(self, network: Network) -> Iterator[None]:
        """Let the classes of a model that was trained without labels stay what they are."""
        parts = []
        for chunk in torch.split(self.images, 512):
            with torch.no_grad():
                parts.append(network.class_logits(chunk))
            yield
        share, found = torch.softmax(torch.cat(parts), dim=1).max(dim=1)
        sure = torch.nonzero(share >= share.median()).flatten()
        self.relatives, self.relatives_classes, self.trust = sure, found[sure], 1.0

    def _find_relatives(self, network: Network, shown: Tensor) -> Iterator[None]:
        """Find images that surely belong to a class because their neighbours do."""
        n_classes = network.shape.n_classes
        self.relatives = self.relatives_classes = shown[:0]
        self.trust = 0.0
        counts = torch.bincount(shown[shown >= 0], minlength=n_classes)
        unlabelled = not int(counts.max())
        if unlabelled and self.warm:
            yield from self._keep_classes(network)
            return
        enough = self.warm or not self.p.neighbours or int(counts.min()) >= _ENOUGH_LABELS
        if enough and not unlabelled:
            return
        generator = torch.Generator(shown.device).manual_seed(len(shown))
        found = yield from find_families(
            self.look.view, shown, n_classes, mirror=self.p.mirror, generator=generator
        )
        share, classes = found.shares.max(dim=1)
        needed, self.trust = _SURE, found.trust
        if unlabelled:
            # There is nothing else to go by: at least half of them must do.
            needed, self.trust = min(_SURE, float(share.median())), 1.0
        sure = (share >= needed) & (shown[found.indices] < 0)
        if self.trust > 0:
            self.relatives, self.relatives_classes = found.indices[sure], classes[sure]

    def begin_pass(self, models: tuple[Model, ...], pool: Tensor) -> None:
        """Gather what has a class, by hand or by its family; fit the line through the outlines."""
        if self.pool is not None and torch.equal(self.pool, pool):
            return
        self.pool = pool
        labels = self.classes[pool]
        self.known = torch.cat([pool, self.relatives])
        self.known_classes = torch.cat([labels, self.relatives_classes])
        self.weights = torch.cat(
            [_balanced(labels), self.trust * _balanced(self.relatives_classes)]
        )
        for model in models:
            assert isinstance(model, Network)
            if self.by_outline:
                model.fit_line(self.look, self.known, self.known_classes)
            else:
                model.drop_line()

    def losses(
        self,
        model: Model,
        batch: Tensor,
        pool: Tensor,  # noqa: ARG002
        clock: Clock,
        generator: torch.Generator,
    ) -> Iterator[Terms]:
        """Yield U + L + alpha A, and the pose's lesson in the first third."""
        assert isinstance(model, Network)
        p = self.p
        draws = torch.multinomial(
            self.weights, p.labelled_batch_size, replacement=True, generator=generator
        )
        classes = self.known_classes[draws]
        images = augmented(self.images[self.known[draws]], p, generator)
        few = slice(min(len(classes), _MOST_DECODED_LABELS))
        # Those that are decoded stay clean: noise is nothing to draw.
        noisy = with_noise(images[few.stop :], p.noise, generator)
        images = torch.cat([images[few], noisy])
        look = model.look(images)
        n = len(batch)
        unlabelled = self.look.pick(batch)
        both = Look(
            *(torch.cat([getattr(unlabelled, f.name), getattr(look, f.name)]) for f in fields(Look))
        )
        q = model.encode(both)
        q_labelled = q.pick(slice(n, None))
        U = evidence(
            model, self.images[batch], unlabelled, q.pick(slice(n)), None,
            n_pairs=p.n_pairs, beta=p.beta, class_evidence=p.class_evidence, generator=generator,
        )  # fmt: skip
        L = evidence(
            model, images[few], look.pick(few), q_labelled.pick(few), classes[few],
            n_pairs=p.n_pairs, beta=p.beta, class_evidence=1.0, generator=generator,
        )  # fmt: skip
        A = functional.cross_entropy(q_labelled.class_logits, classes)
        total = (U.loss.sum() + L.loss.sum()) / (len(U.loss) + len(L.loss)) + p.alpha * A
        teaching = 0.0 if self.warm else 1 - clock.fraction / _TAUGHT_FOR
        if teaching > 0:
            target = self.templates.rotations(both.view)
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
    weights = 1 / counts[classes]
    return weights / weights.sum().clamp_min(1e-12)
