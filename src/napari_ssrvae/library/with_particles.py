"""The particles of a library: masks, measurements, patches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.library import particle_rows, particle_tables
from napari_ssrvae.library.open_library import OpenLibrary
from napari_ssrvae.library.particle_change import ParticleChange

if TYPE_CHECKING:
    from napari_ssrvae.particles import Patches

__all__ = ["WithParticles"]


class WithParticles(OpenLibrary):
    """The part of a `ParticleLibrary` that knows particles."""

    def set_particles(
        self,
        micrograph_id: int,
        labels: NDArray[np.int32],
        table: pd.DataFrame,
        patches: Patches,
        *,
        parameters: Mapping[str, Any],
    ) -> ParticleChange:
        """Make a segmentation the one that counts for its micrograph.

        Particles of the segmentation before keep their id, label and history where a new mask
        overlaps theirs (IoU of 0.5 or more, or more than half of the old one covered). The others
        are retired: listed by `retired`, label kept, back when a later mask fits. Edits of the
        mask by hand cannot be undone any more; labels can.

        Parameters
        ----------
        micrograph_id : int
        labels : (H, W) int32
            0 is the background.
        table : DataFrame
            Measurements, one row per particle, index label_id.
        patches : Patches
            One patch per particle, as wide as those of the other micrographs.
        parameters : mapping
            What the segmentation was made with; stored as JSON.

        Raises
        ------
        InputError
            Mask, table and patches are not about the same particles or not of this micrograph.
        """
        with self._writing():
            change = particle_rows.set_particles(
                self._database,
                self._files,
                int(micrograph_id),
                labels,
                table,
                patches,
                parameters,
            )
            self._sweep()
        return change

    def mask(self, micrograph_id: int) -> NDArray[np.int32]:
        """Return the mask of a micrograph with its edits by hand, (H, W) int32.

        All 0 before its first segmentation.
        """
        self._check_open()
        return particle_tables.micrograph_mask(self._database, self._files, int(micrograph_id))

    def particles(
        self, micrograph_id: int | None = None, *, particle_ids: Iterable[int] | None = None
    ) -> pd.DataFrame:
        """Return the live particles, of one micrograph or of all, or only some.

        Returns
        -------
        DataFrame
            Index particle_id in rising order; micrograph_id, label_id, the measurements, clipped.
        """
        self._check_open()
        number = None if micrograph_id is None else int(micrograph_id)
        return particle_tables.particle_table(self._database, number, particle_ids)

    def retired(self) -> pd.DataFrame:
        """Return the retired particles.

        Returns
        -------
        DataFrame
            Index particle_id; micrograph_id, label_id (the last one), class_id (hand label or
            NA), centroid_y_px, centroid_x_px, area_px, by_hand (whether an edit took it away).
        """
        self._check_open()
        return particle_tables.retired_table(self._database)

    def lost_labels(self) -> pd.DataFrame:
        """Return the particles with a hand label that a new segmentation has retired.

        Those that a person deleted, merged or split are not among them. They come back when a later
        mask fits; `ForgetLostLabels` takes their labels off.

        Returns
        -------
        DataFrame
            Index particle_id; micrograph_id, micrograph (its name), class_id, and as they were:
            centroid_y_px, centroid_x_px (NaN if the old mask was damaged), area_px (NA then).
        """
        self._check_open()
        return particle_tables.lost_label_table(self._database)

    def patches(
        self, particle_ids: Iterable[int] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Ids (N,) and patches (N, S, S) float32, in the order asked for; all live ones for None.

        Raises
        ------
        InputError
            A particle is not there (any more), or its file is missing or damaged.
        """
        self._check_open()
        return particle_tables.particle_patches(self._database, self._files, particle_ids)

    @property
    def patch_size(self) -> int | None:
        """Edge of the patches in pixels; None before the first."""
        return self._first("patch_size")

    @property
    def window_px(self) -> int | None:
        """Edge of the first micrograph's patches in micrograph pixels; None before the first."""
        return self._first("window_px")

    def _first(self, column: str) -> int | None:
        self._check_open()
        row = self._database.row(
            f"SELECT {column} FROM micrographs WHERE {column} IS NOT NULL ORDER BY micrograph_id"
        )
        return None if row is None else int(row[0])
