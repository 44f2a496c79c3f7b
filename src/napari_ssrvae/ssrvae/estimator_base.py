"""What all parts of the estimator share: its arguments, what it holds, scikit-learn's manners."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.model import Model
from napari_ssrvae.ssrvae.parameters import PRESETS, UNLABELLED, SSRVAEParameters
from napari_ssrvae.ssrvae.training import HeldOut

__all__ = ["MOST_CLASSES", "Array", "EstimatorBase", "where", "whole"]

Array = npt.NDArray[np.float32]

MOST_CLASSES, _LARGEST_SEED = 1000, 2**32 - 1
_UNTRAINED = "The model is not trained yet: call fit or load a saved one."


class EstimatorBase:
    """Arguments and state; the parts of `SSRVAE` build on it."""

    def __init__(
        self,
        n_classes: int = 4,
        preset: str = "default",
        random_state: int = 0,
        device: str = "auto",
        parameters: SSRVAEParameters | None = None,
        warm_start: bool = False,
    ) -> None:
        if preset not in PRESETS:
            raise InputError(f"There is no preset {preset!r}: choose one of {', '.join(PRESETS)}.")
        whole("n_classes", n_classes, 1, MOST_CLASSES)
        whole("random_state", random_state, 0, _LARGEST_SEED)
        if not isinstance(parameters, SSRVAEParameters | None):
            raise InputError(
                f"parameters are a {type(parameters).__name__}: give SSRVAEParameters(...)."
            )
        self.n_classes = int(n_classes)
        self.preset = preset
        self.random_state = int(random_state)
        self.device = device
        self.parameters = parameters
        self.warm_start = bool(warm_start)
        self._forget()

    def _forget(self) -> None:
        self._network: Model | None = None
        self._temperature, self._calibrated = 1.0, False
        self._costs: tuple[float, ...] = ()
        self._held_out: HeldOut | None = None
        self._images: Array | None = None
        self._held_out_rows: npt.NDArray[np.int64] | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the constructor's arguments."""
        names = ("n_classes", "preset", "random_state", "device", "parameters", "warm_start")
        return {name: getattr(self, name) for name in names}

    def set_params(self, **params: Any) -> Self:
        """Change the constructor's arguments.

        A trained model is forgotten, unless `warm_start` alone changes: that asks to go on from it.
        """
        current = self.get_params()
        unknown = set(params) - set(current)
        if unknown:
            raise InputError(
                f"There is no parameter {min(unknown)!r}: choose among {', '.join(current)}."
            )
        if set(params) == {"warm_start"}:
            self.warm_start = bool(params["warm_start"])
        else:
            self.__init__(**(current | params))  # type: ignore[misc]
        return self

    def __repr__(self) -> str:
        shown = f"n_classes={self.n_classes}, preset={self.preset!r}"
        return f"{type(self).__name__}({shown}, random_state={self.random_state})"

    @property
    def patch_size(self) -> int:
        """Edge S of the patches the model was trained on, in pixels."""
        return self._trained().shape.size

    @property
    def n_latents(self) -> int:
        """Number d of content latents."""
        return self._trained().shape.n_latents

    def _trained(self) -> Model:
        if self._network is None:
            raise InputError(_UNTRAINED)
        return self._network

    def _has_classes(self) -> None:
        if self.preset in UNLABELLED:
            raise InputError(
                f'The preset "{self.preset}" has no classes: use transform for its latents, or train '
                'another preset, such as "paper".'
            )

    def _device(self) -> torch.device:
        if self.device == "auto":
            return torch.device(_best_device())
        try:
            device = torch.device(self.device)
            torch.zeros(1, device=device)
        except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
            raise InputError(
                f'The device "{self.device}" is not available here: use "auto" or "cpu".'
            ) from error
        return device


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def where(network: Model) -> torch.device:
    """Return the device of a model."""
    return next(network.parameters()).device


def whole(name: str, value: object, low: int, high: int) -> None:
    """Make sure that an argument is a whole number in bounds; `InputError` if not."""
    if not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}: give a whole number from {low} to {high}.")
