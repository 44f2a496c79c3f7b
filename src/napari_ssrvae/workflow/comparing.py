"""Two models of a library beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.workflow.events import Progress

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary

__all__ = ["Disagreement", "compare_models"]


@dataclass(frozen=True, eq=False)
class Disagreement:
    """On which particles two models do not say the same class.

    Attributes
    ----------
    first, second : str
        The models.
    both : int
        Live particles of which both say something.
    particle_ids : ndarray of int64, shape (M,)
        Those of them that are another class for the one than for the other.
    """

    first: str
    second: str
    both: int
    particle_ids: NDArray[np.int64]


def compare_models(
    library: ParticleLibrary, first: str, second: str
) -> Iterator[Progress | Disagreement]:
    """Find the particles on which two models disagree.

    Raises
    ------
    InputError
        One of the models is not there.
    """
    yield Progress(0.0, f"Comparing {first} and {second}")
    said = [library.predictions(name)["class_id"] for name in (first, second)]
    one, other = said[0].align(said[1], join="inner")
    differ = one.to_numpy() != other.to_numpy()
    yield Disagreement(first, second, len(one), one.index.to_numpy(np.int64)[differ])
