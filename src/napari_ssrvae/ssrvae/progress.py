"""A fit that was broken off, as a folder: it goes on from there to the same result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_folder
from napari_ssrvae.ssrvae.training import Fit, FitNumbers

__all__ = ["Checkpoint", "check", "fingerprint", "forget", "read", "write"]

_TENSORS, _NUMBERS = "fit.safetensors", "fit.json"


@dataclass(frozen=True)
class Checkpoint:
    """Where the state of a fit is kept, and what becomes of it.

    Attributes
    ----------
    folder : Path
    beside : mapping of str to bytes
        Files that are kept in the same folder: what whoever finds it must know to go on.
    stays : bool
        Whether the folder stays at the end, for those who still have work to do with the model and
        would begin again where the fit ended.
    must_go_on : bool
        Whether it is a failure if there is nothing to go on from.
    """

    folder: Path
    beside: Mapping[str, bytes] = field(default_factory=dict)
    stays: bool = False
    must_go_on: bool = False


def fingerprint(
    fit: Fit, images: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], *rest: str
) -> str:
    """Return what two fits have in common when one may continue the other."""
    from napari_ssrvae import __version__

    tensors = [(name, tuple(value.shape)) for name, value in fit.tensors().items()]
    about = (__version__, tensors, fit.live.shape, images.shape, rest)
    digest = hashlib.sha256(repr(about).encode())
    digest.update(np.ascontiguousarray(images).data)
    digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()


def check(folder: Path, beside: Mapping[str, bytes]) -> None:
    """Say at once what would keep `write` from writing, before there is work to lose.

    Raises
    ------
    InputError
        The folder holds something else, or there is nothing to put it in.
    """
    if not folder.parent.is_dir():
        raise InputError(f"{folder.parent} is no folder: choose another place for the checkpoint.")
    if folder.is_dir() and {entry.name for entry in folder.iterdir()} <= {
        _NUMBERS,
        _TENSORS,
        *beside,
    }:
        return
    if folder.exists():
        raise InputError(
            f"{folder} is not the checkpoint of a training: choose a folder that does not exist."
        )


def write(folder: Path, fit: Fit, of: str, beside: Mapping[str, bytes]) -> None:
    """Write where the fit stands; the folder is replaced as a whole.

    Raises
    ------
    InputError
        The folder holds something else, or must not be written to.
    """
    check(folder, beside)
    tensors = {name: value.cpu().contiguous() for name, value in fit.tensors().items()}
    content = save(tensors)
    with atomic_folder(folder) as draft:
        (draft / _TENSORS).write_bytes(content)
        numbers = asdict(fit.numbers)
        told = {"fingerprint": of, "sha256": _digest(content, numbers), "numbers": numbers}
        (draft / _NUMBERS).write_text(json.dumps(told), encoding="utf-8")
        for name, kept in beside.items():
            (draft / name).write_bytes(kept)


def read(folder: Path, of: str) -> tuple[dict[str, Tensor], FitNumbers] | None:
    """Return where a fit was broken off; None where there is nothing of this fit to go on from."""
    try:
        told = json.loads((folder / _NUMBERS).read_text(encoding="utf-8"))
        content = (folder / _TENSORS).read_bytes()
        if (told["fingerprint"], told["sha256"]) != (of, _digest(content, told["numbers"])):
            return None
        numbers = FitNumbers(**told["numbers"])
        numbers.sums = tuple(numbers.sums)
        return load(content), numbers
    except (OSError, ValueError, KeyError, TypeError, RecursionError, SafetensorError):
        # A damaged checkpoint is no loss: the fit begins again.
        return None


def forget(folder: Path, beside: Mapping[str, bytes]) -> None:
    """Remove what `write` wrote; what cannot be removed is no reason to lose the model."""
    with suppress(OSError):
        for name in (_NUMBERS, _TENSORS, *beside):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _digest(content: bytes, numbers: Any) -> str:
    return hashlib.sha256(content + json.dumps(numbers, sort_keys=True).encode()).hexdigest()
