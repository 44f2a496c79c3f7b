"""What napari's status bar and its features table say of particles: a row for each label id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Labels

    from napari_ssrvae.library import ParticleClass
    from napari_ssrvae.session import MicrographState, Shown

__all__ = ["features_of", "update_features"]

# In the order of `Why`.
WHO = np.array(["", "hand", "model", "model, unsure", "model, unlike its classes"], object)


def features_of(
    state: MicrographState, classes: Sequence[ParticleClass], shown: Shown
) -> pd.DataFrame:
    """Return the features of a particles layer.

    napari's table takes the number of a row for the label: so there is a row for the background, and for each
    label id that is not in use any more. They are empty. `shown` is what is shown of each label id.
    """
    import pandas as pd

    assert state.table is not None
    ids = np.arange(len(state.particle_ids))
    unit = "nm" if state.micrograph.pixel_size_nm is not None else "px"
    size = np.full(len(ids), np.nan)
    size[state.table["label_id"].to_numpy()] = state.table[f"equivalent_diameter_{unit}"]
    return pd.DataFrame(
        {
            "index": ids,
            **_words(state, classes, shown, ids),
            "probability": np.round(state.probability, 2),
            f"diameter ({unit})": size.round(1),
        }
    )


def update_features(
    layer: Labels,
    state: MicrographState,
    classes: Sequence[ParticleClass],
    shown: Shown,
    label_ids: NDArray[np.int64],
) -> None:
    """Bring the rows of some label ids up to date.

    In place: a table set anew costs more than the click, and nobody but the hover reads it.
    """
    if len(layer.features) == len(state.particle_ids):
        for column, values in _words(state, classes, shown, label_ids).items():
            layer.features.loc[label_ids, column] = values


def _words(
    state: MicrographState,
    classes: Sequence[ParticleClass],
    shown: Shown,
    label_ids: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    """Return the class of particles, and who says so; None where there is no particle."""
    names = np.full(256, "no class", object)
    for entry in classes:
        names[entry.class_id] = entry.name
    who, said = WHO[shown.why[label_ids]], names[shown.class_ids[label_ids]]
    nobody = state.particle_ids[label_ids] == 0
    said[nobody] = who[nobody] = None
    return {"class": said, "by": who}
