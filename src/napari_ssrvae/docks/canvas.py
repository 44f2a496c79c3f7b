"""A viewer and its session: which layer is which micrograph, and who hears of what.

One `Canvas` per viewer. Layers are views: each is known by identity, can be renamed, moved, duplicated
or deleted, and can be drawn again from the session at any time.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from qtpy.QtCore import QEvent, QObject, Signal

from napari_ssrvae.docks.commands import Commands
from napari_ssrvae.docks.drawing import Drawing
from napari_ssrvae.docks.hand import Hand
from napari_ssrvae.docks.preview import Preview
from napari_ssrvae.docks.runs import SegmentationRun, TrainingRun
from napari_ssrvae.docks.settings import libraries_folder
from napari_ssrvae.docks.sources import micrograph_of_layer, plane_of_layer
from napari_ssrvae.docks.strip import Strip, StripHandle
from napari_ssrvae.docks.tools import Tool, Tools
from napari_ssrvae.docks.traversals import Traversals
from napari_ssrvae.docks.units import as_if_nm
from napari_ssrvae.docks.view import View
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

    from napari_ssrvae.docks.readers import LayerData

__all__ = ["Canvas", "canvas_of", "current_canvas"]

_canvases: weakref.WeakKeyDictionary[Any, Canvas] = weakref.WeakKeyDictionary()


def canvas_of(viewer: napari.Viewer) -> Canvas:
    """Return the canvas, and with it the session, of a viewer; made at the first call.

    It lives exactly as long as the viewer, and no dock owns it.
    """
    viewer = getattr(viewer, "__wrapped__", viewer)
    canvas = _canvases.get(viewer)
    if canvas is None:
        canvas = _canvases[viewer] = Canvas(viewer, Session(libraries_folder()))
    return canvas


def current_canvas() -> Canvas | None:
    """Return the canvas of the window in front; None where none of our docks was opened in it."""
    import napari

    viewer = napari.current_viewer()
    return None if viewer is None else _canvases.get(getattr(viewer, "__wrapped__", viewer))


class Canvas(QObject):
    """Draws a session in a viewer and brings the viewer's doings to the session.

    Attributes
    ----------
    layers_changed : Signal
        Layers came or went, so choosers and "show again" must look anew.
    message : Signal
        One sentence for the user, from something done on the canvas.
    segmentation, training : SegmentationRun, TrainingRun
        The long work of this viewer.
    commands : Commands
        What keys and buttons do, wherever they are pressed.
    hand : Hand
        Mouse and keys that label.
    tools : Tools
        Strokes that correct the particles; while a tool is in the hand, clicks do not label.
    preview : Preview
        Outlines that follow the settings.
    """

    layers_changed = Signal()
    message = Signal(str)

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        super().__init__()
        # Weakly, and so the window: the registry holds a canvas as long as its viewer lives.
        self._viewer = weakref.ref(viewer)
        self._window: weakref.ref[QObject] | None = None
        self._drawings: dict[MicrographState, Drawing] = {}
        self._own_doing = 0
        self.session = session
        self.traversals = Traversals(viewer, session)
        self._view = View(viewer)
        self.segmentation = SegmentationRun(session, self)
        self.training = TrainingRun(session, self)
        self.commands = Commands(session, self)
        self.commands.message.connect(self.message)
        self.hand = Hand(session, self.particle_at, self)
        self.hand.message.connect(self.message)
        self.tools = Tools(
            viewer, session, self.image_layer, self.particle_at, self._own, self._busy, self
        )
        self.tools.chosen.connect(self._on_tool)
        self.hand.switched.connect(self._on_labelling)
        self._labelled_before = False
        self.preview = Preview(
            viewer, session, self.image_layer, self._own, self._bind, self._training, self
        )
        self._strips = StripHandle(self._strip_of_current, self._settle_data_bar)

        session.current_changed.connect(self._on_current)
        session.micrographs_changed.connect(self._on_micrographs)
        session.particles_changed.connect(self._on_particles)
        session.labels_changed.connect(self._on_labels)
        session.classes_changed.connect(self._on_classes)
        session.predictions_changed.connect(self._on_predictions)
        session.unsure_below_changed.connect(self._on_predictions)
        session.traversals_changed.connect(self._draw_traversals)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.selection.events.active.connect(self._on_active)
        viewer.dims.events.current_step.connect(self._on_step)
        viewer.mouse_drag_callbacks.append(self._strips.on_drag)
        viewer.mouse_drag_callbacks.append(self.tools.on_drag)
        viewer.mouse_drag_callbacks.append(self.hand.on_drag)
        viewer.mouse_move_callbacks.append(self._strips.on_move)
        self.hand.bind(viewer, viewer)
        self.tools.bind(viewer)

        layers = self.image_layers()
        active = viewer.layers.selection.active
        if active in layers or layers:
            self._try_adopt(active if active in layers else layers[-1])

    @property
    def viewer(self) -> napari.Viewer:
        """The viewer that is drawn in."""
        viewer = self._viewer()
        assert viewer is not None, "a canvas does not outlive its viewer"
        return viewer

    # --- which layer is what -------------------------------------------------------------------

    def image_layers(self) -> list[Image]:
        """Return the layers that can be worked on as micrographs."""
        drawn = set(map(id, self.traversals.layers()))
        images = (layer for layer in self.viewer.layers if isinstance(layer, Image))
        return [layer for layer in images if id(layer) not in drawn]

    def labels_layers(self) -> list[Labels]:
        """Return the Labels layers that the session did not draw: segmentations made elsewhere."""
        drawn = {id(layer) for drawing in self._drawings.values() for layer in drawing.layers()}
        drawn.add(id(self.preview.own_layer))
        labels = (layer for layer in self.viewer.layers if isinstance(layer, Labels))
        return [layer for layer in labels if id(layer) not in drawn]

    def image_layer(self, state: MicrographState | None) -> Image | None:
        """Return the layer that shows a micrograph, None if it was deleted."""
        drawing = self._drawings.get(state) if state is not None else None
        return drawing.image if drawing is not None else None

    def drawn_layer(self, state: MicrographState, role: str) -> Labels | None:
        """Return the layer that shows particles, classes or labels by hand, None if it was deleted."""
        drawing = self._drawings.get(state)
        return drawing.drawn.get(role) if drawing is not None else None

    def is_complete(self, state: MicrographState) -> bool:
        """Whether everything of a micrograph is in the viewer."""
        drawing = self._drawings.get(state)
        return drawing is not None and drawing.complete

    def particle_at(self, position: tuple[float, ...]) -> tuple[MicrographState, int] | None:
        """Return the current micrograph and the label id at a position in world coordinates, 0 = background.

        None if no micrograph with particles is in the viewer.
        """
        state = self.session.current
        drawing = self._drawings.get(state) if state is not None else None
        if state is None or drawing is None or state.labels is None:
            return None
        seen = [layer for layer in drawing.layers() if layer.visible]
        if not seen or self.viewer.dims.ndisplay != 2 or self.other_plane_in_view:
            return None
        # A multiscale layer's data coordinates are those of its finest level.
        at = np.asarray(seen[0].world_to_data(position), float)[-2:]
        return state, state.label_at(at[0], at[1])

    @property
    def other_plane_in_view(self) -> bool:
        """Whether the viewer shows another plane of the stack than the one that is worked on."""
        state = self.session.current
        drawing = self._drawings.get(state) if state is not None else None
        if drawing is None or drawing.image is None:
            return False
        return self._plane_in_view(drawing.image) != drawing.plane

    def _plane_in_view(self, layer: Image) -> tuple[int, ...]:
        return plane_of_layer(layer, tuple(self.viewer.dims.point))

    # --- micrographs ---------------------------------------------------------------------------

    def adopt(self, layer: Image) -> MicrographState:
        """Work on the picture of this layer.

        Raises
        ------
        InputError
            The picture is not one that particles can be found in.
        """
        plane = self._plane_in_view(layer)
        for known, shown in self._drawings.items():
            if shown.image is layer and shown.plane == plane:
                self.session.set_current(known)
                return known
        micrograph = micrograph_of_layer(layer, plane)
        state = self.session.add_micrograph(micrograph)
        drawing = self._drawings.get(state)
        if drawing is not None and drawing.image is not None:
            # The same picture opened again while its first layer is still there stays a plain picture.
            return state
        if drawing is None:
            drawing = self._drawings[state] = self._drawing(state, layer)
        drawing.attach(layer)
        drawing.plane = plane
        self._bind(layer)
        layer.events.data.connect(self._on_pixels_replaced)
        with self._own():
            drawing.draw()
            self._agree_on_units()
        for note in micrograph.notes:
            self.message.emit(f"{micrograph.name}: {note}.")
        self._on_current()
        self.preview.update()
        return state

    def _on_pixels_replaced(self, event: Any) -> None:
        """Let go of a layer that shows another picture now."""
        for drawing in self._drawings.values():
            drawing.forget(event.source)
        self.preview.forget(event.source)
        self.layers_changed.emit()

    def _drawing(self, state: MicrographState, image: Image | None) -> Drawing:
        return Drawing(self.viewer, self.session, state, image, self._bind)

    def _bind(self, layer: Layer) -> None:
        self.hand.bind(self.viewer, layer)
        self.tools.bind(layer)

    def _try_adopt(self, layer: Image) -> None:
        try:
            self.adopt(layer)
        except InputError as error:
            self.message.emit(str(error))

    def redraw(self, state: MicrographState) -> None:
        """Draw again what was deleted from the viewer."""
        if state not in self._drawings:
            self._drawings[state] = self._drawing(state, None)
        with self._own():
            self._drawings[state].draw()
            self._agree_on_units()
            self._show_current_only()
        self._draw_traversals()
        self.preview.update()

    def open_micrographs(self) -> list[str]:
        """Open the library's micrographs that are not open yet; return the names of those not found."""
        from napari_ssrvae.micrographs import read_micrograph

        missing: list[str] = []
        open_already = {state.micrograph.sha256 for state in self.session.micrographs}
        for row in self.session.need_library().micrographs().to_dict("records"):
            if row["sha256"] in open_already:
                continue
            try:
                micrograph = read_micrograph(str(row["path"])) if row["path"] else None
            except InputError:
                micrograph = None
            if micrograph is None or micrograph.sha256 != row["sha256"]:
                missing.append(str(row["name"]))
            else:
                self.redraw(self.session.add_micrograph(micrograph))
        return missing

    def show_layers(self, layers: list[Image]) -> None:
        """Move the view so that these layers fill it."""
        if layers:
            self.viewer.fit_to_view(layers=layers)

    # --- what the viewer tells -----------------------------------------------------------------

    @contextmanager
    def _own(self) -> Iterator[None]:
        """Mark what follows as drawn by the session, not done by the user."""
        self._own_doing += 1
        try:
            yield
        finally:
            self._own_doing -= 1

    def _on_inserted(self, event: Any) -> None:
        if self._own_doing:
            return
        if self.session.current is None and isinstance(event.value, Image):
            self._try_adopt(event.value)
        self.layers_changed.emit()

    def _on_removed(self, event: Any) -> None:
        for drawing in self._drawings.values():
            drawing.forget(event.value)
        self.traversals.forget(event.value)
        self.preview.forget(event.value)
        self.tools.forget(event.value)
        if not self._own_doing:
            if not self._any_in_nm():
                with self._own():
                    for drawing in self._drawings.values():
                        drawing.agree_on_units(others_in_nm=False)
            self._preview_agrees()
            self.layers_changed.emit()

    def _on_active(self, event: Any) -> None:
        layer = event.value
        if self._own_doing or layer is None:
            return
        for state, drawing in self._drawings.items():
            if any(layer is mine for mine in drawing.layers()):
                self.session.set_current(state)
                return
        if any(layer is image for image in self.image_layers()):
            self._try_adopt(layer)

    def _on_step(self, _event: Any) -> None:
        self.layers_changed.emit()

    def watch_window(self, window: QObject | None) -> None:
        """End all work when this window closes, and let go of the library: napari has no hook for that."""
        if window is not None and (self._window is None or self._window() is not window):
            self._window = weakref.ref(window)
            window.installEventFilter(self)
            window.destroyed.connect(self._on_window_gone)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """See the window go: its closing may still be called off by napari's question, its hiding not."""
        mine = self._window is not None and watched is self._window()
        if (
            mine
            and event is not None
            and event.type() == QEvent.Type.Hide
            and not event.spontaneous()
        ):
            self.segmentation.abandon()
            self.training.abandon()
            self.preview.abandon()
        return False

    def _on_window_gone(self) -> None:
        self.session.close()

    # --- tools and the data bar ----------------------------------------------------------------

    def _training(self) -> bool:
        return self.training.running

    def _busy(self) -> bool:
        return self.training.running or self.segmentation.running

    def _on_tool(self, tool: Tool | None) -> None:
        """Let clicks either label or correct, never both; afterwards it is as it was before."""
        if tool is None:
            if self._labelled_before:
                self._labelled_before = False
                self.hand.switch(True)
        elif self.hand.labelling:
            self._labelled_before = True
            self.hand.switch(False)

    def _on_labelling(self, on: bool) -> None:
        if on:
            self._labelled_before = False
            self.tools.leave()

    def _strip_of_current(self) -> tuple[MicrographState, Strip] | None:
        state = self.session.current
        drawing = self._drawings.get(state) if state is not None else None
        if state is None or drawing is None or self.tools.tool is not None:
            return None
        return state, drawing.strip

    def _settle_data_bar(self, state: MicrographState, bar: tuple[int, int]) -> None:
        try:
            self.session.set_data_bar(state, bar)
        except InputError as error:
            self.message.emit(str(error))

    # --- what the session tells ----------------------------------------------------------------

    def _on_current(self) -> None:
        with self._own():
            self._show_current_only()
            self._show_scale_bar()
        self._view.follow(self.image_layer(self.session.current))
        self.layers_changed.emit()

    def _show_current_only(self) -> None:
        current = self.session.current
        if len(self._drawings) > 1 and current in self._drawings:
            for state, drawing in self._drawings.items():
                for layer in drawing.layers():
                    layer.visible = state is current

    def _on_micrographs(self) -> None:
        with self._own():
            for drawing in self._drawings.values():
                drawing.calibrate()
            self._agree_on_units()
        self._view.follow(self.image_layer(self.session.current))
        self.preview.calibrate()
        self._draw_traversals()

    @property
    def scales_differ(self) -> bool:
        """Whether some of the micrographs shown have a scale, and the current one has none."""
        current = self.session.current
        unknown = current is not None and current.micrograph.pixel_size_nm is None
        return unknown and self._any_in_nm()

    def _any_in_nm(self) -> bool:
        return any(
            state.micrograph.pixel_size_nm is not None and drawing.image is not None
            for state, drawing in self._drawings.items()
        )

    def expect(self, layers: list[LayerData]) -> None:
        """Let layers that are about to come, and those that are here, agree on their units.

        napari draws, and complains, as soon as a layer is there.
        """
        if self._any_in_nm() or any("units" in attributes for _, attributes, _ in layers):
            with self._own():
                for drawing in self._drawings.values():
                    drawing.agree_on_units(others_in_nm=True)
            self._preview_agrees()
            for _, attributes, kind in layers:
                if kind == "image" and "units" not in attributes:
                    attributes |= as_if_nm(attributes)

    def _agree_on_units(self) -> None:
        """Keep napari's scale bar: with pixels beside nm it would know no unit at all."""
        if self._any_in_nm():
            for drawing in self._drawings.values():
                drawing.agree_on_units(others_in_nm=True)
        self._preview_agrees()

    def _preview_agrees(self) -> None:
        """Keep the preview's layer, hidden or not, in the units of the pictures."""
        layer = self.preview.own_layer
        image = next((d.image for d in self._drawings.values() if d.image is not None), None)
        if layer is not None and image is not None:
            units = tuple(map(str, image.units[-2:]))
            if tuple(map(str, layer.units)) != units:
                layer.units = units
        self._show_scale_bar()

    def _show_scale_bar(self) -> None:
        """Show a scale bar where the current micrograph has a scale, and none that would be another's."""
        current = self.session.current
        if current is None or current not in self._drawings:
            return
        bar = self.viewer.canvas.overlays.scale_bar
        if current.micrograph.pixel_size_nm is not None:
            bar.visible = True
        elif self._any_in_nm():
            bar.visible = False

    def _on_particles(self, state: MicrographState, change: object) -> None:
        drawing = self._drawings.get(state)
        region = getattr(change, "region", None)
        if drawing is not None:
            with self._own():
                if state.labels is None:
                    drawing.erase()
                elif region is not None:
                    drawing.paint_region(region)
                else:
                    drawing.draw()
                    # They may be those of a micrograph that was left while they were searched for.
                    self._hide_unless_current(state)
        if region is None:
            self.layers_changed.emit()

    def _hide_unless_current(self, state: MicrographState) -> None:
        current = self.session.current
        if state is not current and current in self._drawings:
            for layer in self._drawings[state].layers():
                layer.visible = False

    def _on_classes(self) -> None:
        for drawing in self._drawings.values():
            drawing.recolour()

    def _on_predictions(self, *_: object) -> None:
        for drawing in self._drawings.values():
            drawing.paint()

    def _on_labels(self, particle_ids: np.ndarray) -> None:
        by_state: dict[MicrographState, list[int]] = {}
        for particle_id in particle_ids:
            at = self.session.locate(int(particle_id))
            if at is not None:
                by_state.setdefault(at[0], []).append(at[1])
        for state, label_ids in by_state.items():
            if state in self._drawings:
                self._drawings[state].paint_particles(label_ids)

    def _draw_traversals(self) -> None:
        with self._own():
            self.traversals.draw(self.image_layer(self.session.current))
        self.layers_changed.emit()
