"""Asking a model about grey values outside [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from napari_ssrvae.evaluation.paper.lab import Images, Labels
from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["predict_unclipped"]

_CHUNK = 256


def predict_unclipped(model: Any, X: Images) -> Labels:
    """Return the most probable class (N,) of patches (N, S, S) whose noise may leave [0, 1].

    The paper does not clip its noise, and the door of `SSRVAE` lets no such patches in: they are no
    grey values of a picture. So the network inside is asked, as it stands.
    """
    if not isinstance(model, SSRVAE) or (X.min() >= 0 and X.max() <= 1):
        predicted: Labels = model.predict(X)
        return predicted
    network = model._trained()
    device = next(network.parameters()).device
    with torch.no_grad():
        parts = [
            network.class_logits(torch.from_numpy(X[i : i + _CHUNK]).to(device)).argmax(dim=1)
            for i in range(0, len(X), _CHUNK)
        ]
    classes: Labels = np.concatenate([part.cpu().numpy() for part in parts]).astype(np.int64)
    return classes
