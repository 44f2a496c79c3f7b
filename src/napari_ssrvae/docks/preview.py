"""The live preview: what the settings would find in the visible part, drawn while they are changed."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.transforms import Affine
from qtpy.QtCore import QObject, Signal

from napari_ssrvae.docks.keeping import keep_from_editing
from napari_ssrvae.docks.latest import Latest
from napari_ssrvae.docks.places import put_in_place
from napari_ssrvae.docks.preview_work import (
    LookAt,
    PreviewResult,
    SegmentPart,
    compute,
    visible_region,
)
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import napari

    from napari_ssrvae.particles import SegmentationParameters

__all__ = ["Preview"]

# Seen on every grey, and not to be confused with the outlines of particles that were found.
COLOUR = (0.25, 0.9, 1.0, 1.0)
NOTHING = (0.0, 0.0, 0.0, 0.0)
NAME = "preview"


class Preview(QObject):
    """Draws the outlines that the settings give into one layer, and follows settings and view.

    It is on while a micrograph has no particles yet; once they are found it goes, and a change of the settings
    brings it back, unless the user switched it off.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly.
    image_layer : callable
        Gives the layer that shows a micrograph, None if it was deleted.
    own : callable
        A context in which layers come and go by the session's doing.
    on_new_layer : callable
        Called with the layer that is drawn in.
    held : callable
        Tells whether nothing is to be drawn now: while a model trains the particles stay as they are, so there is
        nothing to preview, and a new picture while torch is being loaded has crashed Mesa's software renderer.
    look_at, segment_part : callable, optional
        As `particles.look_at` and `particles.preview`, which they are by default.

    Attributes
    ----------
    switched : Signal
        It was switched on or off, by the user or by itself.
    drawn : Signal
        A `PreviewResult`, after it is in the picture.
    failed : Signal
        One sentence.
    """

    switched = Signal(bool)
    drawn = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        image_layer: Callable[[MicrographState | None], Image | None],
        own: Callable[[], AbstractContextManager[None]],
        on_new_layer: Callable[[Layer], None],
        held: Callable[[], bool],
        parent: QObject,
        *,
        look_at: LookAt | None = None,
        segment_part: SegmentPart | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._image_layer = image_layer
        self._own = own
        self._on_new_layer = on_new_layer
        self._held = held
        self._look_at, self._segment_part = look_at, segment_part
        self._parameters: SegmentationParameters | None = None
        self._looks: weakref.WeakKeyDictionary[MicrographState, tuple[Any, Any]] = (
            weakref.WeakKeyDictionary()
        )
        self._on = True
        self._muted = False
        self._blank = self._cleared = False
        self._layer: Labels | None = None
        self.result: PreviewResult | None = None
        self._latest = Latest(self)
        self._latest.done.connect(self._on_done)
        self._latest.failed.connect(self._on_failed)
        camera = viewer.scene.camera.events
        for event in (camera.zoom, camera.center, viewer.canvas.events.size):
            event.connect(self._on_view)
        session.current_changed.connect(self._on_current)
        session.particles_changed.connect(self._on_particles)

    # --- on and off ----------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Whether outlines follow settings and view."""
        return self._on

    @property
    def running(self) -> bool:
        """Whether something is being computed."""
        return self._latest.running

    @property
    def layer(self) -> Labels | None:
        """The layer with the outlines, None while there are none."""
        return None if self._cleared else self._layer

    @property
    def own_layer(self) -> Labels | None:
        """The layer that is drawn in, also while it is empty and hidden."""
        return self._layer

    def switch(self, on: bool) -> None:
        """Switch it on or off, as the user wants it from now on."""
        self._muted = not on
        self._set_on(on)

    def _set_on(self, on: bool) -> None:
        if on != self._on:
            self._on = on
            self.switched.emit(on)
        if on:
            self.update()
        else:
            self.clear()

    def set_parameters(self, parameters: SegmentationParameters, *, by_user: bool = True) -> None:
        """Preview these settings; a change by the user switches the preview on again."""
        self._parameters = parameters
        if by_user and not self._muted:
            self._set_on(True)
        else:
            self.update()

    def clear(self) -> None:
        """Take the outlines out of the picture and end what is under way.

        The layer stays, hidden, for the next outlines: layers that are taken out while others change in the same
        turn crash napari under Mesa's software renderer (napari 0.9.2).
        """
        self._latest.drop()
        self.result = None
        if self._layer is not None:
            self._cleared = True
            self._layer.visible = False

    def abandon(self) -> None:
        """End it for good: the window closes."""
        self._latest.drop()
        self._on = False

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted: without its layer the preview is off, without the picture it is empty."""
        if layer is self._layer:
            hidden, self._cleared = self._cleared, False
            self._layer = None
            if not hidden:
                self.switch(False)
        elif self._layer is not None and self._image_layer(self._session.current) is None:
            self.blank()

    def blank(self) -> None:
        """Show no outlines while there is no picture for them to lie on.

        The layer stays, hidden as it is: taken out together with the picture, or drawn anew without it, it crashes
        napari under Mesa's software renderer (napari 0.9.2).
        """
        self._latest.drop()
        self.result = None
        if self._layer is not None and self._layer.visible:
            self._layer.visible = False
            self._blank = True

    # --- what it follows -----------------------------------------------------------------------

    def _on_current(self) -> None:
        self.clear()
        state = self._session.current
        found = state is not None and state.labels is not None
        self._set_on(not found and not self._muted)

    def _on_particles(self, state: MicrographState, *_: object) -> None:
        if state is self._session.current:
            self._on_current()

    def calibrate(self) -> None:
        """Move with the picture to its new scale; the data bar may have changed as well."""
        state = self._session.current
        if self._layer is not None and self.result is not None and self._image_layer(state):
            assert state is not None
            put_in_place(self._layer, self._place(state, self.result.region, self.result.step))
        self.update()

    def _on_view(self, *_: object) -> None:
        self.update()

    def update(self) -> None:
        """Ask for the outlines of what is in view now: at once perhaps coarse ones, then fine ones."""
        self._ask(quickly=True)

    def _ask(self, *, quickly: bool) -> None:
        state, parameters = self._session.current, self._parameters
        if not self._on or state is None or parameters is None or self._held():
            return
        part = self._in_view(state)
        if part is None:
            self.clear()
            return
        region, step = part
        look_at, segment_part = self._functions()
        micrograph = state.micrograph
        key = _key(state)
        looks = self._looks

        def work() -> tuple[Any, ...]:
            # Asked for when the work begins: the request before this one may just have made the look.
            known, look = looks.get(state, (None, None))
            look = look if known == key else None
            found = compute(
                micrograph, parameters, region, step, look, look_at, segment_part, quickly=quickly
            )
            # Kept at once, even if nobody wants these outlines any more: a look is dear and will serve again.
            looks[state] = key, found.look
            return state, key, found

        self._latest.ask(work)

    def _functions(self) -> tuple[LookAt, SegmentPart]:
        if self._look_at is None or self._segment_part is None:
            from napari_ssrvae import particles

            return particles.look_at, particles.preview
        return self._look_at, self._segment_part

    def _in_view(self, state: MicrographState) -> tuple[tuple[slice, slice], int] | None:
        viewer, layer = self._viewer(), self._image_layer(state)
        if viewer is None or layer is None or viewer.dims.ndisplay != 2:
            return None
        camera, dims = viewer.scene.camera, viewer.dims
        half = np.asarray(viewer.canvas.size, float) / camera.zoom / 2
        corners = np.tile(np.asarray(dims.point, float), (4, 1))
        centre = np.asarray(camera.center, float)[-2:]
        for row, signs in zip(corners, ((-1, -1), (-1, 1), (1, -1), (1, 1)), strict=True):
            row[list(dims.displayed)] = centre + half * signs
        return visible_region(layer, corners, state.micrograph.image.shape)

    def _place(
        self, state: MicrographState, region: tuple[slice, slice], step: int
    ) -> dict[str, Any]:
        """Return where the blocks of a region lie: scale, place of the middle of the first, turn."""
        image = self._image_layer(state)
        assert image is not None
        flat = image.ndim == 2
        turned = {"rotate": image.rotate, "shear": image.shear} if flat else {}
        scale = np.asarray(image.scale[-2:], float)
        to_world = Affine(scale=scale, translate=image.translate[-2:], **turned)
        middle = np.array([region[0].start, region[1].start]) + (step - 1) / 2
        place = {
            "scale": scale * step,
            "translate": np.asarray(to_world(middle)),
            "units": tuple(map(str, image.units[-2:])),
            **turned,
        }
        if flat:
            place["affine"] = image.affine
        return place

    # --- what was found ------------------------------------------------------------------------

    def _on_done(self, answer: tuple[Any, ...]) -> None:
        state, key, result = answer
        current = self._session.current
        if current is None or state is not current or not self._on or self._held():
            return
        if self._image_layer(current) is None or key != _key(current):
            # Scale or data bar were corrected meanwhile; the request that came with that is answered next.
            return
        self.result = result
        # Where the picture is now: its scale may have been typed meanwhile.
        self._draw(result, self._place(current, result.region, result.step))
        self.drawn.emit(result)
        if result.finer and not self._latest.waiting:
            self._ask(quickly=False)

    def _on_failed(self, message: str) -> None:
        self.clear()
        self.failed.emit(message)

    def _draw(self, result: PreviewResult, place: dict[str, Any]) -> None:
        viewer = self._viewer()
        if viewer is None:
            return
        self._put(viewer, result, place)

    def _put(self, viewer: napari.Viewer, result: PreviewResult, place: dict[str, Any]) -> None:
        if self._layer is None:
            active = viewer.layers.selection.active
            colours = DirectLabelColormap(color_dict={None: COLOUR, 0: NOTHING})
            with self._own():
                self._layer = viewer.add_labels(
                    result.outlines, name=NAME, colormap=colours, **place
                )
                self._on_new_layer(self._layer)
                keep_from_editing(self._layer)
                if active is not None and active in viewer.layers:
                    viewer.layers.selection.active = active
            return
        layer = self._layer
        blank, self._blank, self._cleared = self._blank or self._cleared, False, False
        moved = not (
            np.allclose(layer.translate, place["translate"])
            and np.allclose(layer.scale, place["scale"])
        )
        shown = layer.visible
        if moved and shown:
            # While it is hidden nothing that is set draws anything: it is drawn once, at the end.
            layer.visible = False
        put_in_place(layer, place)
        layer.data = result.outlines
        if blank or (moved and shown):
            layer.visible = True


def _key(state: MicrographState) -> tuple[Any, ...]:
    """Return what a look at a micrograph depends on beside the settings."""
    return state.micrograph.data_bar, state.micrograph.pixel_size_nm
