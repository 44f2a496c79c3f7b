"""Particles of known class for figs. 5 and 6, and the generated agglomerates that are the default."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.particles import extract_patches

__all__ = ["Particles", "generated_particles"]

_SEED = 4
_DIAMETERS_PX = (10.0, 18.0)


@dataclass(frozen=True, eq=False)
class Particles:
    """Patches and what is known of them.

    Attributes
    ----------
    images : ndarray of float32, shape (N, S, S)
    classes : ndarray of int64, shape (N,)
        -1 where the class is not known.
    names : tuple of str, length K
    source : str
        Where they come from, for the results.
    """

    images: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    names: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        counts = np.bincount(self.classes[self.classes >= 0], minlength=len(self.names))
        if len(self.names) < 2 or (counts < 2).any():
            said = ", ".join(f"{n} {name}" for name, n in zip(self.names, counts, strict=True))
            raise InputError(
                f"These experiments need at least two classes with two particles of known class each, "
                f"{self.source} has {said or 'none'}: label more particles."
            )


def generated_particles(counts: tuple[int, ...], size: int, seed: int = _SEED) -> Particles:
    """Return agglomerates of 1, 2, ... touching spheres, cut out of one generated micrograph.

    Parameters
    ----------
    counts : tuple of up to 4 int
        How many of each class.
    size : int
        Edge of a patch in pixels.
    seed : int
    """
    total = sum(counts)
    made = generate_micrograph(
        total,
        seed=seed,
        # Sizes that overlap: the area alone must not tell the class.
        sphere_diameter_px=_DIAMETERS_PX,
        class_fractions=[n / total for n in counts],
        data_bar=False,
    )
    patches = extract_patches(made.image, made.labels, size)
    classes = made.classes[patches.label_ids - 1] - 1
    return Particles(patches.images, classes, made.class_names, "generated agglomerates")
