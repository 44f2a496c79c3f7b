"""What a trained estimator tells of patches: class, pose, content, novelty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_ssrvae.ssrvae.calibration import probabilities
from napari_ssrvae.ssrvae.checks import checked_classes, checked_images
from napari_ssrvae.ssrvae.description import Description
from napari_ssrvae.ssrvae.estimator_base import Array, EstimatorBase, where
from napari_ssrvae.ssrvae.infer import Reading, iter_read, joined, read
from napari_ssrvae.ssrvae.novelty import cost_scale, novelty_of
from napari_ssrvae.ssrvae.pose import Pose

__all__ = ["Telling"]


class Telling(EstimatorBase):
    """The part of `SSRVAE` that predicts."""

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
    def held_out_rows(self) -> npt.NDArray[np.int64] | None:
        """Rows (M,) of the training patches that `held_out` is about; None after loading."""
        return None if self._held_out_rows is None else self._held_out_rows.copy()

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
        for said in self.iter_describe(X):
            if isinstance(said, Description):
                return said
        raise AssertionError("the last is the description")

    def iter_describe(self, X: Any) -> Iterator[float | Description]:
        """Do what `describe` does, yielding the fraction done every fraction of a second.

        The last is the `Description`. Whoever stops iterating has changed nothing.
        """
        network = self._trained()
        images = checked_images(X, network.shape.size, clip=True)
        parts = []
        for part in iter_read(network, images, where(network), picture=True):
            # The pictures themselves are not asked for.
            parts.append(replace(part, grey=part.grey[:0]))
            yield min(1.0, len(parts) * network.at_once / len(images))
        found = joined(parts)
        if not self._costs and self._images is not None and np.array_equal(images, self._images):
            # What the classes usually cost is read off the training images: these.
            self._costs = self._costs_of(found)
        pose = self._pose_of(found)
        yield Description(
            probabilities(found.class_logits, self._temperature),
            pose.angle_rad,
            pose.offset_px,
            found.content,
            self._novelty_of(found),
        )

    def _read(self, X: Any, *, picture: bool) -> Reading:
        network = self._trained()
        images = checked_images(X, network.shape.size, clip=True)
        return read(network, images, where(network), picture=picture)

    def _cost_scale(self) -> tuple[float, ...]:
        """Return what the classes usually cost; computed when first asked for."""
        if not self._costs:
            assert self._images is not None
            found = read(
                self._trained(),
                self._images,
                where(self._trained()),
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
