"""Thumbnails read a few at a time, between two frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari_ssrvae.docks.gallery.model import GalleryModel
    from napari_ssrvae.docks.gallery.thumbnails import Thumbnails

__all__ = ["Loader"]

# How long patches may be read before the window is looked after again.
LOAD_MS = 10.0
LOAD_AT_ONCE = 24
# Screens beyond what is seen, read ahead while nothing else is to be done.
AHEAD = 1.0


class Loader(QObject):
    """Reads the thumbnails in view, then those a screen ahead, on the main thread: the library lives there.

    Parameters
    ----------
    thumbnails : Thumbnails
    model : GalleryModel
    in_view : callable
        Gives the places that are seen, and those so many screens beyond.
    view : QWidget
        Nothing is read while it is hidden.

    Attributes
    ----------
    came : Signal
        Places whose thumbnails are there now, a list of int, rising.
    loaded : Signal
        All in view are there.
    problem : Signal
        One sentence: why patches cannot be read.
    """

    came = Signal(list)
    loaded = Signal()
    problem = Signal(str)

    def __init__(
        self,
        thumbnails: Thumbnails,
        model: GalleryModel,
        in_view: Callable[[float], range],
        view: QWidget,
    ) -> None:
        super().__init__(view)
        self._thumbnails = thumbnails
        self._model = model
        self._in_view = in_view
        self._view = view
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._load)

    def start(self) -> None:
        """Read what is missing as soon as the window has nothing else to do."""
        if not self._soon.isActive():
            self._soon.start()

    def missing(self, places: range) -> list[int]:
        """Return those of these places that have no thumbnail yet."""
        ids = self._model.ids[places.start : places.stop].tolist()
        kept = self._thumbnails
        return [place for place, i in zip(places, ids, strict=True) if i not in kept]

    def _load(self) -> None:
        if not self._view.isVisible():
            return
        until = time.perf_counter() + LOAD_MS / 1000
        missing = self.missing(self._in_view(0.0))
        ahead = not missing
        if ahead:
            wanted = self._in_view(AHEAD)
            room = 2 * len(wanted) < self._thumbnails.most
            missing = self.missing(wanted) if room else []
        done = 0
        while done < len(missing) and time.perf_counter() < until:
            part = np.asarray(missing[done : done + LOAD_AT_ONCE], np.int64)
            page = self._model.at(part)
            self._thumbnails.load(page.ids, page.angle_rad, page.offset_px)
            done += len(part)
        if self._thumbnails.problem:
            self.problem.emit(self._thumbnails.problem)
        if done and not ahead:
            self.came.emit(missing[:done])
            if done == len(missing):
                self.loaded.emit()
        if missing:
            self._soon.start()
