"""`SSRVAE`: the model as a scikit-learn estimator."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np

from napari_ssrvae.ssrvae.checkpoint import read_model, write_model
from napari_ssrvae.ssrvae.checks import checked_classes
from napari_ssrvae.ssrvae.drawing import Drawing
from napari_ssrvae.ssrvae.estimator_base import MOST_CLASSES
from napari_ssrvae.ssrvae.fitting import Fitting
from napari_ssrvae.ssrvae.infer import torch_errors
from napari_ssrvae.ssrvae.parameters import UNLABELLED, SSRVAEParameters
from napari_ssrvae.ssrvae.suggest import Suggestions, label_next
from napari_ssrvae.ssrvae.telling import Telling
from napari_ssrvae.ssrvae.training import HeldOut

__all__ = ["SSRVAE"]


class SSRVAE(Fitting, Telling, Drawing):
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
            labels = np.minimum(checked_classes(labels, len(said), MOST_CLASSES, lowest=-1), 0)
        return label_next(
            said.latents,
            said.probabilities,
            labels,
            n,
            np.random.default_rng(self.random_state),
            said.novelty,
        )

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
