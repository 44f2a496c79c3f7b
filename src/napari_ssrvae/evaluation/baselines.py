"""The rivals any user would try first: a small CNN on the labels alone, and measures of shape."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.adamw import AdamW, Group

__all__ = ["AugmentedCNN", "ShapeClassifier", "patch_shapes", "shape_features"]

Floats = npt.NDArray[np.float32]


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

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Return the most probable class (N,)."""
        classes: npt.NDArray[np.int64] = self._outputs(X).argmax(1).numpy()
        return classes

    def predict_proba(self, X: Any) -> Floats:
        """Return class probabilities (N, K), uncalibrated; the rows sum to 1."""
        return functional.softmax(self._outputs(X), dim=1).numpy()

    def features(self, X: Any) -> Floats:
        """Return the last hidden layer (N, 128)."""
        return self._outputs(X, layers=-1).numpy()

    @torch.no_grad()
    def _outputs(self, X: Any, layers: int | None = None) -> Tensor:
        if self._network is None:
            raise InputError("The CNN is not trained yet: call fit.")
        network = self._network[:layers]
        images = torch.from_numpy(np.asarray(X, dtype=np.float32))
        return torch.cat([network(part[:, None]) for part in torch.split(images, 256)])


class ShapeClassifier:
    """Logistic regression on measures of shape, scaled to unit variance.

    Parameters
    ----------
    n_classes : int
    """

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes
        self._model: Any = None
        self._classes = np.zeros(0, dtype=np.int64)

    def fit(self, features: Any, y: Any) -> Self:
        """Train on the features (N, F) whose class (N,) is not -1."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        labels = np.asarray(y)
        chosen = labels >= 0
        self._classes = np.unique(labels[chosen])
        if len(self._classes) > 1:
            linear = LogisticRegression(C=10, max_iter=5000)
            self._model = make_pipeline(StandardScaler(), linear)
            self._model.fit(np.asarray(features)[chosen], labels[chosen])
        return self

    def predict_proba(self, features: Any) -> Floats:
        """Return class probabilities (N, K); a class without labels has none."""
        if len(self._classes) == 0:
            raise InputError("The shape classifier is not trained yet: call fit.")
        p = np.zeros((len(features), self.n_classes), dtype=np.float32)
        # A single class leaves nothing to learn.
        one = len(self._classes) == 1
        p[:, self._classes] = 1.0 if one else self._model.predict_proba(np.asarray(features))
        return p

    def predict(self, features: Any) -> npt.NDArray[np.int64]:
        """Return the most probable class (N,)."""
        classes: npt.NDArray[np.int64] = self.predict_proba(features).argmax(axis=1)
        return classes


def shape_features(image: Any, labels: Any) -> Floats:
    """Return (N, 4) of the N particles of a mask: log area, eccentricity, solidity, log perimeter."""
    from napari_ssrvae.particles import measure_particles

    table = measure_particles(image, labels)
    columns = [
        np.log(table["area_px"]),
        table["eccentricity"],
        table["solidity"],
        np.log1p(table["perimeter_px"]),
    ]
    return np.stack([np.asarray(column) for column in columns], axis=1).astype(np.float32)


def patch_shapes(X: Any) -> Floats:
    """Return `shape_features` (N, 4) of patches (N, S, S): what is above each one's Otsu threshold."""
    images = np.asarray(X, dtype=np.float32)
    above = images > _otsu(images)[:, None, None]
    # A patch without contrast counts as one pixel in the middle: it must keep its row.
    middle = images.shape[-1] // 2
    above[~above.any(axis=(1, 2)), middle, middle] = True
    ids = np.arange(1, len(images) + 1, dtype=np.int32)
    tall = (above * ids[:, None, None]).astype(np.int32)
    return shape_features(images.reshape(-1, images.shape[-1]), tall.reshape(-1, tall.shape[-1]))


def _otsu(images: Floats, bins: int = 64) -> Floats:
    """Return the threshold (N,) between the two most different heaps of grey values of each image.

    Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979), for all images at once.
    """
    n = len(images)
    flat = images.reshape(n, -1)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    width = np.maximum(high - low, 1e-12)
    level = np.minimum(((flat - low) / width * bins).astype(np.int64), bins - 1)
    counts = np.bincount((level + np.arange(n)[:, None] * bins).ravel(), minlength=n * bins)
    share = counts.reshape(n, bins) / flat.shape[1]
    below = share.cumsum(axis=1)
    moment = (share * np.arange(bins)).cumsum(axis=1)
    apart = (moment[:, -1:] * below - moment) ** 2 / np.maximum(below * (1 - below), 1e-12)
    cut = apart[:, :-1].argmax(axis=1) + 1
    return np.asarray(low[:, 0] + width[:, 0] * cut / bins, dtype=np.float32)


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
