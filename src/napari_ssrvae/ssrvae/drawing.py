"""The estimator as a painter: upright particles of given class and content."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.stats import norm

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.checks import checked_classes
from napari_ssrvae.ssrvae.estimator_base import Array, EstimatorBase, where, whole
from napari_ssrvae.ssrvae.infer import torch_errors

__all__ = ["Drawing"]


class Drawing(EstimatorBase):
    """The part of `SSRVAE` that decodes."""

    def decode(self, z: Any, y: Any) -> Array:
        """Return the upright particles (N, S, S) of contents (N, d) and classes (N,)."""
        network = self._trained()
        try:
            content = np.asarray(z, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError("Latents must be numbers: give an array (N, d).") from error
        if content.ndim != 2 or content.shape[1] != self.n_latents:
            raise InputError(
                f"Latents must be an array (N, {self.n_latents}), this one has the shape "
                f"{content.shape}: take them from transform."
            )
        if not np.isfinite(content).all():
            raise InputError("Latents must be finite: remove NaN and infinity.")
        if len(content) == 0:
            return np.zeros((0, self.patch_size, self.patch_size), dtype=np.float32)
        classes = checked_classes(y, len(content), network.shape.n_classes)
        device = where(network)
        with torch.no_grad(), torch_errors():
            grey: Array = (
                network.upright(
                    torch.from_numpy(content).to(device), torch.from_numpy(classes).to(device)
                )
                .cpu()
                .numpy()
            )
        return grey

    def traverse(self, class_id: int, latent: int, n: int = 9) -> Array:
        """Return (n, S, S): the class as one latent goes through the quantiles of its prior."""
        whole("latent", latent, 0, self.n_latents - 1)
        quantiles = _quantiles(n)
        z = np.zeros((n, self.n_latents), dtype=np.float32)
        z[:, latent] = quantiles
        return self.decode(z, np.full(n, class_id))

    def manifold(self, class_id: int, n: int = 9) -> Array:
        """Return (n, n, S, S): the class over its first two latents, the first along the rows."""
        quantiles = _quantiles(n)
        z = np.zeros((n, n, self.n_latents), dtype=np.float32)
        z[:, :, 0] = quantiles[:, None]
        if self.n_latents > 1:
            z[:, :, 1] = quantiles[None, :]
        grey = self.decode(z.reshape(n * n, -1), np.full(n * n, class_id))
        return grey.reshape(n, n, *grey.shape[1:])


def _quantiles(n: int) -> Array:
    whole("n", n, 1, 1000)
    return np.asarray(norm.ppf((np.arange(n) + 0.5) / n), dtype=np.float32)
