"""The particle library: one folder, one object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from napari_ssrvae.library.classes import DEFAULT_CLASS_NAMES
from napari_ssrvae.library.database import Database
from napari_ssrvae.library.folder import (
    DATABASE,
    is_writable,
    library_folder,
    make_library_folder,
)
from napari_ssrvae.library.lock import WriteLock
from napari_ssrvae.library.with_acts import WithActs
from napari_ssrvae.library.with_micrographs import WithMicrographs
from napari_ssrvae.library.with_models import WithModels
from napari_ssrvae.library.with_particles import WithParticles

__all__ = ["ParticleLibrary"]


class ParticleLibrary(WithMicrographs, WithParticles, WithActs, WithModels):
    """Particles of many micrographs with patches, labels, models and predictions, on disk.

    Made with `create` or `open`. Everything that returns has been committed: a program killed
    right after loses nothing. Only where the disk does not let it, acts are done in memory, and `unsaved`
    says so. One program at a time may write; others see it read-only. Methods may be called from any
    thread.

    Attributes
    ----------
    folder : Path
        Where the library is.
    read_only : bool
        Whether its files must not be written.
    read_only_reason : str or None
        Why, in words.
    takes_acts : bool
        Whether acts are done: also where the folder must not be written to, in memory then (`unsaved`).

    Examples
    --------
    >>> with ParticleLibrary.create("gold.library") as library:  # doctest: +SKIP
    ...     number = library.add_micrograph(read_micrograph("gold.tif"))
    ...     library.do(AddClass("rod"))
    """

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
        to, it is opened read-only and `read_only_reason` says why. In such a folder acts are done in memory
        and saved when it can be written to later and nobody else has changed the library.

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
        takes_acts = reason is None
        if reason is None and not writable:
            reason = "its folder must not be written to"
        if reason is None:
            try:
                if not lock.acquire():
                    takes_acts = False
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
        return cls(folder, database, lock, reason, takes_acts=takes_acts)

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
