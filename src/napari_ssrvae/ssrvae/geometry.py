"""Images as objects on a plane: centroid, polar view, rotation and translation.

Coordinates are torch's for `align_corners=False`: x to the right and y down, the patch reaches from
-1 to 1. Angles are counter-clockwise as seen on the screen.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "affine",
    "background",
    "centroid",
    "lay_upright",
    "pixel_centres",
    "polar_view",
    "pose_matrix",
    "smoothed",
    "softened",
    "warp",
]


def pixel_centres(size: int, device: torch.device | None = None) -> Tensor:
    """Return the coordinates (S,) of the pixel centres of an edge of `size` pixels."""
    return (torch.arange(size, dtype=torch.float32, device=device) * 2 + 1) / size - 1


def centroid(images: Tensor) -> Tensor:
    """Return the centre (N, 2), x then y, of what stands out from each image's border.

    What stands out less than a third of the most is taken for background: noise spread over the
    patch would otherwise pull every centre to the middle. Images are smoothed for it first.
    """
    size = images.shape[-1]
    smooth = smoothed(images)
    contrast = (smooth - background(smooth)[:, None, None]).abs()
    contrast = functional.relu(contrast - contrast.amax(dim=(1, 2), keepdim=True) / 3)
    u = pixel_centres(size, images.device)
    total = contrast.sum(dim=(1, 2)).clamp_min(1e-6)
    x = (contrast.sum(dim=1) * u).sum(dim=1) / total
    y = (contrast.sum(dim=2) * u).sum(dim=1) / total
    return torch.stack([x, y], dim=1)


def smoothed(images: Tensor) -> Tensor:
    """Return images (N, S, S), each pixel a mean of its surroundings: twice a tenth of the edge."""
    away = _apart(images)
    box = _averaging((away <= max(1, images.shape[-1] // 10) // 2).to(images.dtype))
    twice = box @ box
    return twice @ images @ twice.T


def softened(images: Tensor) -> Tensor:
    """Return images (N, S, S) under a binomial filter of 3 x 3: what lies between samples counts."""
    near = _averaging((2 - _apart(images)).clamp_min(0).to(images.dtype))
    return near @ images @ near.T


def _apart(images: Tensor) -> Tensor:
    """Return how many pixels lie between two places of an edge, (S, S)."""
    place = torch.arange(images.shape[-1], device=images.device)
    return (place[:, None] - place).abs()


def _averaging(weights: Tensor) -> Tensor:
    return weights / weights.sum(dim=1, keepdim=True)


def background(images: Tensor) -> Tensor:
    """Return the grey value (N,) of each image's border: the median, unmoved by what touches it."""
    border = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]
    return torch.cat(border, dim=1).median(dim=1).values


def polar_view(images: Tensor, centres: Tensor, n_radii: int, n_angles: int) -> Tensor:
    """Return (N, n_radii, n_angles): each image on circles about its centre.

    Rotating the object counter-clockwise moves the view to larger angle indices, cyclically.
    """
    radius = (torch.arange(n_radii, dtype=torch.float32, device=images.device) + 0.5) / n_radii
    angle = torch.arange(n_angles, dtype=torch.float32, device=images.device)
    angle = angle * (2 * math.pi / n_angles)
    grid = torch.stack(
        [radius[:, None] * torch.cos(angle), -radius[:, None] * torch.sin(angle)], dim=-1
    )
    grid = grid[None] + centres[:, None, None, :]
    view = functional.grid_sample(images[:, None], grid, padding_mode="border", align_corners=False)
    return view[:, 0]


def pose_matrix(angle: Tensor, offset: Tensor) -> Tensor:
    """Return (N, 2, 3): where each image point lies on the upright canvas.

    The object is rotated by `angle` (N,) about the middle, then moved by `offset` (N, 2), x then y.
    """
    c, s = torch.cos(angle), torch.sin(angle)
    x, y = offset[:, 0], offset[:, 1]
    return torch.stack(
        [
            torch.stack([c, -s, -c * x + s * y], dim=1),
            torch.stack([s, c, -s * x - c * y], dim=1),
        ],
        dim=1,
    )


def warp(canvases: Tensor, angle: Tensor, offset: Tensor) -> Tensor:
    """Rotate and move canvases (N, S, S); what comes in from outside is 0."""
    return affine(canvases, pose_matrix(angle, offset), "zeros")


def lay_upright(images: Tensor, angle: Tensor, offset: Tensor) -> Tensor:
    """Undo `warp`: bring objects (N, S, S) of known pose back to the middle, upright."""
    c, s = torch.cos(angle), torch.sin(angle)
    turn = torch.stack([torch.stack([c, s], dim=1), torch.stack([-s, c], dim=1)], dim=1)
    return affine(images, torch.cat([turn, offset[:, :, None]], dim=2), "zeros")


def affine(images: Tensor, matrix: Tensor, padding: str) -> Tensor:
    """Sample images (N, S, S) bilinearly at the points that `matrix` (N, 2, 3) maps to."""
    size = images.shape[-1]
    grid = functional.affine_grid(matrix, [len(images), 1, size, size], align_corners=False)
    return functional.grid_sample(images[:, None], grid, padding_mode=padding, align_corners=False)[
        :, 0
    ]
