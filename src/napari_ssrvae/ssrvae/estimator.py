"""`SSRVAE`: the model as a scikit-learn estimator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import norm

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import progress
from napari_ssrvae.ssrvae.calibration import probabilities, temperature_of
from napari_ssrvae.ssrvae.checkpoint import read_model, write_model
from napari_ssrvae.ssrvae.checks import checked_classes, checked_images, checked_labels
from napari_ssrvae.ssrvae.description import Description
from napari_ssrvae.ssrvae.events import FitEvent, FitFailed, FitNotice
from napari_ssrvae.ssrvae.infer import Reading, plain, read, torch_errors
from napari_ssrvae.ssrvae.model import Model
from napari_ssrvae.ssrvae.novelty import cost_scale, novelty_of
from napari_ssrvae.ssrvae.parameters import PRESETS, UNLABELLED, SSRVAEParameters
from napari_ssrvae.ssrvae.pose import Pose
from napari_ssrvae.ssrvae.preparation import kept_aside, shape_of
from napari_ssrvae.ssrvae.suggest import Suggestions, label_next
from napari_ssrvae.ssrvae.training import Fit, HeldOut, TrainingData
from napari_ssrvae.ssrvae.variants import recipe_of

__all__ = ["SSRVAE"]

Array = npt.NDArray[np.float32]

_MOST_CLASSES, _LARGEST_SEED = 1000, 2**32 - 1
_UNTRAINED = "The model is not trained yet: call fit or load a saved one."
_WARM = {"epochs": 3, "max_steps": 36, "held_out_fraction": 0.0, "early_stopping": False}
_KEEP_EVERY = 5.0
"""Seconds between two checkpoints of a fit."""


class SSRVAE:
    """Semi-supervised rotationally invariant variational autoencoder.

    After Ziatdinov, Yaman, Liu, Ginger, Kalinin, arXiv 2105.11475, with the pose searched on a
    grid of rotations and an upright canvas instead of the coordinate decoder.

    Parameters
    ----------
    n_classes : int
        Number K of classes.
    preset : str
        "default", or a variant of the paper: "paper" (its ss-rVAE), "ss-vae" (no pose), "rvae" (no
        classes, no labels), "vae" (neither).
    random_state : int
        Seed of everything random; the same seed on the same machine gives the same model.
    device : str
        "auto", "cpu", "cuda", "cuda:1", "mps".
    parameters : SSRVAEParameters, optional
        How it is built and trained; by default `SSRVAEParameters.of_preset(preset)`.
    warm_start : bool
        Whether `fit` goes on from the model that is there, in a short training: for a few more
        labels or particles.

    Examples
    --------
    >>> model = SSRVAE(n_classes=4).fit(X, y)  # X (N, S, S) in [0, 1]; y (N,), -1 unlabelled
    >>> model.predict_proba(X).argmax(axis=1)
    """

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
        _whole("n_classes", n_classes, 1, _MOST_CLASSES)
        _whole("random_state", random_state, 0, _LARGEST_SEED)
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

    # ------------------------------------------------------------------ training

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on patches (N, S, S) in [0, 1] and classes (N,), -1 = unlabelled.

        Without `y` the classes are clusters that the model finds by itself.

        Raises
        ------
        InputError
            The data is at fault, or the device failed.
        """
        for event in self.iter_fit(X, y):
            if isinstance(event, FitFailed):
                raise InputError(event.message)
        return self

    def iter_fit(
        self, X: Any, y: Any = None, *, checkpoint: str | Path | None = None
    ) -> Iterator[FitEvent]:
        """Train as `fit`, yielding an event after every batch and epoch.

        The arrays are checked at the call. Whoever stops iterating keeps the best model so far; a
        failure inside torch is the last event, `FitFailed`, and not an exception.

        Parameters
        ----------
        checkpoint : path, optional
            A folder where the state of the fit is kept every few seconds. If it holds the state of
            a fit of the same data, parameters and seed, that fit is continued, to the same result;
            at the end the folder is removed. Not used by a warm start, which takes seconds.

        Raises
        ------
        InputError
            The data is at fault.
        """
        images = checked_images(X)
        if len(images) < 2:
            raise InputError("Of one patch nothing can be learnt: find more particles.")
        if y is None or self.preset in UNLABELLED:
            labels = np.full(len(images), -1, dtype=np.int64)
            if len(images) < self.n_classes and self.preset not in UNLABELLED:
                raise InputError(
                    f"There are fewer particles ({len(images)}) than classes ({self.n_classes}): "
                    "find more particles or ask for fewer classes."
                )
        else:
            labels = checked_labels(y, len(images), self.n_classes)
        return self._iter_fit(images, labels, None if checkpoint is None else Path(checkpoint))

    def _iter_fit(
        self, images: Array, labels: npt.NDArray[np.int64], checkpoint: Path | None
    ) -> Iterator[FitEvent]:
        try:
            fit, of = self._begin(images, labels)
            if of is None:
                checkpoint = None
            if checkpoint is not None:
                progress.check(checkpoint)
                if (kept := progress.read(checkpoint, str(of))) is not None:
                    fit.go_on_from(*kept)
                    yield FitNotice(
                        f"Training goes on where it was broken off, in epoch {fit.numbers.epoch}."
                    )
            if self.warm_start and self._network is not None and not fit.warm:
                yield FitNotice(
                    "The model that is there has another shape: training begins anew and takes longer."
                )
            taken = False
            written, keeping = time.monotonic(), checkpoint is not None
            for event in fit.run():
                if not taken and (self._network is None or fit.numbers.steps_done):
                    # Not before: a fit that fails at once leaves the model that was there.
                    self._take(fit, images)
                    taken = True
                if taken and fit.judged is not None and self._held_out is not fit.judged:
                    self._calibrate(fit.judged)
                self._costs = ()
                if checkpoint and keeping and time.monotonic() - written > _KEEP_EVERY:
                    try:
                        progress.write(checkpoint, fit, str(of))
                    except InputError as error:
                        # A full disk is no reason to lose the training.
                        keeping = False
                        yield FitNotice(f"Training goes on without checkpoints: {error}")
                    written = time.monotonic()
                yield event
            if checkpoint is not None:
                progress.forget(checkpoint)
        except InputError as error:
            yield FitFailed(str(error))
        except (RuntimeError, MemoryError, ValueError, ArithmeticError) as error:
            yield FitFailed(plain(error))

    def _take(self, fit: Fit, images: Array) -> None:
        """Become the model that the fit trains; a warm start keeps how the old one was judged."""
        judged, temperature = self._held_out, self._temperature
        self._forget()
        self._network, self._images = fit.live, images
        if fit.warm and judged is not None:
            self._held_out, self._temperature, self._calibrated = judged, temperature, True

    def _begin(self, images: Array, labels: npt.NDArray[np.int64]) -> tuple[Fit, str | None]:
        """Return the fit and, unless it is a warm start, what identifies it."""
        p = self.parameters or SSRVAEParameters.of_preset(self.preset)
        device = self._device()
        generator = torch.Generator(device).manual_seed(self.random_state)
        n_classes = 1 if self.preset in UNLABELLED else self.n_classes
        shape = shape_of(images, n_classes, p)
        old = self._network
        warm = (
            self.warm_start
            and old is not None
            and old.shape
            == replace(shape, grey_sd=old.shape.grey_sd, background=old.shape.background)
        )
        if warm:
            assert old is not None
            # Every label may have been learnt from: none is left to judge by.
            shape, p = old.shape, p.model_copy(update=_WARM)
        recipe = recipe_of(self.preset, p, warm=warm)
        live, student = (
            recipe.build(shape, torch.Generator().manual_seed(self.random_state)).to(device)
            for _ in range(2)
        )
        if warm:
            assert old is not None
            for model in (live, student):
                model.load_state_dict(old.state_dict())
        live.requires_grad_(False)
        data = TrainingData(
            torch.from_numpy(images).to(device),
            torch.from_numpy(labels).to(device),
            torch.from_numpy(kept_aside(labels, p, self.random_state)).to(device),
        )
        fit = Fit(live, student, recipe, data, generator)
        if warm:
            return fit, None
        told = (self.preset, str(self.random_state), device.type, p.model_dump_json())
        return fit, progress.fingerprint(fit, images, labels, *told)

    def _calibrate(self, judged: HeldOut) -> None:
        self._held_out = judged
        self._temperature = temperature_of(judged.logits, judged.classes)
        self._calibrated = True

    # ------------------------------------------------------------------ use

    @property
    def calibrated(self) -> bool:
        """Whether labels were kept aside to calibrate the probabilities."""
        return self._calibrated

    @property
    def held_out(self) -> tuple[npt.NDArray[np.int64], Array] | None:
        """True classes (M,) and probabilities (M, K) of labels judged before training saw them."""
        if self._held_out is None:
            return None
        judged = self._held_out
        return judged.classes, probabilities(judged.logits, self._temperature)

    @property
    def patch_size(self) -> int:
        """Edge S of the patches the model was trained on, in pixels."""
        return self._trained().shape.size

    @property
    def n_latents(self) -> int:
        """Number d of content latents."""
        return self._trained().shape.n_latents

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Return the most probable class (N,) of each patch."""
        self._has_classes()
        classes: npt.NDArray[np.int64] = self._read(X, picture=False).class_logits.argmax(axis=1)
        return classes

    def predict_proba(self, X: Any) -> Array:
        """Return calibrated class probabilities (N, K); the rows sum to 1."""
        self._has_classes()
        return probabilities(self._read(X, picture=False).class_logits, self._temperature)

    def score(self, X: Any, y: Any) -> float:
        """Return the accuracy on patches whose classes (N,) are known."""
        predicted = self.predict(X)
        return float((predicted == checked_classes(y, len(predicted), self.n_classes)).mean())

    def transform(self, X: Any) -> Array:
        """Return the content latents (N, d): shape without class and pose."""
        return self._read(X, picture=False).content

    def pose(self, X: Any) -> Pose:
        """Return angle and offset of each patch against the model's upright."""
        return self._pose_of(self._read(X, picture=False))

    def reconstruct(self, X: Any) -> Array:
        """Return the model's picture (N, S, S) of each patch, in its pose."""
        return self._read(X, picture=True).grey

    def novelty(self, X: Any) -> Array:
        """Return (N,) in [0, 1]: 1 = like nothing the model explains."""
        return self._novelty_of(self._read(X, picture=True))

    def describe(self, X: Any) -> Description:
        """Return probabilities, pose, latents and novelty together, for the price of one pass.

        The same numbers as `predict_proba`, `pose`, `transform` and `novelty`, each of which looks
        at every image again.

        Raises
        ------
        InputError
            Not trained, the patches are at fault, or the device failed.
        """
        network = self._trained()
        images = checked_images(X, network.shape.size, clip=True)
        found = read(network, images, _where(network), picture=True)
        if not self._costs and self._images is not None and np.array_equal(images, self._images):
            # What the classes usually cost is read off the training images: these.
            self._costs = self._costs_of(found)
        pose = self._pose_of(found)
        return Description(
            probabilities(found.class_logits, self._temperature),
            pose.angle_rad,
            pose.offset_px,
            found.content,
            self._novelty_of(found),
        )

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
        device = _where(network)
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
        _whole("latent", latent, 0, self.n_latents - 1)
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

    def label_next(self, X: Any, y: Any = None, n: int = 10) -> Suggestions:
        """Suggest which `n` of the patches (N, S, S) to label next, the most useful first.

        Typical ones while there are few labels, later the doubtful ones, always some at random.

        Parameters
        ----------
        X : array-like, shape (N, S, S)
        y : array-like of int, shape (N,), optional
            Classes so far, -1 = unlabelled; none by default.
        n : int

        Raises
        ------
        InputError
            Not trained, or the patches or classes are at fault.
        """
        said = self.describe(X)
        labels = np.full(len(said), -1) if y is None else y
        if self.preset in UNLABELLED:
            # All classes are one to it; that a particle has a label still counts.
            labels = np.minimum(checked_classes(labels, len(said), _MOST_CLASSES, lowest=-1), 0)
        return label_next(
            said.latents,
            said.probabilities,
            labels,
            n,
            np.random.default_rng(self.random_state),
            said.novelty,
        )

    # ------------------------------------------------------------------ keeping

    def save(self, folder: str | Path) -> Path:
        """Write the model to a folder (weights.safetensors, config.json) and return the folder.

        Raises
        ------
        InputError
            Not trained, or the folder holds something else or must not be written to.
        """
        network = self._trained()
        judged = self._held_out
        write_model(
            folder,
            network,
            {
                "preset": self.preset,
                "n_classes": self.n_classes,
                "random_state": self.random_state,
                "parameters": self.parameters or SSRVAEParameters.of_preset(self.preset),
                "temperature": self._temperature,
                "calibrated": self._calibrated,
                "costs": self._cost_scale(),
                "held_out_classes": () if judged is None else tuple(judged.classes.tolist()),
                "held_out_logits": ()
                if judged is None
                else tuple(map(tuple, judged.logits.tolist())),
            },
        )
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path, device: str = "auto") -> Self:
        """Read a model that `save` wrote; no code from the file is run.

        Raises
        ------
        InputError
            The folder is no model, is damaged, or comes from a newer version.
        """
        network, config = read_model(folder)
        n_classes = config.n_classes or config.shape.n_classes
        model = cls(n_classes, config.preset, config.random_state, device, config.parameters)
        with torch_errors():
            model._network = network.to(model._device()).requires_grad_(False)
        model._temperature, model._calibrated = config.temperature, config.calibrated
        model._costs = config.costs
        if config.held_out_classes:
            model._held_out = HeldOut(
                np.array(config.held_out_classes, dtype=np.int64),
                np.array(config.held_out_logits, dtype=np.float32),
            )
        return model

    def export_classifier(self, path: str | Path) -> Path:
        """Write the classifier alone to `path`, .onnx or .pt2, and return the path.

        The file takes `patches`, (N, S, S) float32 in [0, 1] for any N, and gives `probabilities`,
        (N, K), equal to `predict_proba`; neither this package nor the rest of the model is needed
        to run it.

        Raises
        ------
        InputError
            Not trained, another suffix, the folder must not be written to, or ONNX is missing.
        """
        from napari_ssrvae.ssrvae.apart import export_apart

        self._trained()
        self._has_classes()
        return export_apart(self.save, path)

    # ------------------------------------------------------------------ scikit-learn's manners

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
        return f"SSRVAE({shown}, random_state={self.random_state})"

    # ------------------------------------------------------------------ inside

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

    def _read(self, X: Any, *, picture: bool) -> Reading:
        network = self._trained()
        images = checked_images(X, network.shape.size, clip=True)
        return read(network, images, _where(network), picture=picture)

    def _cost_scale(self) -> tuple[float, ...]:
        """Return what the classes usually cost; computed when first asked for."""
        if not self._costs:
            assert self._images is not None
            found = read(
                self._trained(),
                self._images,
                _where(self._trained()),
                picture=True,
            )
            self._costs = self._costs_of(found)
        return self._costs

    def _costs_of(self, found: Reading) -> tuple[float, ...]:
        return cost_scale(
            found.cost, found.class_logits.argmax(axis=1), found.class_logits.shape[1]
        )

    def _novelty_of(self, found: Reading) -> Array:
        return novelty_of(found.cost, found.class_logits.argmax(axis=1), self._cost_scale())

    def _pose_of(self, found: Reading) -> Pose:
        offset = found.offset[:, ::-1] * (self.patch_size / 2)
        return Pose(found.angle, np.ascontiguousarray(offset))

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


def _where(network: Model) -> torch.device:
    return next(network.parameters()).device


def _whole(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}: give a whole number from {low} to {high}.")


def _quantiles(n: int) -> Array:
    _whole("n", n, 1, 1000)
    return np.asarray(norm.ppf((np.arange(n) + 0.5) / n), dtype=np.float32)
