"""All particles of a library as columns of numbers, kept in step with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.session.predicted import Predicted
from napari_ssrvae.session.selection import ParticleIds, as_ids

if TYPE_CHECKING:
    import pandas as pd

    from napari_ssrvae.library import ParticleLibrary

__all__ = ["Catalogue"]


class Catalogue:
    """Every live particle of the library, whether its micrograph is open or not.

    Row i of all columns is the particle `particle_ids[i]`. Columns are replaced or changed in place on
    the main thread only, and not to be written to by others.

    Attributes
    ----------
    particle_ids : (N,) int64
        Rising.
    micrograph_ids, label_ids : (N,) int64
    by_hand : (N,) uint8
        Class ids, 0 = none.
    centroid_px : (N, 2) float32
        Row, column in the micrograph.
    size : (N,) float32
        Equivalent diameter in `size_unit`.
    size_unit : {"nm", "px"}
        nm if all particles have a scale.
    measurements : DataFrame
        Index particle_id, as the library has them.
    model_class_ids : (K,) int64
        The classes of `probabilities`.
    """

    def __init__(self) -> None:
        import pandas as pd

        self.measurements = pd.DataFrame(index=pd.Index([], name="particle_id", dtype="int64"))
        self.particle_ids = np.zeros(0, np.int64)
        self.micrograph_ids = np.zeros(0, np.int64)
        self.label_ids = np.zeros(0, np.int64)
        self.by_hand = np.zeros(0, np.uint8)
        self.centroid_px = np.zeros((0, 2), np.float32)
        self.size = np.zeros(0, np.float32)
        self.size_unit: Literal["nm", "px"] = "px"
        self.model_class_ids = np.zeros(0, np.int64)
        self._predicted = Predicted.blank(0)
        self._features: dict[str, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self.particle_ids)

    # --- what the model says -------------------------------------------------------------------

    @property
    def by_model(self) -> NDArray[np.uint8]:
        """Predicted class ids (N,), 0 without a prediction."""
        return self._predicted.by_model

    @property
    def probability(self) -> NDArray[np.float32]:
        """Probability of the predicted class (N,); NaN without a prediction."""
        return self._predicted.probability

    @property
    def uncertainty(self) -> NDArray[np.float32]:
        """1 - (p1 - p2), the two largest probabilities (N,); NaN without a prediction."""
        return self._predicted.uncertainty

    @property
    def novelty(self) -> NDArray[np.float32]:
        """Novelty in [0, 1] (N,); NaN without a prediction."""
        return self._predicted.novelty

    @property
    def angle_rad(self) -> NDArray[np.float32]:
        """Angle of the pose (N,); 0 without a prediction."""
        return self._predicted.angle_rad

    @property
    def offset_px(self) -> NDArray[np.float32]:
        """Offset of the pose (N, 2), row and column in pixels of the patch; 0 without a prediction."""
        return self._predicted.offset_px

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """Probabilities (N, K) of the classes `model_class_ids`; NaN without a prediction."""
        return self._predicted.probabilities

    @property
    def latents(self) -> NDArray[np.float32]:
        """Content latents (N, d); NaN without a prediction."""
        return self._predicted.latents

    # --- finding -------------------------------------------------------------------------------

    def rows(self, ids: ParticleIds) -> NDArray[np.int64]:
        """Return the row of each particle, -1 where it is not there (any more)."""
        return rows_among(self.particle_ids, as_ids(ids))

    def has(self, ids: ParticleIds) -> NDArray[np.bool_]:
        """Return of each particle whether it is there."""
        return self.rows(ids) >= 0

    def similarity_to(self, ids: ParticleIds) -> NDArray[np.float32]:
        """Return how far each particle (N,) is from the nearest of these: 0 is the same.

        Far in standardised latents and class probabilities; where the model says nothing of these
        particles, or there is none, in standardised measurements. inf where nothing is known.
        """
        from napari_ssrvae.workflow.likeness import distance_to_nearest

        rows = self.rows(ids)
        rows = rows[rows >= 0]
        by_model = bool(len(rows)) and bool((self.by_model[rows] > 0).any())
        return distance_to_nearest(self.features("model" if by_model else "shape"), rows)

    def features(self, kind: Literal["model", "shape"]) -> NDArray[np.float32]:
        """Return standardised features (N, m): of what the model says, or of what was measured."""
        from napari_ssrvae.workflow.likeness import model_features, shape_features

        if kind not in self._features:
            self._features[kind] = (
                model_features(self.latents, self.probabilities)
                if kind == "model"
                else shape_features(self.measurements, self.size_unit)
            )
        return self._features[kind]

    # --- keeping in step, for the session ------------------------------------------------------

    def read(self, library: ParticleLibrary) -> None:
        """Read all of a library."""
        self._show(library.particles())
        self.by_hand = np.zeros(len(self), np.uint8)
        hand = library.labels()
        self.write_labels(hand.index.to_numpy(np.int64), hand.to_numpy(np.uint8))
        self.read_predictions(library)

    def become(self, other: Catalogue) -> None:
        """Hold what another catalogue holds, which is given up."""
        self.__dict__.update(other.__dict__)

    def read_predictions(self, library: ParticleLibrary) -> None:
        """Read what the current model says of all particles."""
        table = library.predictions()
        said, self.model_class_ids = Predicted.read(table)
        there = table.index.to_numpy(np.int64)
        at = np.full(len(self), -1, np.int64)
        rows = self.rows(there)
        at[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
        self._predicted = said.at(at)
        self._features.pop("model", None)

    def write_labels(
        self, ids: NDArray[np.int64], class_ids: NDArray[np.uint8] | int
    ) -> NDArray[np.int64]:
        """Note the hand labels of particles, 0 = none; return the rows of those that are there."""
        rows = self.rows(ids)
        there = rows >= 0
        self.by_hand[rows[there]] = class_ids if isinstance(class_ids, int) else class_ids[there]
        return rows[there]

    def exchange(self, library: ParticleLibrary, gone: ParticleIds, came: pd.DataFrame) -> None:
        """Take particles out and others in; what is known of those that stay is kept.

        Parameters
        ----------
        library : ParticleLibrary
            Asked for labels and predictions of those that come.
        gone : particle ids
        came : DataFrame
            As `library.particles` tells of those that come, or of those that are measured anew.
        """
        import pandas as pd

        fresh = came.index.to_numpy(np.int64)
        there, by_hand, predicted = self.particle_ids, self.by_hand, self._predicted
        out = np.concatenate([as_ids(gone), fresh])
        left = self.measurements[~np.isin(there, out)]
        if not len(came):
            table = left
        elif len(left) and left.dtypes.equals(came.dtypes):
            table = pd.concat([left, came]).sort_index()
        else:
            # Measured by another version: only the library knows how the columns fit together.
            table = library.particles()
        self._show(table)
        at = rows_among(there, self.particle_ids)
        at[self.rows(fresh)] = -1
        self.by_hand = np.zeros(len(self), np.uint8)
        self.by_hand[at >= 0] = by_hand[at[at >= 0]]
        self._predicted = predicted.at(at)
        if not len(fresh):
            return
        hand = library.labels()
        hand = hand[np.isin(hand.index.to_numpy(), fresh)]
        self.write_labels(hand.index.to_numpy(np.int64), hand.to_numpy(np.uint8))
        table = library.predictions(particle_ids=fresh.tolist())
        said, class_ids = Predicted.read(table)
        if len(table) and np.array_equal(class_ids, self.model_class_ids):
            self._predicted.write(self.rows(table.index.to_numpy(np.int64)), said)
        elif len(table):
            # The first that a model says anything of.
            self.read_predictions(library)

    def _show(self, table: pd.DataFrame) -> None:
        self.measurements = table
        self.particle_ids = table.index.to_numpy(np.int64)
        self.micrograph_ids = _column(table, "micrograph_id", 0).astype(np.int64)
        self.label_ids = _column(table, "label_id", 0).astype(np.int64)
        self.centroid_px = np.column_stack(
            [_column(table, f"centroid_{axis}_px") for axis in "yx"]
        ).astype(np.float32)
        size, self.size_unit = _sizes(table)
        self.size = size.astype(np.float32)
        self._features.clear()


def rows_among(rising: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each id is among those that are rising, -1 where it is not."""
    if not len(rising):
        return np.full(len(ids), -1, np.int64)
    at = np.minimum(np.searchsorted(rising, ids), len(rising) - 1)
    return np.where(rising[at] == ids, at, -1)


def _column(table: pd.DataFrame, name: str, missing: float = np.nan) -> NDArray[np.float64]:
    if name not in table:
        return np.full(len(table), missing)
    return np.asarray(table[name].to_numpy(np.float64))


def _sizes(table: pd.DataFrame) -> tuple[NDArray[np.float64], Literal["nm", "px"]]:
    """Return equivalent diameters in one unit for all, or they could not be put in an order."""
    in_nm = _column(table, "equivalent_diameter_nm")
    if len(table) and np.isfinite(in_nm).all():
        return in_nm, "nm"
    if "equivalent_diameter_px" in table:
        return _column(table, "equivalent_diameter_px"), "px"
    return np.sqrt(4 * _column(table, "area_px") / np.pi), "px"
