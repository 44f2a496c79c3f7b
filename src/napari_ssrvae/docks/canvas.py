"""A viewer and its session: which layer is which micrograph, and who hears of what.

One `Canvas` per viewer. Layers are views: each is known by identity, can be renamed, moved, duplicated
or deleted, and can be drawn again from the session at any time.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from napari_ssrvae.docks.activity import Activity, Telling
from napari_ssrvae.docks.arrows import Arrows
from napari_ssrvae.docks.commands import Commands
from napari_ssrvae.docks.drawing import PARTICLES, Drawing
from napari_ssrvae.docks.drawings import Drawings
from napari_ssrvae.docks.exploring import Explorer
from napari_ssrvae.docks.hand import Hand
from napari_ssrvae.docks.jumps import jump, open_all
from napari_ssrvae.docks.keep_learning import KeepLearning
from napari_ssrvae.docks.keys import Keys
from napari_ssrvae.docks.legend import Legend
from napari_ssrvae.docks.open_docks import OpenDocks
from napari_ssrvae.docks.outlines import Outlines
from napari_ssrvae.docks.preview import Preview
from napari_ssrvae.docks.readiness import Readiness
from napari_ssrvae.docks.review_view import ReviewView
from napari_ssrvae.docks.rings import Rings
from napari_ssrvae.docks.runs import SegmentationRun
from napari_ssrvae.docks.scales import Scales
from napari_ssrvae.docks.selecting import Selecting
from napari_ssrvae.docks.settings import libraries_folder
from napari_ssrvae.docks.shortcut_sheet import sheet_of
from napari_ssrvae.docks.sources import micrograph_of_layer, plane_of_layer
from napari_ssrvae.docks.stress_run import StressRun
from napari_ssrvae.docks.strip import Strip, StripHandle
from napari_ssrvae.docks.table_link import TableLink
from napari_ssrvae.docks.tip import Tip, tip_text
from napari_ssrvae.docks.title import title_of
from napari_ssrvae.docks.tools import Tool, Tools
from napari_ssrvae.docks.training_run import TrainingRun
from napari_ssrvae.docks.traversals import Traversals
from napari_ssrvae.docks.view import View
from napari_ssrvae.docks.window_watch import WindowWatch
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer
    from qtpy.QtWidgets import QWidget

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


def canvas_widget(viewer: napari.Viewer) -> QWidget | None:
    """Return the widget in which napari draws a viewer, None if it has no window."""
    # napari 0.9 has no public name for it; tips, keys and rubber bands need it.
    qt_viewer = getattr(getattr(viewer, "window", None), "_qt_viewer", None)
    widget: QWidget | None = getattr(getattr(qt_viewer, "canvas", None), "native", None)
    return widget


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
    stress : StressRun
        The stress test of the model that is shown.
    open_docks : OpenDocks
        The docks of ours that are open; with the last one a training ends.
    keep_learning : KeepLearning
        Trainings that begin by themselves after labels changed.
    commands : Commands
        What keys and buttons do, wherever they are pressed.
    hand : Hand
        Clicks that label and select.
    tools : Tools
        The tool in the hand. Strokes that correct the particles: while such a tool is in the hand, clicks do not
        label. Box and lasso, which select and label.
    selecting : Selecting
        What a drag with box or lasso does.
    rings : Rings
        Marks around what is selected and what is under review.
    latents : Explorer
        Where one is in the latents of the model that is shown.
    traversals : Traversals
        Its pictures beside the micrograph.
    arrows : Arrows
        The poses.
    legend : Legend
        What the colours stand for, over the micrograph.
    view : View
        What is in view.
    preview : Preview
        Outlines that follow the settings.
    """

    layers_changed = Signal()
    message = Signal(str)

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        super().__init__()
        # Weakly: the registry holds a canvas as long as its viewer lives.
        self._viewer = weakref.ref(viewer)
        widget = canvas_widget(viewer)
        self._widget = None if widget is None else weakref.ref(widget)
        self._own_doing = 0
        self._labelled_before = False
        self.session = session
        self._drawings = Drawings(viewer, session, self._own, self)
        self._scales = Scales(viewer, session, self._drawings)
        self.open_docks = OpenDocks(self._on_last_dock, self)
        self._watch = WindowWatch(self._abandon, session.close, self)
        self.latents = Explorer(session, self)
        self.traversals = Traversals(viewer, session, self.latents, self._learning, self)
        self.view = View(viewer)
        self.segmentation = SegmentationRun(session, self)
        self.training = TrainingRun(session, self)
        self.stress = StressRun(session, self)
        self.keep_learning = KeepLearning(session, self.training, self._searching, self)
        self._activities = (
            Activity(self.segmentation, "Finding particles", self, self._native),
            Activity(self.training, "Training", self, self._native),
            Activity(self.stress, "Stress test", self, self._native),
        )
        self._telling = Telling(self.training, self)
        self._readiness = Readiness(session, self)
        self.commands = Commands(session, self)
        self.tools = Tools(
            viewer, session, self.image_layer, self.particle_at, self._own, self._busy, self
        )
        self.hand = Hand(
            session, self.particle_at, self.commands, self._correcting, self._show_now, self
        )
        self.preview = Preview(
            viewer, session, self.image_layer, self._own, self._bind, self._training, self
        )
        self.rings = Rings(
            viewer, session, self.image_layer, self._own, self._bind, self._training, self
        )
        self.arrows = Arrows(
            viewer, session, self.image_layer, self._own, self._bind, self._training, self
        )
        self.training.ended.connect(self.arrows.update)
        self.legend = Legend(session, widget, self)
        self._outlines = Outlines(viewer, self._drawings.outlined, self)
        self._table = TableLink(session, lambda state: self.drawn_layer(state, PARTICLES), self)
        self._strips = StripHandle(self._strip_of_current, self._settle_data_bar)
        self.selecting = Selecting(
            viewer,
            session,
            self.tools,
            self.image_layer,
            self.particle_at,
            widget,
            self._show_now,
            self,
        )
        self._review = ReviewView(session, self.jump_to, widget, self)
        self._keys = Keys(
            viewer,
            session,
            self.commands,
            self.hand,
            self.tools,
            self.particle_at,
            widget,
            self._show_now,
            self,
        )
        self._tip = None if widget is None else Tip(widget, self._tip_text)
        if self._tip is not None:
            for moved in (viewer.scene.camera.events.zoom, viewer.scene.camera.events.center):
                moved.connect(self._tip.hide)
        for part in (self.commands, self.hand, self.selecting):
            part.message.connect(self.message)
        self.tools.chosen.connect(self._on_tool)
        self.hand.switched.connect(self._on_labelling)

        for changed in (
            session.predictions_changed,
            session.unsure_below_changed,
            session.novel_above_changed,
        ):
            # After the drawings, before any panel.
            changed.connect(self._on_predictions)
        session.current_changed.connect(self._on_current)
        session.micrographs_changed.connect(self._on_micrographs)
        session.particles_changed.connect(self._on_particles)
        session.selection.jump_asked.connect(self.jump_to)
        session.acted.connect(self._on_acted)
        session.traversals_changed.connect(self.traversals.draw_soon)
        self.traversals.changed.connect(self._draw_traversals)
        self.training.ended.connect(self.traversals.draw_soon)
        self.latents.message.connect(self._on_acted)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.selection.events.active.connect(self._on_active)
        viewer.dims.events.current_step.connect(self._on_step)
        viewer.mouse_drag_callbacks.append(self._strips.on_drag)
        viewer.mouse_drag_callbacks.append(self.tools.on_drag)
        viewer.mouse_drag_callbacks.append(self.selecting.on_drag)
        viewer.mouse_drag_callbacks.append(self.hand.on_drag)
        viewer.mouse_move_callbacks.append(self._strips.on_move)
        self._take_double_clicks(viewer)

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
        return self._drawings.image_layer(state)

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
        return None if self.other_plane_in_view else self._drawings.label_at(position)

    @property
    def other_plane_in_view(self) -> bool:
        """Whether the viewer shows another plane of the stack than the one that is worked on."""
        drawing = self._drawings.current
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
        self._prepare()
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
        self._keys.bind(layer)

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
            self._drawings.show_current_only()
        self._prepare()
        self._draw_traversals()
        self.preview.update()

    def open_micrographs(self) -> list[str]:
        """Open the library's micrographs that are not open yet; return the names of those not found."""
        return open_all(self)

    def jump_to(self, particle_id: int) -> None:
        """Bring a particle into view; its micrograph becomes the current one, opened where need be."""
        try:
            jump(self, particle_id)
        except InputError as error:
            self.message.emit(str(error))

    def open_gallery(self) -> None:
        """Open the gallery of all particles, or bring it to the front."""
        self.open_dock("Gallery")

    def open_dock(self, name: str) -> QWidget:
        """Open a wide dock by its name in the manifest, or bring it to the front; return its widget."""
        from napari_ssrvae.docks.wide_dock import open_dock

        return open_dock(self.viewer, name)

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
        self.rings.forget(event.value)
        self.arrows.forget(event.value)
        if not self._own_doing:
            with self._own():
                self._scales.give_back()
            self._others_agree()
            self.layers_changed.emit()

    def _on_active(self, event: Any) -> None:
        layer = event.value
        if self._own_doing or layer is None:
            return
        plane = self._plane_in_view(layer) if isinstance(layer, Image) else ()
        state = self._drawings.state_of(layer, plane)
        if state is not None:
            self.session.set_current(state)
            return
        if any(layer is image for image in self.image_layers()):
            self._try_adopt(layer)

    def _on_step(self, _event: Any) -> None:
        self.layers_changed.emit()

    def watch_window(self, window: QObject | None) -> None:
        """End all work when this window closes, and let go of the library: napari has no hook for that."""
        self._watch.watch(window)
        if isinstance(window, QWidget):
            title_of(self).watch(window)
            sheet_of(self).watch(window)

    def _on_last_dock(self) -> None:
        """Leave nothing running that nobody can see; what a training has learned is kept."""
        self.keep_learning.switch(False)
        self.training.break_off("The last dock of it was closed")

    def _abandon(self) -> None:
        self.keep_learning.abandon()
        self.segmentation.abandon()
        self.training.abandon()
        self.stress.abandon()
        self.preview.abandon()
        self.latents.abandon()
        self.traversals.abandon()
        self._readiness.abandon()

    # --- tools and the data bar ----------------------------------------------------------------

    def _learning(self) -> bool:
        # The model whose training has just ended is shown before its thread is gone.
        return self.training.running and self.session.library_model != self.training.name

    def _training(self) -> bool:
        return self.training.running

    def _searching(self) -> bool:
        return self.segmentation.running

    def _busy(self) -> bool:
        return self.training.running or self.segmentation.running

    def _correcting(self) -> bool:
        tool = self.tools.tool
        return tool is not None and not tool.selects

    def _on_tool(self, tool: Tool | None) -> None:
        """Let clicks either label or correct, never both; afterwards it is as it was before."""
        if tool is None or tool.selects:
            if self._labelled_before:
                self._labelled_before = False
                self.hand.switch(True)
        elif self.hand.labelling:
            self._labelled_before = True
            self.hand.switch(False)

    def _on_labelling(self, on: bool) -> None:
        if on:
            self._labelled_before = False
            if self._correcting():
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
            self._drawings.show_current_only()
            self._scales.show_bar()
        self._prepare()
        self.view.follow(self.image_layer(self.session.current))
        self.layers_changed.emit()

    def _on_micrographs(self) -> None:
        with self._own():
            for drawing in self._drawings.values():
                drawing.calibrate()
            self._agree_on_units()
        self.view.follow(self.image_layer(self.session.current))
        self.preview.calibrate()
        self._draw_traversals()

    @property
    def scales_differ(self) -> bool:
        """Whether some of the micrographs shown have a scale, and the current one has none."""
        return self._scales.differ

    def expect(self, layers: list[LayerData]) -> None:
        """Let layers that are about to come, and those that are here, agree on their units."""
        with self._own():
            agreed = self._scales.expect(layers)
        if agreed:
            self._others_agree()

    def _agree_on_units(self) -> None:
        self._scales.agree()
        self._others_agree()

    def _others_agree(self) -> None:
        for layer in (self.preview.own_layer, self.rings.layer, self.arrows.layer):
            self._scales.agree_with(layer)
        self._scales.show_bar()

    def _on_particles(self, _state: MicrographState, change: object) -> None:
        if getattr(change, "region", None) is None:
            self._prepare()
            self.layers_changed.emit()

    def _prepare(self) -> None:
        """Have ready what may be needed while no layer may be made, and follow the layers that came."""
        state = self.session.current
        particles = None if state is None else self.drawn_layer(state, PARTICLES)
        if particles is not None:
            self.rings.prepare()
            self._table.follow(particles)
            self._outlines.update()

    def _native(self) -> QWidget | None:
        return None if self._widget is None else self._widget()

    def _show_now(self) -> None:
        """Bring the canvas to the screen: the user waits for the new colour, not for the counts in the panels."""
        widget = self._native()
        if widget is not None and widget.isVisible():
            widget.repaint()

    def _on_predictions(self, *_: object) -> None:
        self._show_now()

    def _on_acted(self, sentence: str) -> None:
        self.viewer.status = sentence

    # --- at the mouse --------------------------------------------------------------------------

    def _tip_text(self) -> str:
        viewer = self.viewer
        at = self.particle_at(tuple(viewer.cursor.position)) if viewer.mouse_over_canvas else None
        if at is None or not at[1] or not at[0].particle_ids[at[1]]:
            return ""
        return tip_text(*at, self.session.classes, novel_above=self.session.novel_above)

    def _take_double_clicks(self, viewer: napari.Viewer) -> None:
        """Take a quick second click on a particle as a click; elsewhere it is napari's zoom."""
        zooms = list(viewer.mouse_double_click_callbacks)
        me = weakref.ref(self)

        def on_double_click(viewer: Any, event: Any) -> None:
            canvas = me()
            if canvas is None or not canvas.hand.on_double_click(viewer, event):
                for zoom in zooms:
                    zoom(viewer, event)

        viewer.mouse_double_click_callbacks[:] = [on_double_click]

    # --- traversals ----------------------------------------------------------------------------

    def _draw_traversals(self) -> None:
        with self._own():
            self.traversals.draw(self.image_layer(self.session.current))
        self.layers_changed.emit()
