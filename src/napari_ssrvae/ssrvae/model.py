"""What every variant of the model can do, and how one is trained: the fit loop knows only this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from napari_ssrvae.ssrvae.adamw import Group
from napari_ssrvae.ssrvae.parameters import SSRVAEParameters

__all__ = ["Clock", "Explained", "Model", "Recipe", "Shape", "Terms"]


@dataclass(frozen=True)
class Shape:
    """Everything that fixes the network's tensors; stored beside the weights."""

    n_classes: int
    size: int
    n_latents: int
    n_rotations: int
    hidden: int
    offset_prior: float
    grey_sd: float
    background: float
    invariance: str = "both"
    likelihood: str = "bernoulli"
    noise_sd: float = 0.3
    angle_prior: str = "normal"


class Explained(NamedTuple):
    """The best explanation of N images.

    `class_logits` (N, K); `angle` (N,) in radians, counter-clockwise on the screen; `offset`
    (N, 2), x then y, in half widths; `content` (N, d); `grey` (N, S, S), the picture; `cost` (N,),
    in nats above a perfect picture. Without picture the last two are empty or meaningless.
    """

    class_logits: Tensor
    angle: Tensor
    offset: Tensor
    content: Tensor
    grey: Tensor
    cost: Tensor


class Model(nn.Module, ABC):
    """A generative model of images with its inference network."""

    shape: Shape

    at_once: int = 256
    """Images that are explained together: a fraction of a second on one core."""

    @abstractmethod
    def class_logits(self, images: Tensor) -> Tensor:
        """Return (N, K), whose softmax is q(y | x), for images (N, S, S): the classifier alone."""

    @abstractmethod
    def explain(self, images: Tensor, *, picture: bool) -> Explained:
        """Return the best explanation of images (N, S, S)."""

    @abstractmethod
    def upright(self, content: Tensor, classes: Tensor) -> Tensor:
        """Return grey values (M, S, S) of upright objects of content (M, d) and class (M,)."""


@dataclass(frozen=True)
class Clock:
    """Where the fit stands: `epoch` from 1, `step` from 1 of `steps`, `fraction` done, [0, 1)."""

    epoch: int
    step: int
    steps: int
    fraction: float


class Terms(NamedTuple):
    """What one optimiser step minimises (`total`), and its parts in nats per particle to report.

    A part that this step does not know is None.
    """

    total: Tensor
    reconstruction: Tensor | None = None
    kl: Tensor | None = None
    classification: Tensor | None = None
    accuracy: Tensor | None = None


class Recipe(ABC):
    """How one kind of model is built and trained. One object serves one fit.

    `warm`: the models have been trained before; what is only for a beginning is left out.
    """

    clip_norm: float = 200.0
    """Longest gradient of one step."""

    betas: tuple[float, float] = (0.9, 0.98)
    """Decay of Adam's running means."""

    def __init__(self, p: SSRVAEParameters, *, warm: bool = False) -> None:
        self.p, self.warm = p, warm

    @abstractmethod
    def build(self, shape: Shape, generator: torch.Generator) -> Model:
        """Return an untrained model; its weights come from `generator` alone."""

    @abstractmethod
    def begin(
        self,
        models: tuple[Model, ...],
        images: Tensor,
        classes: Tensor,
        pool: Tensor,
        *,
        anew: bool,
    ) -> Iterator[None]:
        """Prepare for training on images (N, S, S) and classes (N,), -1 = unlabelled.

        Yields between its parts, each a fraction of a second, so that it can be left. Called once
        before the first step, and again when a fit goes on: a function of its arguments. `pool` are
        the indices of the labels that may be used at first. `anew`: the models are fresh, and their
        weights may be started from the data; otherwise they have been trained and must keep what
        they know.
        """

    def begin_pass(self, models: tuple[Model, ...], pool: Tensor) -> None:  # noqa: B027
        """Prepare for one pass in which the labels `pool` may be used."""

    @abstractmethod
    def losses(
        self, model: Model, batch: Tensor, pool: Tensor, clock: Clock, generator: torch.Generator
    ) -> Iterator[Terms]:
        """Yield what to minimise, one optimiser step each, for one batch of particles.

        `batch` are indices of particles; `pool` indices of the labels that may be used.
        """

    @abstractmethod
    def groups(self, model: Model) -> list[Group]:
        """Return the parameters, with their decay."""

    @abstractmethod
    def rates(self, clock: Clock) -> list[float]:
        """Return the learning rate of each group."""
