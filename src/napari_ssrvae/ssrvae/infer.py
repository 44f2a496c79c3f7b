"""What a trained network says about images: class, pose, content, reconstruction, cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.encoder import N_POSE
from napari_ssrvae.ssrvae.network import Network
from napari_ssrvae.ssrvae.objective import bernoulli_nll, kl_to_prior

__all__ = ["Reading", "read", "torch_errors"]

_CHUNK = 256


@dataclass(frozen=True)
class Reading:
    """The best explanation of each image, on the CPU.

    `class_logits` (N, K), `angle` (N,), `offset` (N, 2) x then y in half widths, `content` (N, d),
    and with reconstruction `grey` (N, S, S) and `cost` (N,), in nats above a perfect picture.
    """

    class_logits: npt.NDArray[np.float32]
    angle: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float32]
    content: npt.NDArray[np.float32]
    grey: npt.NDArray[np.float32]
    cost: npt.NDArray[np.float32]


@torch.no_grad()
def read(
    network: Network, images: npt.NDArray[np.float32], device: torch.device, *, picture: bool
) -> Reading:
    """Explain images (N, S, S); without `picture` nothing is decoded."""
    with torch_errors():
        parts = [
            _read_chunk(network, torch.from_numpy(images[i : i + _CHUNK]).to(device), picture)
            for i in range(0, len(images), _CHUNK)
        ]
    return Reading(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Reading)
        }
    )


def _read_chunk(network: Network, images: Tensor, picture: bool) -> Reading:
    n = len(images)
    here = torch.arange(n, device=images.device)
    look = network.look(images)
    q = network.encode(look.view)
    classes = q.class_logits.argmax(dim=1)
    rotation = q.logits[here, :, classes].argmax(dim=1)
    z, sd = q.mean[here, rotation, classes], q.sd[here, rotation, classes]
    angle, offset = network.pose(z, rotation, look.centre)
    if picture:
        logits = network.decode(z, rotation, classes, look.centre, look.ground)
        grey = torch.sigmoid(logits)
        x = images.clamp(1e-4, 1 - 1e-4)
        floor = -(x * x.log() + (1 - x) * (1 - x).log()).sum(dim=(1, 2))
        cost = bernoulli_nll(logits, images) - floor + kl_to_prior(z, sd)
    else:
        grey, cost = images[:, :0, :0], images[:, 0, 0] * 0
    wrapped = torch.atan2(torch.sin(angle), torch.cos(angle))
    tensors = (q.class_logits, wrapped, offset, z[:, N_POSE:], grey, cost)
    return Reading(*(tensor.cpu().numpy() for tensor in tensors))


@contextmanager
def torch_errors() -> Iterator[None]:
    """Turn torch's RuntimeError into a sentence: napari swallows RuntimeErrors of generators."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise InputError(plain(error)) from error


def plain(error: BaseException) -> str:
    """Return one sentence for the user about a failure inside torch."""
    text = str(error).strip().splitlines()
    first = text[0] if text else type(error).__name__
    if isinstance(error, MemoryError) or "memory" in first.lower():
        return "The memory is not enough: use smaller patches, a smaller batch, or the CPU."
    return f"The computation failed ({first}): check the device, or train on the CPU."
