"""The particle library: one folder, one object."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import micrograph_rows, model_rows, particle_rows, particle_tables
from napari_ssrvae.library.acts import Act, ActResult
from napari_ssrvae.library.arrays import ArrayFiles
from napari_ssrvae.library.backup import sweep_backup_drafts
from napari_ssrvae.library.check_rows import check_table
from napari_ssrvae.library.class_rows import class_list
from napari_ssrvae.library.classes import DEFAULT_CLASS_NAMES, ParticleClass
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.folder import (
    DATABASE,
    is_writable,
    library_folder,
    make_library_folder,
)
from napari_ssrvae.library.history import History
from napari_ssrvae.library.lock import WriteLock
from napari_ssrvae.library.names import checked_file_name
from napari_ssrvae.library.particle_change import ParticleChange

if TYPE_CHECKING:
    from napari_ssrvae.micrographs import Micrograph
    from napari_ssrvae.particles import Patches

__all__ = ["ParticleLibrary"]


class ParticleLibrary:
    """Particles of many micrographs with patches, labels, models and predictions, on disk.

    Made with `create` or `open`. Everything that returns has been committed: a program killed
    right after loses nothing. One program at a time may write; others see it read-only. Methods
    may be called from any thread.

    Attributes
    ----------
    folder : Path
        Where the library is.
    read_only : bool
        Whether acts are refused.
    read_only_reason : str or None
        Why, in words.

    Examples
    --------
    >>> with ParticleLibrary.create("gold.library") as library:  # doctest: +SKIP
    ...     number = library.add_micrograph(read_micrograph("gold.tif"))
    ...     library.do(AddClass("rod"))
    """

    def __init__(self, folder: Path, database: Database, lock: WriteLock, reason: str | None):
        self.folder = folder
        self.read_only_reason = reason
        self._database = database
        self._lock = lock
        self._files = ArrayFiles(folder)
        self._history = History(database)
        self._closed = False

    # Making, opening, closing

    @classmethod
    def create(
        cls, folder: str | Path, *, class_names: Sequence[str] = DEFAULT_CLASS_NAMES
    ) -> Self:
        """Make a new library in a folder that is empty or not there yet, and open it.

        Raises
        ------
        InputError
            The folder holds something or must not be written to, or a class name is bad.
            Nothing was touched then.
        """
        return cls.open(make_library_folder(Path(folder), class_names))

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False) -> Self:
        """Open a library.

        If another program or window has it open for writing, or the folder must not be written
        to, it is opened read-only and `read_only_reason` says why.

        Raises
        ------
        InputError
            There is no library, it is damaged, or a newer version made it.

        Notes
        -----
        One that an earlier version made is brought up to date, after a copy of its database was
        put beside it (`library.schema1.sqlite`); opened read-only it stays as it is.
        """
        folder = library_folder(Path(folder))
        reason = "it was opened for reading only" if read_only else None
        writable = is_writable(folder)
        lock = WriteLock(folder / "library.lock")
        if reason is None and not writable:
            reason = "its folder must not be written to"
        if reason is None:
            try:
                if not lock.acquire():
                    reason = "another program or window has it open for writing"
            except OSError as error:
                reason = f"it cannot be locked for writing ({error})"
        try:
            database = Database(
                folder / DATABASE, read_only=reason is not None, writable_folder=writable
            )
        except BaseException:
            lock.release()
            raise
        library = cls(folder, database, lock, reason)
        if reason is None:
            library._tidy()
        return library

    def close(self) -> None:
        """Give the library back; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self._database.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "read-only" if self.read_only else "open"
        return f"ParticleLibrary({str(self.folder)!r}, {state})"

    @property
    def read_only(self) -> bool:
        """Whether acts are refused."""
        return self.read_only_reason is not None

    # Micrographs

    def add_micrograph(self, micrograph: Micrograph) -> int:
        """Note a micrograph and return its number; the same picture again has the same number.

        Its pixels are not stored, only their SHA-256, the path as information, and what the
        reader knew.
        """
        self._check_writable()
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
        self._check_writable()
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
        self._check_writable()
        micrograph_rows.set_data_bar(self._database, int(micrograph_id), rows)

    # Particles

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
        self._check_writable()
        with self._database.exclusively():
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

    # Acts

    def do(self, act: Act) -> ActResult:
        """Do what a user wants: it is committed, with its inverse, when this returns.

        Raises
        ------
        InputError
            The act is not possible, or the library is read-only; nothing was changed.
        """
        self._check_writable()
        return self._history.do(act)

    def undo(self) -> ActResult | None:
        """Take the last act back; None if there is none."""
        self._check_writable()
        return self._history.undo()

    def redo(self) -> ActResult | None:
        """Do again what was undone last; None if there is nothing."""
        self._check_writable()
        return self._history.redo()

    @property
    def can_undo(self) -> bool:
        """Whether there is an act to take back."""
        return self.undo_text is not None

    @property
    def can_redo(self) -> bool:
        """Whether there is an act to do again."""
        return self.redo_text is not None

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back, e.g. "label 12 particles as dimer"; None if nothing."""
        self._check_open()
        return None if self.read_only else self._history.undo_text()

    @property
    def redo_text(self) -> str | None:
        """What `redo` would do again; None if nothing."""
        self._check_open()
        return None if self.read_only else self._history.redo_text()

    def classes(self) -> list[ParticleClass]:
        """Return the classes in their order; the reserved one, "none of these", is the last."""
        self._check_open()
        return class_list(self._database)

    def labels(self) -> pd.Series:
        """Return the hand labels of live particles: particle_id -> class_id, only labelled ones."""
        self._check_open()
        return particle_tables.label_series(self._database)

    def label_counts(self) -> dict[int, int]:
        """Live particles with each hand label: class_id -> count, 0 included."""
        self._check_open()
        rows = self._database.rows(
            "SELECT class_id, count(*) FROM labels JOIN particles USING (particle_id) "
            "WHERE retired = 0 GROUP BY class_id"
        )
        counted: dict[int, int] = dict(rows)
        return {c.class_id: counted.get(c.class_id, 0) for c in self.classes()}

    def class_names_ever(self) -> dict[int, str]:
        """Return the last name of every class that ever was, removed ones too: class_id -> name."""
        self._check_open()
        return dict(self._database.rows("SELECT class_id, name FROM classes"))

    def checks(self, model: str | None = None) -> pd.DataFrame:
        """Return the answers to particles that were picked at random to judge a model.

        Parameters
        ----------
        model : str, optional
            Only answers that judge this one.

        Returns
        -------
        DataFrame
            Index particle_id; model, predicted (class id when it was asked), answer (class id of the
            hand label now), right. Only answers whose act is done and whose particle has a hand label.

        See Also
        --------
        AssignClass : `check` makes a label such an answer.
        """
        self._check_open()
        with self._database.reading():
            return check_table(self._database, model)

    # Models

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
    ) -> None:
        """Note a model whose files are in `model_folder(name)`, and make it the current one.

        One of the same name is replaced, and its predictions go.
        """
        self._check_writable()
        model_rows.add_model(
            self._database,
            checked_file_name(name, "model"),
            parameters=parameters,
            seed=seed,
            class_ids=class_ids,
            n_labels=n_labels,
            versions=versions,
            metrics=metrics,
        )

    def remove_model(self, name: str) -> None:
        """Remove a model, its predictions and its files."""
        self._check_writable()
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
        self._check_writable()
        with self._database.transaction():
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
        self._check_writable()
        model_rows.set_predictions(
            self._database,
            model,
            particle_ids,
            probabilities=probabilities,
            class_ids=class_ids,
            novelty=novelty,
            angle_rad=angle_rad,
            offset_px=offset_px,
            latents=latents,
        )

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

    def summary(self) -> dict[str, Any]:
        """Return the counts for a command line: micrographs, particles, classes, models."""
        with self._database.reading():
            by_hand = self.label_counts()
            predicted = self.predictions()["class_id"].value_counts().to_dict()
            (n_particles, n_retired) = self._database.row(
                "SELECT count(*) FILTER (WHERE retired = 0), "
                "count(*) FILTER (WHERE retired IN (1, 2)) FROM particles"
            ) or (0, 0)
            return {
                "folder": str(self.folder),
                "read_only": self.read_only,
                "micrographs": len(self.micrographs()),
                "particles": n_particles,
                "retired": n_retired,
                "labelled": sum(by_hand.values()),
                "classes": [
                    {
                        "class_id": c.class_id,
                        "name": c.name,
                        "colour": c.colour,
                        "by_hand": by_hand[c.class_id],
                        "by_model": int(predicted.get(c.class_id, 0)),
                    }
                    for c in self.classes()
                ],
                "models": list(self.models().index),
                "current_model": self.current_model,
            }

    # Within

    def _first(self, column: str) -> int | None:
        self._check_open()
        row = self._database.row(
            f"SELECT {column} FROM micrographs WHERE {column} IS NOT NULL ORDER BY micrograph_id"
        )
        return None if row is None else int(row[0])

    def _check_open(self) -> None:
        if self._closed:
            raise InputError(f"The library {self.folder} is closed: open it again.")

    def _check_writable(self) -> None:
        self._check_open()
        if self.read_only:
            raise InputError(
                f"The library {self.folder} is read-only because {self.read_only_reason}: "
                "change that and open it again."
            )

    def _tidy(self) -> None:
        """After a kill there may be files that nothing points at."""
        for name in ("masks", "patches", "models"):
            (self.folder / name).mkdir(exist_ok=True)
        sweep_backup_drafts(self.folder)
        self._sweep()

    def _sweep(self) -> None:
        rows = self._database.rows("SELECT micrograph_id, revision FROM micrographs")
        self._files.sweep(dict(rows))
