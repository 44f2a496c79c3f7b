"""The checkpoint of a training: where it is, and what stands beside the state of the fit.

The folder has the state (see `napari_ssrvae.ssrvae.progress`), `training.json`, how the training was
started, and `particles.npz`, what it learns from.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.workflow.model_card import ModelCard
from napari_ssrvae.workflow.npz import read_arrays
from napari_ssrvae.workflow.training_set import TrainingSet

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAEParameters

__all__ = ["Plan", "checkpoint_of", "forget", "read_particles", "read_plan"]

SUFFIX = ".training"
ABOUT, PARTICLES = "training.json", "particles.npz"
STATE = ("fit.json", "fit.safetensors")
VERSION = 1


def checkpoint_of(folder: Path) -> Path:
    """Return where the training of the model in `folder` keeps its checkpoint."""
    return folder.with_name(f".{folder.name}{SUFFIX}")


def forget(checkpoint: Path) -> None:
    """Remove a checkpoint, and nothing else that may be in its folder."""
    with suppress(OSError):
        for name in (*STATE, ABOUT, PARTICLES):
            (checkpoint / name).unlink(missing_ok=True)
        checkpoint.rmdir()


@dataclass(frozen=True)
class Plan:
    """How a training was started."""

    name: str
    folder: Path
    parameters: SSRVAEParameters
    preset: str
    seed: int
    device: str
    automatic: bool = False

    @property
    def checkpoint(self) -> Path:
        """Where it keeps its state."""
        return checkpoint_of(self.folder)

    def beside(self, data: TrainingSet) -> dict[str, bytes]:
        """Return the files that must be kept with the state, so that it can be found and gone on with."""
        about = {
            "version": VERSION,
            "name": self.name,
            "preset": self.preset,
            "parameters": self.parameters.model_dump(mode="json"),
            "seed": self.seed,
            "device": self.device,
            "automatic": self.automatic,
            "class_ids": list(data.class_ids),
            "n_labels": int((data.y >= 0).sum()),
            "card": asdict(data.card),
            "data": digest_of(data),
        }
        packed = io.BytesIO()
        np.savez_compressed(packed, particle_ids=data.particle_ids, y=data.y)
        return {
            ABOUT: json.dumps(about, ensure_ascii=False).encode(),
            PARTICLES: packed.getvalue(),
        }

    def is_of(self, about: Mapping[str, Any], data: TrainingSet) -> bool:
        """Tell whether a training that was broken off is the same as this one."""
        mine = json.loads(self.beside(data)[ABOUT])
        return all(
            mine[name] == about[name] for name in ("preset", "parameters", "seed", "device", "data")
        )


def digest_of(data: TrainingSet) -> str:
    """Return what tells one set of particles and labels from another."""
    digest = hashlib.sha256(repr(data.class_ids).encode())
    for values in (data.particle_ids, data.y):
        digest.update(np.ascontiguousarray(values, np.int64).data)
    return digest.hexdigest()


def read_plan(checkpoint: Path) -> tuple[Plan, dict[str, Any], ModelCard]:
    """Return how the training of a checkpoint was started, all that is told of it, and its card.

    Raises
    ------
    InputError
        It is damaged.
    """
    from napari_ssrvae.ssrvae import SSRVAEParameters

    name = checkpoint.name.removeprefix(".").removesuffix(SUFFIX)
    try:
        about = json.loads((checkpoint / ABOUT).read_text(encoding="utf-8"))
        plan = Plan(
            name,
            checkpoint.with_name(name),
            SSRVAEParameters(**about["parameters"]),
            str(about["preset"]),
            int(about["seed"]),
            str(about["device"]),
            bool(about["automatic"]),
        )
        about["class_ids"] = tuple(int(i) for i in about["class_ids"])
        about["n_labels"] = int(about["n_labels"])
        card = about["card"]
        card = ModelCard(**card | {"class_names": tuple(str(c) for c in card["class_names"])})
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(name) from error
    return plan, about, card


def read_particles(checkpoint: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the particles (N,) that a training learns from and y (N,), as `TrainingSet` has them.

    Raises
    ------
    InputError
        The file is damaged.
    """
    try:
        kept = read_arrays(checkpoint / PARTICLES)
        ids, y = kept["particle_ids"].astype(np.int64), kept["y"].astype(np.int64)
        if ids.ndim != 1 or ids.shape != y.shape:
            raise ValueError("ragged")
    except (ValueError, KeyError) as error:
        raise _damaged(checkpoint.name.removeprefix(".").removesuffix(SUFFIX)) from error
    return ids, y


def _damaged(name: str) -> InputError:
    return InputError(
        f"The training of {name} cannot go on, since its checkpoint is damaged: discard it and train again."
    )
