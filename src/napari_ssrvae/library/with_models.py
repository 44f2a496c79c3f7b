"""The models of a library and what they predict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import model_rows
from napari_ssrvae.library.model_rows import PredictionColumns
from napari_ssrvae.library.names import checked_file_name
from napari_ssrvae.library.open_library import OpenLibrary

__all__ = ["WithModels"]


class WithModels(OpenLibrary):
    """The part of a `ParticleLibrary` that knows models."""

    def model_folder(self, name: str) -> Path:
        """Where the model `name` lives; the folder need not be there.

        Raises
        ------
        InputError
            The name cannot be a folder's name on every system.
        """
        return self.folder / "models" / checked_file_name(name, "model")

    def add_model(
        self,
        name: str,
        *,
        parameters: Mapping[str, Any],
        seed: int,
        class_ids: Sequence[int],
        n_labels: int,
        versions: Mapping[str, str],
        metrics: Mapping[str, Any],
        predictions: PredictionColumns | None = None,
        current: bool = True,
    ) -> None:
        """Note a model whose files are in `model_folder(name)`, and make it the current one.

        One of the same name is replaced, and its predictions go. With `predictions` the model is in the
        library with all of them or not at all. Without `current` another one stays the current one.
        """
        with self._writing():
            model_rows.add_model(
                self._database,
                checked_file_name(name, "model"),
                parameters=parameters,
                seed=seed,
                class_ids=class_ids,
                n_labels=n_labels,
                versions=versions,
                metrics=metrics,
                predictions=predictions,
                current=current,
            )

    def note_of_model(self, name: str, **more: Any) -> None:
        """Note something more in the metrics of a model."""
        with self._writing():
            model_rows.add_to_metrics(self._database, name, more)

    def remove_model(self, name: str) -> None:
        """Remove a model, its predictions and its files."""
        with self._writing():
            folder = self.model_folder(name)
            with self._database.transaction():
                self._database.run("DELETE FROM models WHERE name = ?", (name,))
                if self.current_model == name:
                    self._database.run("DELETE FROM meta WHERE key = 'current_model'")
            shutil.rmtree(folder, ignore_errors=True)

    def models(self) -> pd.DataFrame:
        """All models, the oldest first.

        Returns
        -------
        DataFrame
            Index name; created, parameters (dict), seed, class_ids (list), n_labels, versions
            (dict), metrics (dict).
        """
        self._check_open()
        return model_rows.model_table(self._database)

    @property
    def current_model(self) -> str | None:
        """The model whose predictions are shown and exported."""
        self._check_open()
        row = self._database.row("SELECT value FROM meta WHERE key = 'current_model'")
        return None if row is None else str(json.loads(row[0]))

    @current_model.setter
    def current_model(self, name: str | None) -> None:
        with self._writing(), self._database.transaction():
            if name is None:
                self._database.run("DELETE FROM meta WHERE key = 'current_model'")
                return
            if self._database.row("SELECT 1 FROM models WHERE name = ?", (name,)) is None:
                raise InputError(f"There is no model “{name}” in the library: choose another.")
            self._database.run(
                "INSERT OR REPLACE INTO meta VALUES ('current_model', ?)", (json.dumps(name),)
            )

    def set_predictions(
        self,
        model: str,
        particle_ids: Sequence[int] | NDArray[np.integer],
        *,
        probabilities: ArrayLike,
        class_ids: Sequence[int] | NDArray[np.integer],
        novelty: ArrayLike,
        angle_rad: ArrayLike,
        offset_px: ArrayLike,
        latents: ArrayLike,
    ) -> None:
        """Write what a model says about some particles; what it said about others stays.

        Parameters
        ----------
        model : str
        particle_ids : (N,) int
        probabilities : (N, K)
        class_ids : (K,) int
            The class of each column; the model's, in any order.
        novelty, angle_rad : (N,)
        offset_px : (N, 2)
            Row, column, in pixels of the patch.
        latents : (N, d)
        """
        with self._writing():
            said = PredictionColumns(
                particle_ids, class_ids, probabilities, novelty, angle_rad, offset_px, latents
            )
            model_rows.set_predictions(self._database, model, said)

    def predictions(
        self,
        model: str | None = None,
        *,
        stale: bool = False,
        particle_ids: Iterable[int] | None = None,
    ) -> pd.DataFrame:
        """Return what a model (the current one for None) says about the live particles.

        Parameters
        ----------
        model : str, optional
        stale : bool
            Include particles whose patch has changed since, by a new segmentation.
        particle_ids : iterable of int, optional
            Only these.

        Returns
        -------
        DataFrame
            Index particle_id; class_id (the most probable, perhaps removed since), probability,
            novelty, angle_deg, offset_y_px, offset_x_px, z_0..., p_<class_id>... The probability of a
            class that was merged into another since counts for the other.
        """
        self._check_open()
        with self._database.reading():
            name = self.current_model if model is None else model
            return model_rows.prediction_table(
                self._database, name, stale=stale, particle_ids=particle_ids
            )
