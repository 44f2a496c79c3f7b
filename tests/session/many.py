"""Libraries with many small particles, made up: what the session does with them must stay quick."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import Patches

EDGE, PITCH = 4, 5


def micrograph(number: int, per_side: int, nm: float | None = 2.0) -> Micrograph:
    """A picture that is no other's."""
    image = np.full((PITCH * per_side, PITCH * per_side), 40, np.uint8)
    image[0, 0:4] = np.frombuffer(number.to_bytes(4, "little"), np.uint8)
    return Micrograph.from_array(image, name=f"many {number}", pixel_size_nm=nm)


def many_particles(
    folder: Path, n_micrographs: int, per_side: int, nm: float | None = 2.0
) -> ParticleLibrary:
    """`n_micrographs` with `per_side` ** 2 squares each, with measurements of random sizes."""
    rng = np.random.default_rng(0)
    library = ParticleLibrary.create(folder)
    n = per_side**2
    labels = np.zeros((PITCH * per_side, PITCH * per_side), np.int32)
    numbers = np.arange(1, n + 1, dtype=np.int32).reshape(per_side, per_side)
    labels[:] = np.kron(numbers, np.ones((PITCH, PITCH), np.int32))
    labels[::PITCH] = labels[:, ::PITCH] = 0
    row, column = np.divmod(np.arange(n), per_side)
    for number in range(n_micrographs):
        diameter = rng.uniform(2, 9, n)
        table = pd.DataFrame(
            {
                "centroid_y_px": PITCH * row + 2.5,
                "centroid_x_px": PITCH * column + 2.5,
                "area_px": np.full(n, (PITCH - 1) ** 2),
                "area_nm2": diameter * np.nan if nm is None else diameter**2 * nm**2,
                "equivalent_diameter_px": diameter,
                "equivalent_diameter_nm": diameter * (np.nan if nm is None else nm),
                "solidity": rng.uniform(0.5, 1, n),
                "eccentricity": rng.uniform(0, 1, n),
                "mean_intensity": rng.uniform(50, 200, n),
            },
            index=pd.Index(numbers.ravel(), name="label_id"),
        )
        images = rng.random((n, EDGE, EDGE), np.float32)
        patches = Patches(images, numbers.ravel().astype(np.int64), EDGE, np.zeros(n, bool))
        micrograph_id = library.add_micrograph(micrograph(number, per_side, nm))
        library.set_particles(micrograph_id, labels, table, patches, parameters={"made": "up"})
    return library


def predict(
    library: ParticleLibrary,
    name: str = "m",
    *,
    seed: int = 0,
    class_ids: tuple[int, ...] = (1, 2, 3),
    n_latents: int = 2,
) -> np.ndarray:
    """Let a made-up model say something of every particle; return its probabilities."""
    ids = library.particles().index.to_numpy()
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(len(class_ids), 0.4), len(ids))
    library.add_model(
        name, parameters={}, seed=0, class_ids=class_ids, n_labels=0, versions={}, metrics={}
    )
    library.set_predictions(
        name,
        ids,
        probabilities=p,
        class_ids=class_ids,
        novelty=rng.random(len(ids)),
        angle_rad=rng.uniform(-3, 3, len(ids)),
        offset_px=rng.normal(0, 1, (len(ids), 2)),
        latents=rng.normal(0, 1, (len(ids), n_latents)) + p[:, :1],
    )
    return p
