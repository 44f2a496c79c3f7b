"""The table of particles as it leaves the house: measurements, class, where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from napari_ssrvae.library.library import ParticleLibrary

__all__ = ["export_table"]


def export_table(library: ParticleLibrary) -> pd.DataFrame:
    """One row per live particle, index particle_id.

    Columns: micrograph_id, class_id (0 = none), then those of particles.csv: micrograph,
    micrograph_sha256, label_id, measurements, class, class_source (hand, model, none),
    probability, p_<class>, novelty, angle_deg, offset_y_px, offset_x_px, z_0...

    A label by hand wins over the model's. A predicted class that was removed since counts as none;
    its probability stays, as p_<its name>.
    """
    particles = library.particles()
    micrographs = library.micrographs()
    names = {c.class_id: c.name for c in library.classes()}
    predictions = library.predictions().reindex(particles.index)
    by_hand = library.labels().reindex(particles.index).fillna(0).astype("int64")
    by_model = predictions["class_id"].fillna(0).astype("int64")
    by_model = by_model.where(by_model.isin(list(names)), 0)
    class_id = by_hand.where(by_hand > 0, by_model)
    source = np.where(by_hand > 0, "hand", np.where(by_model > 0, "model", "none"))

    table = pd.DataFrame(
        {
            "micrograph_id": particles["micrograph_id"],
            "class_id": class_id,
            "micrograph": particles["micrograph_id"].map(micrographs["name"]),
            "micrograph_sha256": particles["micrograph_id"].map(micrographs["sha256"]),
        }
    )
    measured = particles.drop(columns="micrograph_id")
    table = pd.concat([table, measured.drop(columns=[*set(measured) & set(table)])], axis=1)
    tail: dict[str, pd.Series] = {
        "class": class_id.map(names).fillna(""),
        "class_source": pd.Series(source, index=particles.index),
        "probability": predictions["probability"],
        **{
            f"p_{name}": predictions[f"p_{class_id}"]
            for class_id, name in _probability_names(library, predictions, names).items()
        },
        **{c: predictions[c] for c in ("novelty", "angle_deg", "offset_y_px", "offset_x_px")},
        **{c: predictions[c] for c in map(str, predictions) if c.startswith("z_")},
    }
    table = table.drop(columns=[c for c in tail if c in table])
    return pd.concat([table, pd.DataFrame(tail, index=particles.index)], axis=1)


def _probability_names(
    library: ParticleLibrary, predictions: pd.DataFrame, names: dict[int, str]
) -> dict[int, str]:
    """Return a name per probability; a removed class says so if its name is used again."""
    every = library.class_names_ever()
    wanted = [int(c.removeprefix("p_")) for c in map(str, predictions) if c.startswith("p_")]
    chosen: dict[int, str] = {}
    for class_id in sorted(wanted, key=lambda i: (i not in names, wanted.index(i))):
        name = every.get(class_id, f"class {class_id}")
        if name in chosen.values():
            name = f"{name} (removed {class_id})"
        chosen[class_id] = name
    return {class_id: chosen[class_id] for class_id in wanted}
