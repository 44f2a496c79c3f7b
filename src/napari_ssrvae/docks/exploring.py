"""Where one is in the latents of the model that is shown, and what lies there: seen by dock and layers alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_ssrvae.docks.later import Later
from napari_ssrvae.docks.latest import Latest
from napari_ssrvae.session import Session
from napari_ssrvae.workflow.decoding import Decoder, DecodingStopped, Tiles, nearest_particles

__all__ = ["REACH", "STRIP", "Explorer"]

REACH = 3.0
"""As far as sliders go: of the prior N(0, 1), 0.997 lies within."""
STRIP = REACH * (np.arange(9) - 4) / 4.5
"""Values of a latent along its strip: the middles of nine equal parts of the slider."""
TILES, NEAREST = 9, 8
# Of a slider that moves, the particles nearest to it are looked for when it rests.
REST_MS = 120
# Pictures are cut out this much wider than what is drawn in them.
ROOM = 1.15


@dataclass(frozen=True, eq=False)
class _Read:
    """A decoder, what it was read from, and how much of the rim of each class's pictures is cut off."""

    decoder: Decoder
    model: tuple[object, ...]
    crops: dict[int, int]


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Tiles of a decoder; None where those from before still hold."""

    decoder: Decoder
    strips: list[Tiles]
    manifold: Tiles | None
    axes: tuple[int, int] | None
    of: tuple[object, ...]


class Explorer(QObject):
    """One per viewer: the decoder, the place in its latents, tiles around it, the particles nearest to it.

    It follows the session while somebody watches, and reads, draws and searches nothing else.

    Attributes
    ----------
    decoder : Decoder or None
        Of the model that is shown, once it is read.
    loading : bool
        It is being read.
    problem : str
        Why there is none, in a sentence, if that is not for want of a model.
    class_id : int
        0 without a model.
    z : (d,) float32
        Not to be written to.
    angle_rad : float
        Counter-clockwise on the screen.
    axes, manifold_axes : (int, int)
        The latents chosen for the manifold, from row to row and from column to column; those of the one that is there.
    n_tiles, n_nearest : int
        Tiles along an edge of the manifold; how many particles are searched.
    strips : list of Tiles
        For each latent (9, S, S): the class as it changes and the others stay where they are.
    manifold : Tiles or None
        (n, n, S, S); None with fewer than two latents.
    nearest : (m,) int64
        The particles of the class nearest to the place, the nearest first.
    model_changed, place_changed, tiles_changed, nearest_changed : Signal
    message : Signal
        What was found, in a sentence.
    """

    model_changed = Signal()
    place_changed = Signal()
    tiles_changed = Signal()
    nearest_changed = Signal()
    message = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._watchers: set[str] = set()
        self._model: tuple[object, ...] | None = None
        self._wanted = threading.Event()
        self._manifold_of: tuple[object, ...] = ()
        self._asked_of: tuple[object, ...] = ()
        self.decoder: Decoder | None = None
        self.loading, self.problem = False, ""
        self.class_id, self.angle_rad = 0, 0.0
        self.z: NDArray[np.float32] = np.zeros(0, np.float32)
        self.axes = self.manifold_axes = (0, 1)
        self.n_tiles, self.n_nearest = TILES, NEAREST
        self._crops: dict[int, int] = {}
        self.strips: list[Tiles] = []
        self.manifold: Tiles | None = None
        self.nearest: NDArray[np.int64] = np.zeros(0, np.int64)
        self._reading = Latest(self)
        self._reading.done.connect(self._on_read)
        self._reading.failed.connect(self._on_unreadable)
        self._drawing = Latest(self)
        self._drawing.done.connect(self._on_drawn)
        self._drawing.failed.connect(self.message)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.look_around)
        self._later = Later(self._follow, self)
        self._draw_later = Later(self._draw, self)
        for signal in (
            session.library_changed,
            session.predictions_changed,
            session.traversals_changed,
            session.classes_changed,
            session.catalogue_changed,
        ):
            signal.connect(self._on_session)

    # --- who looks -----------------------------------------------------------------------------

    def watch(self, who: str, on: bool) -> None:
        """Follow the session for somebody, or no more."""
        if on:
            self._watchers.add(who)
            self._follow()
        else:
            self._watchers.discard(who)
            if not self._watchers:
                self._stop_drawing()

    def abandon(self) -> None:
        """Let go of everything: the window closes."""
        self._watchers.clear()
        self._reading.drop()
        self._stop_drawing()

    @property
    def busy(self) -> bool:
        """Whether something is being read or drawn, or is about to be."""
        return self._reading.running or self._drawing.running or self._rest.isActive()

    # --- the place -----------------------------------------------------------------------------

    @property
    def n_latents(self) -> int:
        """Number of latents, 0 without a model."""
        return 0 if self.decoder is None else self.decoder.n_latents

    def class_name(self, class_id: int) -> str:
        """Return what a class of the model is called now, or was when the model learned it."""
        for known in self._session.classes:
            if known.class_id == class_id:
                return known.name
        decoder = self.decoder
        if decoder is None or class_id not in decoder.class_ids:
            return ""
        return f"{decoder.class_names[decoder.class_ids.index(class_id)]} (no class any more)"

    def class_colour(self, class_id: int) -> str:
        """Return the colour of a class, grey of one that is not there any more."""
        colours = {c.class_id: c.colour for c in self._session.classes}
        return colours.get(class_id, "#808080")

    def picture(self) -> NDArray[np.float32] | None:
        """Return what the model expects at the place, (S, S) in [0, 1]; None without a model."""
        if self.decoder is None:
            return None
        return self.decoder.picture(self.class_id, self.z, self.angle_rad)

    def cut(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the middle of pictures (..., S, S), as much as the class needs: patches have wide rims."""
        crop = self._crops.get(self.class_id, 0)
        end = images.shape[-1] - crop
        return images[..., crop:end, crop:end]

    def choose_class(self, class_id: int) -> None:
        """Go to the same latents of another class."""
        self._go(class_id, self.z)

    def set_latent(self, latent: int, value: float) -> None:
        """Change one latent."""
        z = self.z.copy()
        z[latent] = value
        self._go(self.class_id, z)

    def set_angle(self, angle_rad: float) -> None:
        """Turn the picture."""
        if angle_rad != self.angle_rad:
            self.angle_rad = float(angle_rad)
            self.place_changed.emit()

    def to_middle(self) -> None:
        """Go to the middle of the prior, upright."""
        self.angle_rad = 0.0
        self._go(self.class_id, np.zeros_like(self.z), anyhow=True)

    def set_axes(self, first: int, second: int) -> None:
        """Let the manifold go over these two latents; where they are the same, the other one gives way."""
        if first == second:
            first, second = (
                (self.axes[1], second) if second == self.axes[0] else (first, self.axes[0])
            )
        if (first, second) != self.axes:
            self.axes = (first, second)
            self._tiles_are_others()

    def set_tiles(self, n: int) -> None:
        """Draw so many tiles along each edge of the manifold."""
        if n != self.n_tiles:
            self.n_tiles = n
            self._tiles_are_others()

    def set_nearest(self, n: int) -> None:
        """Look for so many particles."""
        if n != self.n_nearest:
            self.n_nearest = n
            self.look_around()

    def go_to(self, class_id: int, z: ArrayLike, *, jump: bool = False) -> None:
        """Go to a place, select the particles nearest to it, and bring the nearest into view if asked to."""
        self._go(class_id, np.asarray(z, np.float32))
        self.look_around()
        selection, found = self._session.selection, self.nearest
        if len(found):
            selection.select(found, int(found[0]))
            if jump:
                selection.jump(int(found[0]))
        else:
            selection.clear()
        self.message.emit(self._told(found))

    def look_around(self) -> None:
        """Look for the particles nearest to the place."""
        self._rest.stop()
        found = nearest_particles(
            self._session.catalogue, self.class_id, self.z, self.n_nearest if self.class_id else 0
        )
        if not np.array_equal(found, self.nearest):
            self.nearest = found
            self.nearest_changed.emit()

    def _told(self, found: NDArray[np.int64]) -> str:
        name, at = self.class_name(self.class_id), self.z_words()
        if not len(found):
            return f"{name}, {at}: no particle is of this class."
        few = (
            "the nearest particle is"
            if len(found) == 1
            else f"the {len(found)} nearest particles are"
        )
        return f"{name}, {at}: {few} selected."

    def z_words(self, z: NDArray[np.float32] | None = None) -> str:
        """Return latents in words: "z1 = +0.50, z2 = -1.20"."""
        z = self.z if z is None else z
        return ", ".join(f"z{i} = {value:+.2f}" for i, value in enumerate(z.tolist(), start=1))

    def _go(self, class_id: int, z: NDArray[np.float32], *, anyhow: bool = False) -> None:
        decoder = self.decoder
        if decoder is not None and (
            class_id not in decoder.class_ids or len(z) != decoder.n_latents
        ):
            return
        if not anyhow and class_id == self.class_id and np.array_equal(z, self.z):
            return
        self.class_id = class_id
        self.z = z.astype(np.float32)
        self.place_changed.emit()
        if self._watchers:
            self._draw_later.ask()
            self._rest.start()

    # --- the model -----------------------------------------------------------------------------

    def _on_session(self, *_: object) -> None:
        if self._watchers:
            self._later.ask()

    def _follow(self) -> None:
        """Read the model that is shown, if it is another one; look around anew, since particles may be others."""
        if not self._watchers:
            return
        name, library = self._session.library_model, self._session.library
        if name is None or library is None:
            if self._model is not None or self.decoder is not None:
                self._model = None
                self._reading.drop()
                self._take(None)
            return
        folder = library.model_folder(name)
        model = (str(folder), _stamp(folder))
        if model == self._model:
            self.look_around()
            self._draw_later.ask()
            return
        self._model = model
        class_ids = tuple(int(i) for i in library.models()["class_ids"][name])
        self.loading, self.problem = True, ""
        self._reading.ask(lambda: _read(folder, class_ids, model))
        self.model_changed.emit()

    def _on_read(self, read: _Read) -> None:
        if read.model == self._model:
            self._crops = read.crops
            self._take(read.decoder)

    def _on_unreadable(self, sentence: str) -> None:
        self._take(None, sentence)

    def _take(self, decoder: Decoder | None, problem: str = "") -> None:
        """Show another model; the place stays where it can."""
        self._stop_drawing()
        self.decoder, self.loading, self.problem = decoder, False, problem
        self.strips, self.manifold, self._manifold_of = [], None, ()
        d = self.n_latents
        if len(self.z) != d:
            self.z = np.zeros(d, np.float32)
        if max(self.axes) >= d:
            self.axes = (0, 1)
        if decoder is None:
            self.class_id = 0
        elif self.class_id not in decoder.class_ids:
            there = {c.class_id for c in self._session.classes}
            known = [i for i in decoder.class_ids if i in there]
            self.class_id = (known or list(decoder.class_ids))[0]
        self.model_changed.emit()
        self.place_changed.emit()
        self.tiles_changed.emit()
        self.look_around()
        self._draw_later.ask()

    # --- tiles ---------------------------------------------------------------------------------

    def _tiles_are_others(self) -> None:
        self.place_changed.emit()
        self._draw_later.ask()

    def _stop_drawing(self) -> None:
        self._wanted.set()
        self._asked_of = ()
        self._drawing.drop()

    def _draw(self) -> None:
        """Have the tiles drawn, those of the manifold only where the old ones do not hold any more."""
        decoder = self.decoder
        if decoder is None or not self._watchers:
            return
        others = self.z.copy()
        axes = self.axes if self.n_latents > 1 else None
        if axes is not None:
            others[list(axes)] = 0
        of = (id(decoder), self.class_id, axes, self.n_tiles, others.tobytes())
        if of != self._asked_of:
            # A manifold that nobody will see ends between two pictures; one that stays right is not begun again.
            self._wanted.set()
            self._wanted, self._asked_of = threading.Event(), of
        no_more, class_id, z, n = self._wanted, self.class_id, self.z, self.n_tiles

        def work() -> _Drawn | None:
            # Asked when it begins: the one before may have drawn the manifold meanwhile.
            wanted = None if of == self._manifold_of else axes
            return _drawn(decoder, class_id, z, wanted, n, of, lambda: not no_more.is_set())

        self._drawing.ask(work)

    def _on_drawn(self, drawn: _Drawn | None) -> None:
        if drawn is None or drawn.decoder is not self.decoder:
            return
        self.strips = drawn.strips
        if drawn.of != self._manifold_of:
            self.manifold, self._manifold_of = drawn.manifold, drawn.of
            self.manifold_axes = drawn.axes or (0, 1)
        self.tiles_changed.emit()


def _stamp(folder: Path) -> tuple[int, int]:
    """Return what changes when a model is written anew under its old name."""
    try:
        weights = (folder / "weights.safetensors").stat()
    except OSError:
        return (0, 0)
    return weights.st_mtime_ns, weights.st_size


def _read(folder: Path, class_ids: tuple[int, ...], model: tuple[object, ...]) -> _Read:
    decoder = Decoder.of_model(folder, class_ids)
    crops = {}
    for class_id in class_ids:
        # Also the first pictures, for which torch loads what it draws with: not when a slider moves.
        room = ROOM * decoder.reach(class_id)
        crops[class_id] = max(0, int(decoder.patch_size / 2 - room))
    return _Read(decoder, model, crops)


def _drawn(
    decoder: Decoder,
    class_id: int,
    z: NDArray[np.float32],
    axes: tuple[int, int] | None,
    n: int,
    of: tuple[object, ...],
    wanted: Callable[[], bool],
) -> _Drawn | None:
    try:
        strips = [
            decoder.traversal(class_id, latent, at=z, values=STRIP, wanted=wanted)
            for latent in range(decoder.n_latents)
        ]
        manifold = (
            None if axes is None else decoder.manifold(class_id, n, axes, at=z, wanted=wanted)
        )
    except DecodingStopped:
        return None
    return _Drawn(decoder, strips, manifold, axes, of)
