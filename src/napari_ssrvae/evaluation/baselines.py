"""The rival any user would try first: a small CNN on the labels alone, turned and shifted."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.adamw import AdamW, Group

__all__ = ["AugmentedCNN"]


class AugmentedCNN:
    """Three convolutions and one hidden layer, trained on the labelled patches only.

    Every labelled patch is turned by any angle, mirrored and shifted at random in every step;
    classes are drawn equally often. Shapes and -1 for unlabelled are as for `SSRVAE`.

    Parameters
    ----------
    n_classes : int
    random_state : int
    steps : int
        Batches of 64.
    shift_px : float
        Standard deviation of the random shift.
    """

    def __init__(
        self, n_classes: int, random_state: int = 0, steps: int = 400, shift_px: float = 2.0
    ) -> None:
        self.n_classes, self.random_state = n_classes, random_state
        self.steps, self.shift_px = steps, shift_px
        self._network: nn.Sequential | None = None

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the patches (N, S, S) whose class (N,) is not -1."""
        labels = np.asarray(y)
        chosen = labels >= 0
        images = torch.from_numpy(np.asarray(X, dtype=np.float32)[chosen])
        classes = torch.from_numpy(labels[chosen].astype(np.int64))
        g = torch.Generator().manual_seed(self.random_state)
        network = self._network = _cnn(images.shape[-1], self.n_classes, g)
        weights = 1 / torch.bincount(classes).float()[classes]
        optimiser = AdamW([Group(list(network.parameters()), 1e-3, 1e-3)])
        for _ in range(self.steps):
            draw = torch.multinomial(weights, 64, replacement=True, generator=g)
            batch = _turned(images[draw], self.shift_px, g)
            loss = functional.cross_entropy(network(batch[:, None]), classes[draw])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        return self

    @torch.no_grad()
    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Return the most probable class (N,)."""
        if self._network is None:
            raise InputError("The CNN is not trained yet: call fit.")
        images = torch.from_numpy(np.asarray(X, dtype=np.float32))
        parts = [self._network(part[:, None]).argmax(1) for part in torch.split(images, 256)]
        classes: npt.NDArray[np.int64] = torch.cat(parts).numpy()
        return classes


def _turned(images: Tensor, shift_px: float, g: torch.Generator) -> Tensor:
    n, size = len(images), images.shape[-1]
    angle = torch.rand(n, generator=g) * (2 * torch.pi)
    flip = torch.where(torch.rand(n, generator=g) < 0.5, -1.0, 1.0)
    shift = torch.randn((n, 2), generator=g) * (2 * shift_px / size)
    c, s = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        [torch.stack([c * flip, -s, shift[:, 0]], 1), torch.stack([s * flip, c, shift[:, 1]], 1)], 1
    )
    grid = functional.affine_grid(matrix, [n, 1, size, size], align_corners=False)
    return functional.grid_sample(
        images[:, None], grid, padding_mode="border", align_corners=False
    )[:, 0]


def _cnn(size: int, n_classes: int, g: torch.Generator) -> nn.Sequential:
    left = size // 2 // 2 // 2
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, device="meta"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, device="meta"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, device="meta"), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * left * left, 128, device="meta"), nn.ReLU(),
        nn.Linear(128, n_classes, device="meta"),
    ).to_empty(device="cpu")  # fmt: skip
    for value in network.parameters():
        with torch.no_grad():
            if value.ndim > 1:
                value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=g)
            else:
                value.zero_()
    return network
