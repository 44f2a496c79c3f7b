"""What makes a picture of a particle hard: turned, sheared, noisy, contaminated. After the paper's Fig. 4."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["contaminated", "noisy", "sheared", "turned"]

Images = NDArray[np.float32]


def turned(images: Images, degrees: float, rng: np.random.Generator) -> Images:
    """Return each patch (N, S, S) turned about its centre by the angle, half of them the other way."""
    sign = rng.choice((-1.0, 1.0), len(images))
    t = np.deg2rad(degrees) * sign
    return _warped(images, _matrices(np.cos(t), np.sin(t), -np.sin(t), np.cos(t)))


def sheared(images: Images, degrees: float, rng: np.random.Generator) -> Images:
    """Return each patch sheared along a random one of its two axes, half of them the other way."""
    t = np.tan(np.deg2rad(degrees)) * rng.choice((-1.0, 1.0), len(images))
    along = rng.random(len(images)) < 0.5
    ones = np.ones(len(images))
    return _warped(images, _matrices(ones, np.where(along, t, 0.0), np.where(along, 0.0, t), ones))


def noisy(images: Images, sigma: float, rng: np.random.Generator) -> Images:
    """Return the patches with normal noise of this standard deviation, clipped to [0, 1] as by a detector."""
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    return np.clip(images + np.float32(sigma) * noise, 0, 1)


def contaminated(images: Images, share: float, rng: np.random.Generator) -> Images:
    """Return the patches with a random share of their pixels set to white."""
    return np.where(rng.random(images.shape, dtype=np.float32) < share, np.float32(1), images)


def _matrices(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64], d: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.stack([np.stack([a, b], -1), np.stack([c, d], -1)], -2)


def _warped(images: Images, matrices: NDArray[np.float64]) -> Images:
    """Read each patch at matrix @ (place - centre) + centre; its own background lies outside."""
    middle = (np.array(images.shape[1:]) - 1) / 2
    out = np.empty_like(images)
    for image, matrix, target in zip(images, matrices, out, strict=True):
        if np.array_equal(matrix, np.eye(2)):
            target[:] = image
            continue
        ndimage.affine_transform(
            image,
            matrix,
            middle - matrix @ middle,
            output=target,
            order=1,
            mode="constant",
            cval=_background(image),
        )
    return np.clip(out, 0, 1)


def _background(image: NDArray[np.float32]) -> float:
    rim = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    return float(np.median(rim))
