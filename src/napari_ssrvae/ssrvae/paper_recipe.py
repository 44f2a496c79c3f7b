"""How the paper's model is trained: the authors' schedule, with every label used.

A step on U for each batch; after every p-th of them a step on L and a separate one on alpha A for a batch
of labels, p = floor((n_lab + n_unl) / n_lab) counted in batches. What is other than the authors':

- Their labelled and unlabelled images are two sets; ours come together. A particle whose label may be used
  counts as labelled, all others of the batch (also those whose label is held out) as unlabelled.
- Labels are used at least once per epoch: theirs are never used when p is 1 or the batch is the only one.
- A batch of labels draws all classes equally often, which is theirs where classes have equally many labels.
- Means over a batch, where they sum: Adam's steps do not depend on a common factor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from napari_ssrvae.ssrvae.adamw import Group
from napari_ssrvae.ssrvae.model import Clock, Model, Recipe, Shape, Terms
from napari_ssrvae.ssrvae.paper_network import PaperNetwork
from napari_ssrvae.ssrvae.paper_objective import classification, labelled_bound, unlabelled_bound

__all__ = ["PaperRecipe"]


class PaperRecipe(Recipe):
    """Trains `PaperNetwork`."""

    clip_norm = math.inf
    betas = (0.9, 0.999)

    images: Tensor
    classes: Tensor

    def build(self, shape: Shape, generator: torch.Generator) -> PaperNetwork:
        """Return an untrained network."""
        return PaperNetwork(shape, generator)

    def begin(
        self,
        models: tuple[Model, ...],  # noqa: ARG002
        images: Tensor,
        classes: Tensor,
        pool: Tensor,  # noqa: ARG002
        *,
        anew: bool,  # noqa: ARG002
    ) -> Iterator[None]:
        """Take the data as they are: the paper's networks start from nothing."""
        self.images, self.classes = images, classes
        yield

    def losses(
        self, model: Model, batch: Tensor, pool: Tensor, clock: Clock, generator: torch.Generator
    ) -> Iterator[Terms]:
        """Yield U of the batch, and when the labels' turn has come L and alpha A of some labels."""
        assert isinstance(model, PaperNetwork)
        beta = self._beta(clock.epoch)
        taught = torch.zeros(len(self.images), dtype=torch.bool, device=batch.device)
        taught[pool] = True
        free = batch[~taught[batch]]
        if len(free):
            noise = _noise(self.images, model, (model.shape.n_classes, len(free)), generator)
            U = unlabelled_bound(model, self.images[free], noise, beta)
            told = self._told(model, self._draw(pool, generator))
            yield Terms(*U, *told)
        for _ in range(self._turns(len(pool), clock)):
            chosen = self._draw(pool, generator)
            images, classes = self.images[chosen], self.classes[chosen]
            noise = _noise(self.images, model, (len(chosen),), generator)
            L = labelled_bound(model, images, classes, noise, beta)
            yield Terms(*L)
            if model.shape.n_classes > 1:
                A = classification(model, images, classes)
                yield Terms(self.p.alpha * A, None, None, *self._told(model, chosen))

    def groups(self, model: Model) -> list[Group]:
        """Return all weights as one."""
        return [Group(list(model.parameters()), self.p.learning_rate, self.p.weight_decay)]

    def rates(self, clock: Clock) -> list[float]:  # noqa: ARG002
        """Return the one rate there is."""
        return [self.p.learning_rate]

    def _beta(self, epoch: int) -> float:
        """Return the weight of the KL term: a straight line over `beta_epochs` epochs."""
        p = self.p
        if p.beta_start is None or self.warm:
            return p.beta
        done = min(1.0, (epoch - 1) / max(1, p.beta_epochs - 1))
        return p.beta_start + (p.beta - p.beta_start) * done

    def _turns(self, n_labels: int, clock: Clock) -> int:
        """Return how many batches of labels follow this step."""
        if not n_labels:
            return 0
        free = math.ceil(clock.steps * (1 - n_labels / len(self.images)))
        labelled = math.ceil(n_labels / self.p.labelled_batch_size)
        period = min(clock.steps, (labelled + free) // labelled)
        # Only small batches of labels can be more than there are steps.
        return math.ceil(labelled / clock.steps) if clock.step % period == 0 else 0

    def _draw(self, pool: Tensor, generator: torch.Generator) -> Tensor:
        """Return the indices of a batch of labels, all classes equally often; maybe of none."""
        if not len(pool):
            return pool
        classes = self.classes[pool]
        weights = 1 / torch.bincount(classes).float()[classes]
        count = min(len(pool), self.p.labelled_batch_size)
        return pool[torch.multinomial(weights, count, replacement=True, generator=generator)]

    @torch.no_grad()
    def _told(self, model: PaperNetwork, chosen: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Return A and the accuracy on some labels, to report at steps that do not use labels."""
        if not len(chosen):
            return None, None
        logits = model.class_logits(self.images[chosen])
        classes = self.classes[chosen]
        A = torch.nn.functional.cross_entropy(logits, classes)
        return A, (logits.argmax(dim=1) == classes).float().mean()


def _noise(
    images: Tensor, network: PaperNetwork, shape: tuple[int, ...], generator: torch.Generator
) -> Tensor:
    return torch.randn(
        (*shape, network.latents.size),
        generator=generator,
        device=images.device,
        dtype=images.dtype,
    )
