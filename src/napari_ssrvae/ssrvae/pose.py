"""Where the decoder's upright object stands in each image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Pose"]


@dataclass(frozen=True, slots=True)
class Pose:
    """Rotation and offset that carry the upright canvas onto each image.

    Attributes
    ----------
    angle_rad : (N,) float32
        Counter-clockwise as seen on the screen, in (-pi, pi]. Only defined up to the symmetry of
        the object, and against the model's own idea of upright.
    offset_px : (N, 2) float32
        Row and column of the object's centre minus the patch's centre, in pixels of the patch.
    """

    angle_rad: npt.NDArray[np.float32]
    offset_px: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.angle_rad)
