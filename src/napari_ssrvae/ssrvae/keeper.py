"""When the state of a fit is written to its checkpoint, and what is done when it cannot be."""

from __future__ import annotations

import time
from contextlib import suppress

from torch import Tensor

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import progress
from napari_ssrvae.ssrvae.events import FitNotice
from napari_ssrvae.ssrvae.training import Fit, FitNumbers

__all__ = ["Keeper"]

_KEEP_FIRST, _KEEP_EVERY = 1.0, 5.0
"""Seconds until the first checkpoint of a fit, and between two."""


class Keeper:
    """Keeps the checkpoint of one fit.

    Parameters
    ----------
    fit : Fit
    of : str or None
        What identifies the fit; None for one that is not worth a checkpoint.
    checkpoint : Checkpoint or None

    Raises
    ------
    InputError
        There is something else in its place.
    """

    def __init__(self, fit: Fit, of: str | None, checkpoint: progress.Checkpoint | None) -> None:
        self._fit, self._of = fit, of or ""
        self._place = checkpoint if of is not None else None
        self._due = time.monotonic() + _KEEP_FIRST
        if self._place is not None:
            progress.check(self._place.folder, self._place.beside)

    def read(self) -> tuple[dict[str, Tensor], FitNumbers] | None:
        """Return where the fit was broken off, None if it begins.

        Raises
        ------
        InputError
            It begins, and that was not asked for.
        """
        if self._place is None:
            return None
        kept = progress.read(self._place.folder, self._of)
        if kept is None and self._place.must_go_on:
            raise InputError(
                "This training cannot go on: its checkpoint is damaged, or particles, device or version "
                "have changed since; discard it and train again."
            )
        return kept

    def keep_now_and_then(self) -> FitNotice | None:
        """Write the state if it is time to; say so if that is not possible any more."""
        if self._place is None or not self._worth_it() or time.monotonic() < self._due:
            return None
        try:
            self._write()
        except InputError as error:
            # A full disk is no reason to lose the training.
            self._place = None
            return FitNotice(f"Training goes on without checkpoints: {error}")
        return None

    def keep(self) -> None:
        """Write the state now, as far as that is possible."""
        if self._place is not None and self._worth_it():
            with suppress(InputError):
                self._write()

    def end(self) -> None:
        """Remove the checkpoint, or leave it as the fit ended."""
        if self._place is None:
            return
        if self._place.stays:
            self.keep()
        else:
            progress.forget(self._place.folder, self._place.beside)

    def _worth_it(self) -> bool:
        return self._fit.begun and self._fit.numbers.steps_done > 0

    def _write(self) -> None:
        assert self._place is not None
        progress.write(self._place.folder, self._fit, self._of, self._place.beside)
        self._due = time.monotonic() + _KEEP_EVERY
