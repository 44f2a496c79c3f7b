"""Traversals and manifolds of the model as image layers beside the micrograph, at the micrograph's own scale."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Layer
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_ssrvae.docks.exploring import Explorer
from napari_ssrvae.docks.latest import Latest
from napari_ssrvae.docks.places import put_in_place
from napari_ssrvae.session import Session
from napari_ssrvae.workflow.decoding import Decoder, DecodingStopped, Tiles, prior_quantiles

if TYPE_CHECKING:
    import napari

__all__ = ["Kind", "Traversals"]

LEFT = 1
REST_MS = 60
"""Between two steps of bringing new layers: napari takes a tenth of a second to make one and half of that to draw it
the first time, and the window is to be alive meanwhile."""
# As far as a press may move and still be a click.
CLICK_SLACK_PX = 4


class Kind(Enum):
    """What a layer shows of a class."""

    TRAVERSALS = "traversal"
    """A row for each latent, the class as this latent goes through its prior."""
    MANIFOLDS = "manifold"
    """The class over two latents."""


class Traversals(QObject):
    """Up to two pictures per class; a click on a tile finds the particles that are most like it.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    session : Session
    explorer : Explorer
        Where a click on a tile leads to.
    held : callable
        Whether no layer may be made now, since a model trains.
    image : callable
        Gives the layer of the current micrograph.

    Attributes
    ----------
    changed : Signal
        Layers came or went, or others are wanted.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        explorer: Explorer,
        held: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._explorer = explorer
        self._held = held
        self._layers: dict[tuple[Kind, int], Image] = {}
        self._shown: set[tuple[Kind, int]] = set()
        self._wanted = {Kind.TRAVERSALS}
        self._manifolds: dict[int, Tiles] = {}
        self._manifolds_of: tuple[object, ...] = ()
        self._stopped = threading.Event()
        self._made = 0
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.setInterval(REST_MS)
        self._more.timeout.connect(self.changed)
        self._work = Latest(self)
        self._work.done.connect(self._on_manifolds)
        explorer.model_changed.connect(self._on_explorer)
        explorer.place_changed.connect(self._on_explorer)
        viewer.mouse_drag_callbacks.append(self.on_drag)
        self._take_double_clicks(viewer)

    # --- which are there -----------------------------------------------------------------------

    def layers(self) -> list[Image]:
        """Return the layers that are in the viewer, those hidden for another time as well."""
        return list(self._layers.values())

    def shown(self, kind: Kind | None = None) -> list[Image]:
        """Return those that show something, of one kind or of both."""
        return [
            layer
            for key, layer in self._layers.items()
            if key in self._shown and kind in (None, key[0])
        ]

    def wanted(self, kind: Kind) -> bool:
        """Whether layers of this kind are wanted beside the micrograph."""
        return kind in self._wanted

    def switch(self, kind: Kind, on: bool) -> None:
        """Want layers of this kind, or want them no more."""
        if on == self.wanted(kind):
            return
        (self._wanted.add if on else self._wanted.discard)(kind)
        if kind is Kind.MANIFOLDS:
            self._explorer.watch("layers", on)
            self._ask_manifolds()
        self.changed.emit()

    def draw_soon(self) -> None:
        """Have it drawn when what is under way now has been seen: making layers takes a while."""
        self._more.start()

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted."""
        for key in [k for k, drawn in self._layers.items() if drawn is layer]:
            del self._layers[key]
            self._shown.discard(key)

    def abandon(self) -> None:
        """Draw nothing any more: the window closes."""
        self._stopped.set()
        self._more.stop()
        self._work.drop()

    # --- manifolds -----------------------------------------------------------------------------

    def _on_explorer(self) -> None:
        if self.wanted(Kind.MANIFOLDS):
            self._ask_manifolds()

    def _ask_manifolds(self) -> None:
        """Have the manifolds of all classes drawn, unless they are there."""
        explorer, wanted = self._explorer, self.wanted(Kind.MANIFOLDS)
        decoder, axes, n = explorer.decoder, explorer.axes, explorer.n_tiles
        if decoder is None or not wanted or decoder.n_latents < 2:
            self._stopped.set()
            self._manifolds_of = ()
            if self._manifolds:
                self._manifolds = {}
                self.changed.emit()
            return
        of = (id(decoder), axes, n)
        if of == self._manifolds_of:
            return
        self._stopped.set()
        self._stopped = stopped = threading.Event()
        self._manifolds_of = of
        self._work.ask(lambda: _manifolds(decoder, axes, n, of, lambda: not stopped.is_set()))

    def _on_manifolds(self, found: tuple[dict[int, Tiles], tuple[object, ...]] | None) -> None:
        if found is not None and found[1] == self._manifolds_of:
            self._manifolds = found[0]
            self.changed.emit()

    # --- drawing -------------------------------------------------------------------------------

    def draw(self, image: Image | None) -> None:
        """Draw what is wanted to the right of this layer; of layers that are new one at a time."""
        self._made = 0
        viewer, session = self._viewer(), self._session
        if viewer is None:
            return
        # Without the micrograph there is nothing to be beside: whoever deleted it wants no pictures of it.
        pictures = {} if image is None else dict(self._pictures())
        # What is not needed now is hidden and kept for the next time: taking several layers out of napari between
        # two pictures crashes it under Mesa's software renderer (napari 0.9.2).
        for key, layer in self._layers.items():
            if key not in pictures and layer.visible:
                layer.visible = False
        state = session.current
        if not pictures or state is None or session.library is None:
            self._shown = set()
            return
        names = {c.class_id: c.name for c in session.classes}
        zoom = (session.library.window_px or 1) / (session.library.patch_size or 1)
        assert image is not None
        scale = np.asarray(image.scale, float)[-2:]
        origin = np.asarray(image.translate, float)[-2:]
        units = (str(image.units[-2]), str(image.units[-1]))
        height, width = state.micrograph.image.shape
        gap = max(4.0, 0.02 * height)
        column = float(width) + 2 * gap
        active = viewer.layers.selection.active
        shown = set()
        for kind in Kind:
            row, widest = 0.0, 0.0
            for (of_kind, class_id), picture in pictures.items():
                if of_kind is not kind:
                    continue
                if row and row + picture.shape[0] * zoom > height:
                    # Not farther down than the micrograph: beside.
                    row, widest, column = 0.0, 0.0, column + widest + gap
                place: dict[str, Any] = {
                    "scale": scale * zoom,
                    "translate": origin + scale * np.array([row, column]),
                    "units": units,
                }
                row += picture.shape[0] * zoom + gap
                widest = max(widest, picture.shape[1] * zoom)
                name = f"{kind.value} \u00b7 {names.get(class_id, class_id)}"
                if self._draw_one(viewer, (kind, class_id), picture, name, place):
                    shown.add((kind, class_id))
            column += widest + 2 * gap if widest else 0.0
        self._shown = shown
        if active is not None and active in viewer.layers:
            viewer.layers.selection.active = active

    def _pictures(self) -> Iterator[tuple[tuple[Kind, int], NDArray[np.float32]]]:
        """Yield what is wanted and there: kind and class, and the tiles as one picture."""
        if self.wanted(Kind.TRAVERSALS):
            for class_id, picture in self._session.traversals.items():
                yield (Kind.TRAVERSALS, class_id), picture
        for class_id, tiles in self._manifolds.items():
            n, _, size, _ = tiles.images.shape
            whole = tiles.images.swapaxes(1, 2).reshape(n * size, n * size)
            yield (Kind.MANIFOLDS, class_id), whole

    def _draw_one(
        self,
        viewer: napari.Viewer,
        key: tuple[Kind, int],
        picture: NDArray[np.float32],
        name: str,
        place: Mapping[str, Any],
    ) -> bool:
        """Draw one layer; False if it does not show anything yet."""
        known = self._layers.get(key)
        if known is None:
            if not self._held() and self._in_turn():
                # Hidden: making it and drawing it the first time are two waits instead of a long one.
                self._layers[key] = viewer.add_image(
                    picture, name=name, contrast_limits=(0, 1), visible=False, **place
                )
                self._more.start()
            return False
        if not np.array_equal(known.data, picture):
            known.data = picture
        if known.name != name:
            known.name = name
        put_in_place(known, dict(place))
        if key not in self._shown:
            if not self._in_turn():
                return False
            known.visible = True
        return True

    def _in_turn(self) -> bool:
        """Whether one more thing that takes a while may be done now; else it is done in a moment."""
        if self._made:
            self._more.start()
            return False
        self._made += 1
        return True

    # --- clicks --------------------------------------------------------------------------------

    def tile_at(self, position: tuple[float, ...]) -> tuple[int, NDArray[np.float32]] | None:
        """Return class id and latents (d,) of the tile at a position in the world, None beside all tiles."""
        for (kind, class_id), layer in self._layers.items():
            if (kind, class_id) not in self._shown or not layer.visible:
                continue
            at = np.asarray(layer.world_to_data(position), float)[-2:] + 0.5
            shape = np.array(layer.data.shape)
            if (at < 0).any() or (at >= shape).any():
                continue
            z = self._latents_at(kind, class_id, at, shape)
            if z is not None:
                return class_id, z
        return None

    def _latents_at(
        self, kind: Kind, class_id: int, at: NDArray[np.float64], shape: NDArray[np.int64]
    ) -> NDArray[np.float32] | None:
        if kind is Kind.MANIFOLDS:
            tiles = self._manifolds.get(class_id)
            if tiles is None:
                return None
            row, column = (at / tiles.images.shape[-1]).astype(int)
            return np.asarray(tiles.z[row, column])
        # A row of square tiles for each latent, as training drew them.
        d = self._explorer.n_latents or self._session.catalogue.latents.shape[1]
        if d < 1 or shape[0] % d:
            return None
        size = shape[0] // d
        row, column = (at / size).astype(int)
        z = np.zeros(d, np.float32)
        z[row] = prior_quantiles(int(shape[1] // size))[column]
        return z

    def on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        """Find the particles most like a tile that is clicked; a press that moves is napari's pan."""
        tile = self._clicked(viewer, event)
        if tile is None:
            return
        start = np.asarray(event.pos, float)
        yield
        while event.type == "mouse_move":
            yield
        if np.abs(np.asarray(event.pos, float) - start).max() <= CLICK_SLACK_PX:
            self._explorer.go_to(*tile)

    def _clicked(self, viewer: napari.Viewer, event: Any) -> tuple[int, NDArray[np.float32]] | None:
        active = viewer.layers.selection.active
        free = active is None or str(active.mode) in ("pan_zoom", "transform")
        if event.button != LEFT or event.modifiers or not free:
            return None
        return self.tile_at(tuple(event.position))

    def _take_double_clicks(self, viewer: napari.Viewer) -> None:
        """Bring the particle most like a tile into view; beside the tiles it is as before."""
        before = list(viewer.mouse_double_click_callbacks)
        me = weakref.ref(self)

        def on_double_click(viewer: Any, event: Any) -> None:
            mine = me()
            tile = None if mine is None else mine._clicked(viewer, event)
            if mine is not None and tile is not None:
                mine._explorer.go_to(*tile, jump=True)
                return
            for callback in before:
                callback(viewer, event)

        viewer.mouse_double_click_callbacks[:] = [on_double_click]


def _manifolds(
    decoder: Decoder,
    axes: tuple[int, int],
    n: int,
    of: tuple[object, ...],
    wanted: Callable[[], bool],
) -> tuple[dict[int, Tiles], tuple[object, ...]] | None:
    try:
        return {i: decoder.manifold(i, n, axes, wanted=wanted) for i in decoder.class_ids}, of
    except DecodingStopped:
        return None
