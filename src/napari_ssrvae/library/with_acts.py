"""What a user does to a library, and what comes of it: acts, classes, labels."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from napari_ssrvae.library import particle_tables
from napari_ssrvae.library.acts import Act, ActResult
from napari_ssrvae.library.check_rows import check_table
from napari_ssrvae.library.class_rows import class_list, merged_classes
from napari_ssrvae.library.classes import ParticleClass
from napari_ssrvae.library.open_library import OpenLibrary

__all__ = ["WithActs"]


class WithActs(OpenLibrary):
    """The part of a `ParticleLibrary` that knows acts, classes and labels."""

    def do(self, act: Act) -> ActResult:
        """Do what a user wants: it is committed, with its inverse, when this returns.

        If it cannot be written, it is done in memory (`unsaved`).

        Raises
        ------
        InputError
            The act is not possible, or the library takes no acts; nothing was changed.
        """
        return self._acting(lambda: self._history.do(act))

    def undo(self) -> ActResult | None:
        """Take the last act back; None if there is none."""
        return self._acting(self._history.undo)

    def redo(self) -> ActResult | None:
        """Do again what was undone last; None if there is nothing."""
        return self._acting(self._history.redo)

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
        return self._history.undo_text() if self.takes_acts else None

    @property
    def redo_text(self) -> str | None:
        """What `redo` would do again; None if nothing."""
        self._check_open()
        return self._history.redo_text() if self.takes_acts else None

    def classes(self) -> list[ParticleClass]:
        """Return the classes in their order; the reserved one, "none of these", is the last."""
        self._check_open()
        return class_list(self._database)

    def labels(self, *, particle_ids: Iterable[int] | None = None) -> pd.Series:
        """Return the hand labels of live particles, or of some: particle_id -> class_id, only labelled ones."""
        self._check_open()
        return particle_tables.label_series(self._database, particle_ids)

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

    def classes_now(self, class_ids: list[int]) -> list[int]:
        """Return what each class counts as: itself, or the one that it was merged into since."""
        self._check_open()
        return merged_classes(self._database, class_ids)

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
