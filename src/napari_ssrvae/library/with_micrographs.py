"""The micrographs of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from napari_ssrvae.library import micrograph_rows
from napari_ssrvae.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from napari_ssrvae.micrographs import Micrograph

__all__ = ["WithMicrographs"]


class WithMicrographs(OpenLibrary):
    """The part of a `ParticleLibrary` that knows micrographs."""

    def add_micrograph(self, micrograph: Micrograph) -> int:
        """Note a micrograph and return its number; the same picture again has the same number.

        Its pixels are not stored, only their SHA-256, the path as information, and what the
        reader knew.
        """
        with self._writing():
            return micrograph_rows.add_micrograph(self._database, micrograph)

    def micrographs(self) -> pd.DataFrame:
        """All micrographs.

        Returns
        -------
        DataFrame
            Index micrograph_id; name, path, sha256, height, width, pixel_size_nm (NaN if not
            known), pixel_size_source, data_bar_start, data_bar_stop, data_bar_by_hand (whether a
            person set it), parameters (JSON of the segmentation), patch_size, window_px, metadata
            (JSON), notes (JSON).
        """
        self._check_open()
        return micrograph_rows.micrograph_table(self._database)

    def set_pixel_size(self, micrograph_id: int, nm: float, source: str) -> None:
        """Correct a micrograph's pixel size; its particles' nanometres follow.

        Parameters
        ----------
        micrograph_id : int
        nm : float
            Nanometres per pixel, above 0.
        source : str
            Where the number comes from, in words.
        """
        with self._writing():
            micrograph_rows.set_pixel_size(self._database, int(micrograph_id), nm, source)

    def set_data_bar(self, micrograph_id: int, rows: tuple[int, int] | None) -> None:
        """Correct a micrograph's data bar; it holds against what a reader finds later.

        Parameters
        ----------
        micrograph_id : int
        rows : (int, int) or None
            First row of the banner and the row after its last; None: there is none.

        Raises
        ------
        InputError
            The rows do not lie in the micrograph.
        """
        with self._writing():
            micrograph_rows.set_data_bar(self._database, int(micrograph_id), rows)
