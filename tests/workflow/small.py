"""A library of rods and discs, half of them labelled, that a small model learns in a second."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.library.acts import AddClass, AssignClass
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import Patches
from napari_ssrvae.ssrvae import SSRVAEParameters
from tests.ssrvae.conftest import rods_and_discs

QUICK = SSRVAEParameters(epochs=3, hidden=16, n_rotations=8, n_pairs=1, batch_size=16)
N, LABELLED = 48, 24


def set_particles(library: ParticleLibrary, n: int = N) -> None:
    """Put the first n of the particles in, as squares in a row of a micrograph."""
    labels = np.zeros((8, 6 * N), np.int32)
    for i in range(n):
        labels[1:5, 6 * i + 1 : 6 * i + 5] = i + 1
    images, _, _ = rods_and_discs(N)
    numbers = np.arange(1, n + 1)
    table = pd.DataFrame(
        {
            "centroid_y_px": np.full(n, 3.0),
            "centroid_x_px": 6.0 * numbers - 3.0,
            "area_px": np.full(n, 16),
            "equivalent_diameter_px": np.full(n, 4.5),
        },
        index=pd.Index(numbers, name="label_id"),
    )
    patches = Patches(images[:n], numbers.astype(np.int64), 24, np.zeros(n, bool))
    micrograph = Micrograph.from_array(
        np.arange(labels.size, dtype=np.uint16).reshape(labels.shape), name="row"
    )
    library.set_particles(library.add_micrograph(micrograph), labels, table, patches, parameters={})


def small_library(folder: Path) -> ParticleLibrary:
    """Return a new library of 24 rods and 24 discs, 12 of each labelled."""
    library = ParticleLibrary.create(folder)
    set_particles(library)
    for name in ("rod", "disc"):
        library.do(AddClass(name))
    ids = library.particles().index.to_numpy()
    _, y, _ = rods_and_discs(N)
    for k, class_id in enumerate(class_ids(library)):
        chosen = ids[np.flatnonzero(y == k)[: LABELLED // 2]]
        library.do(AssignClass(tuple(chosen.tolist()), class_id))
    return library


def class_ids(library: ParticleLibrary) -> list[int]:
    """Return the ids of rod and disc."""
    return [c.class_id for c in library.classes() if c.name in ("rod", "disc")]
