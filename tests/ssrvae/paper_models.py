"""Small networks of the paper's kind for the tests."""

from __future__ import annotations

import torch

from napari_ssrvae.ssrvae.model import Shape
from napari_ssrvae.ssrvae.paper_network import PaperNetwork


def shape(**changes) -> Shape:
    usual = {
        "n_classes": 3, "size": 6, "n_latents": 2, "n_rotations": 8, "hidden": 7, "offset_prior": 0.1,
        "grey_sd": 0.2, "background": 0.1, "noise_sd": 0.4,
    }  # fmt: skip
    return Shape(**usual | changes)


def network(seed: int = 0, spread: float = 2.0, **changes) -> PaperNetwork:
    """Return a network in float64; `spread` > 1 makes its random pictures and posteriors vivid."""
    made = PaperNetwork(shape(**changes), torch.Generator().manual_seed(seed)).double()
    with torch.no_grad():
        for value in made.parameters():
            value.mul_(spread)
    return made


def pictures(n: int, size: int = 6, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand((n, size, size), generator=generator, dtype=torch.float64)
