"""Everything the model says of a set of images at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Description"]

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Description:
    """Class, pose, content and novelty of N images; K classes, d content latents.

    Attributes
    ----------
    probabilities : (N, K) float32
        As `SSRVAE.predict_proba`; the rows sum to 1.
    angle_rad : (N,) float32
        As `Pose.angle_rad`.
    offset_px : (N, 2) float32
        As `Pose.offset_px`: row and column.
    latents : (N, d) float32
        As `SSRVAE.transform`.
    novelty : (N,) float32
        As `SSRVAE.novelty`, in [0, 1].
    """

    probabilities: Array
    angle_rad: Array
    offset_px: Array
    latents: Array
    novelty: Array

    def __len__(self) -> int:
        return len(self.angle_rad)
