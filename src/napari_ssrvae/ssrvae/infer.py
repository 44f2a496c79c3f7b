"""What a trained network says about images: class, pose, content, reconstruction, cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.model import Model

__all__ = ["Reading", "is_out_of_memory", "iter_read", "joined", "plain", "read", "torch_errors"]


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


def read(
    model: Model, images: npt.NDArray[np.float32], device: torch.device, *, picture: bool
) -> Reading:
    """Explain images (N, S, S); without `picture` nothing is decoded."""
    return joined(list(iter_read(model, images, device, picture=picture)))


def iter_read(
    model: Model, images: npt.NDArray[np.float32], device: torch.device, *, picture: bool
) -> Iterator[Reading]:
    """Explain images (N, S, S) a few at a time, in fractions of a second each."""
    for i in range(0, len(images), model.at_once):
        with torch_errors(), torch.no_grad():
            chunk = torch.from_numpy(images[i : i + model.at_once]).to(device)
            part = _read_chunk(model, chunk, picture)
        yield part


def joined(parts: Sequence[Reading]) -> Reading:
    """Return what was read in parts as one."""
    return Reading(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Reading)
        }
    )


def _read_chunk(model: Model, images: Tensor, picture: bool) -> Reading:
    found = model.explain(images, picture=picture)
    wrapped = torch.atan2(torch.sin(found.angle), torch.cos(found.angle))
    return Reading(*(tensor.cpu().numpy() for tensor in found._replace(angle=wrapped)))


@contextmanager
def torch_errors() -> Iterator[None]:
    """Turn torch's RuntimeError into a sentence: napari swallows RuntimeErrors of generators."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise InputError(plain(error)) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether torch or Python had not enough memory."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate" in text


def plain(error: BaseException) -> str:
    """Return one sentence for the user about a failure inside torch."""
    text = str(error).strip().splitlines()
    first = text[0] if text else type(error).__name__
    if is_out_of_memory(error) or "memory" in first.lower():
        return "The memory is not enough: use smaller patches, a smaller batch, or the CPU."
    return f"The computation failed ({first}): check the device, or train on the CPU."
