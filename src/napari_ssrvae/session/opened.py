"""Micrographs that are open, and the way from a particle of the catalogue into their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ssrvae.session.catalogue import Catalogue
    from napari_ssrvae.session.state import MicrographState

__all__ = ["locate", "show_labels", "show_predictions"]


def locate(
    catalogue: Catalogue, states: Iterable[MicrographState], particle_id: int
) -> tuple[MicrographState, int] | None:
    """Return the micrograph and the label id of a particle, None if it is not open."""
    row = int(catalogue.rows([int(particle_id)])[0])
    if row < 0:
        return None
    micrograph_id = catalogue.micrograph_ids[row]
    for state in states:
        if state.micrograph_id == micrograph_id and state.labels is not None:
            return state, int(catalogue.label_ids[row])
    return None


def show_labels(
    catalogue: Catalogue, states: Iterable[MicrographState], rows: NDArray[np.int64]
) -> None:
    """Bring the hand labels of some particles into the micrographs that are open."""
    for state, mine in _shared(catalogue, states, rows):
        state.by_hand[catalogue.label_ids[mine]] = catalogue.by_hand[mine]


def show_predictions(catalogue: Catalogue, states: Iterable[MicrographState]) -> None:
    """Bring all predictions into the micrographs that are open."""
    for state, mine in _shared(catalogue, states, np.arange(len(catalogue))):
        label_ids = catalogue.label_ids[mine]
        state.by_model[:] = 0
        state.probability[:] = state.novelty[:] = np.nan
        state.by_model[label_ids] = catalogue.by_model[mine]
        state.probability[label_ids] = catalogue.probability[mine]
        state.novelty[label_ids] = catalogue.novelty[mine]


def _shared(
    catalogue: Catalogue, states: Iterable[MicrographState], rows: NDArray[np.int64]
) -> Iterator[tuple[MicrographState, NDArray[np.int64]]]:
    micrograph_ids = catalogue.micrograph_ids[rows]
    for state in states:
        if state.micrograph_id is not None and state.labels is not None:
            yield state, rows[micrograph_ids == state.micrograph_id]
