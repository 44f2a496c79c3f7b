"""Patches as they are defined: one particle after the other, on whole images, nothing shared or cut short."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

PLUS = ndimage.generate_binary_structure(2, 1)


def background(image, known, width):
    """A parabola and on it the Gaussian mean of the known pixels, on blocks of `step` pixels."""
    step = int(np.clip(width // 4, 1, 16))
    short = [(0, -n % step) for n in image.shape]
    blocks = [
        np.pad(a, short, mode="edge")
        .reshape(-(-image.shape[0] // step), step, -1, step)
        .mean(axis=(1, 3))
        for a in (known.astype(float), np.where(known, image, 0.0))
    ]
    weight, total = blocks
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in weight.shape), indexing="ij")
    terms = np.stack([np.ones_like(y), y, x, y**2, y * x, x**2]).reshape(6, -1)
    square = (terms * weight.ravel()) @ terms.T
    square += np.eye(6) * 1e-6 * np.trace(square) / 6
    bowl = (np.linalg.solve(square, terms @ total.ravel()) @ terms).reshape(weight.shape)
    total, surface = total - weight * bowl, 0.0
    for wide in (4, 1):
        near, value = (
            ndimage.gaussian_filter(a, wide * width / step, mode="nearest", truncate=3)
            for a in (weight, total)
        )
        surface = (value + 0.01 * surface) / (near + 0.01)
    at = np.meshgrid(*((np.arange(n) + 0.5) / step - 0.5 for n in image.shape), indexing="ij")
    return ndimage.map_coordinates(surface + bowl, at, order=1, mode="nearest")


def heights(image, labels, data_bar=None):
    """Grey values above the background, particles positive; and those inside the particles."""
    image = image.astype(float)
    off_bar = np.ones(labels.shape, bool)
    if data_bar is not None:
        off_bar[slice(*data_bar)] = False
    inside = (labels > 0) & off_bar
    known = ~ndimage.binary_dilation(labels > 0, PLUS, iterations=3) & off_bar
    width = max(16.0, 4 * np.sqrt(inside.sum() / (len(np.unique(labels)) - 1)))
    flat = image - background(image, known, width)
    if np.median(flat[inside]) < 0:
        flat = -flat
    flat[~off_bar] = 0
    return flat, inside


def patch(flat, labels, label_id, window, size, high, masked):
    """One particle's picture, for heights and the height that shall be 1."""
    shown = np.clip(flat / high, 0, 1)
    if masked:
        owner, weight = labels.copy(), (labels > 0).astype(float)
        for kept in (0.75, 0.5, 0.25):
            grown = ndimage.maximum_filter(owner, footprint=PLUS, mode="constant")
            new = (owner == 0) & (grown > 0)
            owner[new], weight[new] = grown[new], kept
        shown = shown * weight * (owner == label_id)
    reach = window // 2 + 3
    shown = np.pad(shown, reach)
    step = window / size
    sums = []
    for centre, n in zip(np.argwhere(labels == label_id).mean(axis=0), shown.shape, strict=True):
        at = np.rint(centre * 8) / 8 + reach + (np.arange(size) + 0.5) * step - window / 2
        weights = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(n)) / max(1.0, step))
        sums.append(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12))
    return np.clip(sums[0] @ shown @ sums[1].T, 0, 1)


def slow_patches(
    image, labels, window, size=48, masked=True, normalise="micrograph", data_bar=None
):
    """All pictures, shape (N, size, size)."""
    flat, inside = heights(image, labels, data_bar)
    pictures = []
    for label_id in np.unique(labels)[1:]:
        own = flat[labels == label_id] if normalise == "particle" else flat[inside]
        high = np.percentile(own, 98)
        pictures.append(patch(flat, labels, label_id, window, size, high, masked))
    return np.array(pictures)
