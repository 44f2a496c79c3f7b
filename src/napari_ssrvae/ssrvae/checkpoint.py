"""A trained model as a folder: weights as safetensors, everything else as config.json."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load, save

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_folder
from napari_ssrvae.ssrvae.model import Model, Shape
from napari_ssrvae.ssrvae.parameters import PRESETS, UNLABELLED, SSRVAEParameters
from napari_ssrvae.ssrvae.variants import recipe_of

__all__ = ["Config", "ShapeConfig", "read_model", "write_model"]

_WEIGHTS, _CONFIG = "weights.safetensors", "config.json"
_LARGEST_CONFIG = 16 * 2**20


class ShapeConfig(BaseModel):
    """`Shape`, with bounds: a foreign file must not make us build a network of terabytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    n_classes: int = Field(ge=1, le=1000)
    size: int = Field(ge=8, le=1024)
    n_latents: int = Field(ge=1, le=32)
    n_rotations: Literal[8, 16, 32]
    hidden: int = Field(ge=8, le=2048)
    offset_prior: float = Field(gt=0, le=1)
    grey_sd: float = Field(gt=0, le=1)
    background: float = Field(ge=0, le=1)
    invariance: Literal["none", "rotation", "translation", "both"] = "both"
    likelihood: Literal["bernoulli", "continuous-bernoulli", "gaussian"] = "bernoulli"
    noise_sd: float = Field(0.3, gt=0, le=10)
    angle_prior: Literal["normal", "projected-normal", "uniform"] = "normal"


class Config(BaseModel):
    """Everything beside the weights that a trained model needs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["napari-ssrvae-model"] = "napari-ssrvae-model"
    version: Literal[1] = 1
    preset: str
    n_classes: int | None = Field(None, ge=1, le=1000)
    """As the model was asked for; a preset without classes has one in its shape."""
    random_state: int
    parameters: SSRVAEParameters
    shape: ShapeConfig
    temperature: float = Field(gt=0)
    calibrated: bool
    costs: tuple[float, ...]
    held_out_classes: tuple[int, ...]
    held_out_logits: tuple[tuple[float, ...], ...]
    weights_sha256: str

    @model_validator(mode="after")
    def _agrees(self) -> Config:
        k = self.shape.n_classes
        if self.preset not in PRESETS:
            raise ValueError("unknown preset")
        if self.n_classes not in (None, k) and self.preset not in UNLABELLED:
            raise ValueError("another number of classes")
        if len(self.costs) != 3 * k:
            raise ValueError("costs of another number of classes")
        if len(self.held_out_classes) != len(self.held_out_logits) or any(
            len(row) != k for row in self.held_out_logits
        ):
            raise ValueError("ragged logits")
        if any(not 0 <= c < k for c in self.held_out_classes):
            raise ValueError("held-out class out of range")
        return self


def write_model(folder: str | Path, network: Model, config: dict[str, Any]) -> None:
    """Write the model as a whole; a folder that was there is replaced.

    Raises
    ------
    InputError
        `folder` holds something else than a model, or must not be written to.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / _CONFIG).is_file() and any(_entries(folder)):
        raise InputError(
            f"{folder} already holds something that is not a model: choose a new folder."
        )
    weights = save({name: value.cpu().contiguous() for name, value in network.state_dict().items()})
    whole = Config(
        **config,
        shape=ShapeConfig(**asdict(network.shape)),
        weights_sha256=hashlib.sha256(weights).hexdigest(),
    )
    with atomic_folder(folder) as draft:
        (draft / _WEIGHTS).write_bytes(weights)
        (draft / _CONFIG).write_text(whole.model_dump_json(indent=1), encoding="utf-8")


def read_model(folder: str | Path) -> tuple[Model, Config]:
    """Read a model; nothing from the file is run.

    Raises
    ------
    InputError
        The folder is no model, is damaged, or comes from a newer version.
    """
    folder = Path(folder)
    for name in (_CONFIG, _WEIGHTS):
        if not (folder / name).is_file():
            raise InputError(f"{folder} is not a saved model ({name} is missing): choose another.")
    damaged = f"The model in {folder} is damaged or not ours"
    try:
        if (folder / _CONFIG).stat().st_size > _LARGEST_CONFIG:
            raise InputError(f"{damaged} (config.json is too large): save or copy it again.")
        content = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        weights = (folder / _WEIGHTS).read_bytes()
    except OSError as error:
        raise InputError(
            f"The model in {folder} could not be read ({(error.strerror or str(error)).lower()}): "
            "check that you may read it."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{damaged} (config.json is not JSON): save or copy it again.") from error
    if (
        isinstance(content, dict)
        and isinstance(content.get("version"), int)
        and (content["version"] > 1)
    ):
        raise InputError(f"The model in {folder} was saved by a newer version: update the plugin.")
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "config.json"
        raise InputError(f"{damaged} (wrong value of {where}): save or copy it again.") from error
    if hashlib.sha256(weights).hexdigest() != config.weights_sha256:
        raise InputError(f"{damaged} (the weights have changed): save or copy it again.")
    recipe = recipe_of(config.preset, config.parameters)
    network = recipe.build(Shape(**config.shape.model_dump()), torch.Generator())
    try:
        network.load_state_dict(load(weights))
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise InputError(f"{damaged} (the weights do not fit): save or copy it again.") from error
    if not all(bool(torch.isfinite(value).all()) for value in network.state_dict().values()):
        raise InputError(f"{damaged} (the weights are not finite): save or copy it again.")
    return network, config


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else [folder]
